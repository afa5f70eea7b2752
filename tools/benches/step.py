"""Times training steps of the same flow in couplet, compiled JAX and PyTorch. They take turns on one pinned core, so that ratios
hold on a busy machine.

    python -m venv ../peers && ../peers/bin/pip install jax torch
    cargo build --release -p couplet-tools --bins --examples
    ../peers/bin/python tools/benches/step.py

A step is forward, backward and Adam on a RealNVP with relu trunks of two layers and bounded log-scales. Times are CPU milliseconds,
the smallest of several rounds of 50 steps. The last column is the time that this core takes for the step's multiply-adds alone.

A second table times forward, forward with backward, log_prob and samples of ten thousand points (couplet's with the device's bits),
and two threads beside one (wall). The last line times a training from the start of the process. A peer that is not installed is left
out.
"""
import json, os, subprocess, sys, tempfile, time

SHAPES = {"T1": (2, 8, 64, 256), "T2": (43, 6, 100, 100), "T3": (43, 10, 100, 500)}  # features, couplings, width, batch
STEPS, ROUNDS, RATE = 50, 12, 1e-3


def shapes(d, couplings, h):
    """For each coupling the sizes of the half that conditions and of the half that is transformed."""
    a = d - d // 2
    return [(a, d - a) if k % 2 == 0 else (d - a, a) for k in range(couplings)]


def weights(d, couplings, h):
    import numpy as np
    rng = np.random.default_rng(0)
    w = lambda i, o: (rng.normal(size=(o, i)) * (2 / i) ** 0.5).astype("float32")
    z = lambda *s: np.zeros(s, "float32")
    return [[w(a, h), z(h), w(h, h), z(h), z(2 * b, h), z(2 * b)] for a, b in shapes(d, couplings, h)]


def jax_step(d, couplings, h, batch):
    import jax, jax.numpy as jnp, numpy as np
    tree = jax.tree.map(jnp.asarray, weights(d, couplings, h))
    split = d - d // 2

    def condition(layer, a):
        w1, b1, w2, b2, w3, b3 = layer
        hidden = jax.nn.relu(jax.nn.relu(a @ w1.T + b1) @ w2.T + b2)
        r, t = jnp.split(hidden @ w3.T + b3, 2, axis=1)
        return r / (1 + jnp.abs(r) / 2), t

    def nats(tree, x):
        a, b, log_det = x[:, :split], x[:, split:], 0.0
        for k, layer in enumerate(tree):
            if k % 2:
                a, b = b, a
            s, t = condition(layer, a)
            b, log_det = b * jnp.exp(s) + t, log_det + s.sum(1)
            if k % 2:
                a, b = b, a
        return 0.5 * ((a * a).sum(1) + (b * b).sum(1)) - log_det

    def sample(tree, z):
        a, b = z[:, :split], z[:, split:]
        for k, layer in reversed(list(enumerate(tree))):
            if k % 2:
                a, b = b, a
            s, t = condition(layer, a)
            b = (b - t) * jnp.exp(-s)
            if k % 2:
                a, b = b, a
        return jnp.concatenate([a, b], axis=1)

    def loss(tree, x):
        return nats(tree, x).mean()

    def step(state, x):
        tree, m, v, n = state
        g = jax.grad(loss)(tree, x)
        n = n + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        move = lambda p, m, v: p - RATE * m / (1 - 0.9**n) / (jnp.sqrt(v / (1 - 0.999**n)) + 1e-8)
        return (jax.tree.map(move, tree, m, v), m, v, n), None

    zeros = jax.tree.map(jnp.zeros_like, tree)
    state = (tree, zeros, zeros, 0.0)
    x = jnp.asarray(np.random.default_rng(1).normal(size=(STEPS, batch, d)).astype("float32"))
    run = jax.jit(lambda state: jax.lax.scan(step, state, x)[0])

    def steps():
        nonlocal state
        state = jax.block_until_ready(run(state))

    rows = jnp.asarray(np.random.default_rng(2).normal(size=(10_000, d)).astype("float32"))
    log_prob, sample = jax.jit(nats), jax.jit(sample)
    return {
        "train": steps,
        "log_prob": lambda: jax.block_until_ready(log_prob(tree, rows)),
        "sample": lambda: jax.block_until_ready(sample(tree, rows)),
    }


def torch_step(d, couplings, h, batch):
    import torch
    torch.set_num_threads(1)
    tree = [[torch.tensor(w, requires_grad=True) for w in layer] for layer in weights(d, couplings, h)]
    adam = torch.optim.Adam([w for layer in tree for w in layer], lr=RATE, fused=True)
    split = d - d // 2

    def loss(x):
        a, b, log_det = x[:, :split], x[:, split:], 0.0
        for k, (w1, b1, w2, b2, w3, b3) in enumerate(tree):
            if k % 2:
                a, b = b, a
            hidden = torch.relu(torch.relu(a @ w1.T + b1) @ w2.T + b2)
            r, t = (hidden @ w3.T + b3).chunk(2, dim=1)
            s = r / (1 + r.abs() / 2)
            b, log_det = b * s.exp() + t, log_det + s.sum(1)
            if k % 2:
                a, b = b, a
        return (0.5 * ((a * a).sum(1) + (b * b).sum(1)) - log_det).mean()

    x = torch.randn(STEPS, batch, d, generator=torch.Generator().manual_seed(1))

    def steps():
        for rows in x:
            adam.zero_grad()
            loss(rows).backward()
            adam.step()

    return {"train": steps}


def serve(peer, shape):
    """Runs a peer in a process of its own: for each line on stdin trains 50 steps, or evaluates or samples 10,000 points."""
    todo = {"jax": jax_step, "torch": torch_step}[peer](*SHAPES[shape])
    for line in sys.stdin:
        request = json.loads(line)
        start = time.process_time()
        todo[request.get("what", request["cmd"])]()
        print(json.dumps({"cpu": time.process_time() - start}), flush=True)


def start(peer, shape, threads=1):
    env = dict(os.environ, OMP_NUM_THREADS="1", XLA_FLAGS="--xla_cpu_multi_thread_eigen=false", JAX_PLATFORMS="cpu", PEER_THREADS=str(threads))
    binary = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release/examples/peer")
    command = [binary] if peer == "couplet" else [sys.executable, __file__, peer, shape]
    pinned = [*(["taskset", "-c", "1"] if threads == 1 else []), *command]
    worker = subprocess.Popen(pinned, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
    if peer == "couplet":
        d, couplings, h, batch = SHAPES[shape]
        ask(worker, {"cmd": "build", "D": d, "L": couplings, "H": h, "B": batch})
    return worker


def ask(worker, request={"cmd": "train", "steps": STEPS}, clock="cpu"):
    worker.stdin.write(json.dumps(request) + "\n")
    worker.stdin.flush()
    line = worker.stdout.readline()
    return json.loads(line).get(clock, 0.0) if line else None


def best(workers, requests, clock="cpu"):
    """The smallest time of each worker over the rounds, in milliseconds; workers take turns."""
    times = [[ask(worker, request, clock) for worker, request in zip(workers, requests)] for _ in range(ROUNDS + 1)]
    return [min(column) * 1e3 for column in zip(*times)]


def steps():
    print("| workload | couplet, ms | JAX compiled, ms | PyTorch, ms | faster than JAX | than PyTorch | multiply-adds alone, ms |\n| --- | --- | --- | --- | --- | --- | --- |")
    for shape, (d, couplings, h, batch) in SHAPES.items():
        workers = {}
        for peer in ["couplet", "jax", "torch"]:
            try:
                worker = start(peer, shape)
                if ask(worker) is not None:  # the first steps compile
                    workers[peer] = worker
            except (OSError, BrokenPipeError) as error:
                print(f"{peer}: {error}", file=sys.stderr)
        train = {"cmd": "train", "steps": STEPS}
        found = dict(zip(workers, best(workers.values(), [train] * len(workers))))
        peak = max(ask(workers["couplet"], {"cmd": "peak"}, "per_s") for _ in range(ROUNDS))
        for worker in workers.values():
            worker.kill()
        # Each weight is multiplied once forward and twice backward, for each row.
        products = 3 * batch * sum(a * h + h * h + h * 2 * b for a, b in shapes(d, couplings, h))
        cells = [f"{found[peer] / STEPS:.2f}" if peer in found else "not installed" for peer in ["couplet", "jax", "torch"]]
        cells += [f"{found[peer] / found['couplet']:.2f}" if peer in found else "" for peer in ["jax", "torch"]]
        cells.append(f"{products / peak * 1e3:.2f}")
        print(f"| {shape}: D {d}, {couplings} couplings, trunk {h}-{h}, batch {batch} | {' | '.join(cells)} |", flush=True)


def alone():
    print("\n| couplet | T1 | T2 | T3 |\n| --- | --- | --- | --- |")
    workers = [start("couplet", shape) for shape in SHAPES]
    row = lambda name, cells: print(f"| {name} | {' | '.join(f'{cell:.2f}' for cell in cells)} |", flush=True)
    timed = lambda what, reps: best(workers, [{"cmd": "time", "what": what, "reps": reps}] * len(workers))
    forward, both = timed("fwd", STEPS), timed("fwdbwd", STEPS)
    row("forward of a batch, ms", forward)
    row("forward and backward, ms", both)
    row("ratio", [b / f for b, f in zip(both, forward)])
    doubles = [start("couplet", shape, 2) for shape in SHAPES]
    peers = [start("jax", shape) for shape in SHAPES]
    has_jax = all([ask(peer, {"cmd": "time", "what": "log_prob"}) is not None for peer in peers])  # none compiles while others are timed
    for what, name in [("log_prob", "log_prob of 10,000 points"), ("sample", "10,000 samples")]:
        row(f"{name}, ms", timed(what, 1))
        request = {"cmd": "time", "what": what, "reps": 1}
        row(f"{name}, two threads, wall ms", best(doubles, [request] * 3, "wall"))
        if has_jax:
            row(f"{name}, JAX compiled, ms", best(peers, [request] * 3))
    for worker in peers + doubles:
        worker.kill()
    train = {"cmd": "train", "steps": STEPS}
    pairs = [best([one, start("couplet", shape, 2)], [train] * 2, "wall") for one, shape in zip(workers, SHAPES)]
    row("step on one thread, wall ms", [one / STEPS for one, _ in pairs])
    row("step on two threads, wall ms", [two / STEPS for _, two in pairs])
    row("ratio", [one / two for one, two in pairs])


def cold():
    """Times a training from the start of the process: wall seconds, and how far the model is from the entropy."""
    couplet = os.path.abspath(os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release/couplet"))
    with tempfile.TemporaryDirectory() as folder:
        run = lambda words: subprocess.run([couplet, *words.split()], cwd=folder, check=True, capture_output=True, text=True).stdout
        run("toy moons -n 20000 -o rows.csv")
        run("toy moons -n 10000 --seed 2 -o test.csv")
        seconds = []
        for _ in range(ROUNDS):
            begin = time.monotonic()
            run("train rows.csv --couplets 4 --hidden 64,64 --steps 700 -o m.safetensors")
            seconds.append(time.monotonic() - begin)
        gap = next(line.split()[1] for line in run("eval m.safetensors test.csv").splitlines() if line.startswith("gap"))
        print(f"\nT1 on 20,000 rows of moons, 700 steps: {min(seconds):.2f} s from the start of the process to a gap of {gap} nats")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        serve(*sys.argv[1:])
    else:
        steps(), alone(), cold()
