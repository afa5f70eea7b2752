"""One optimiser step of couplet and of compiled JAX on the same flow, in turns on one pinned core, so that ratios hold on a busy machine.

    python -m venv ../peers && ../peers/bin/pip install jax
    cargo build --release -p couplet-tools --example peer
    ../peers/bin/python tools/benches/step.py

A step is forward, backward and Adam on a RealNVP with relu trunks of two layers and bounded log-scales. Times are CPU milliseconds,
the smallest of several rounds of 50 steps.
"""
import json, os, subprocess, sys, time

SHAPES = {"T1": (2, 8, 64, 256), "T2": (43, 6, 100, 100), "T3": (43, 10, 100, 500)}  # features, couplings, width, batch
STEPS, ROUNDS, RATE = 50, 7, 1e-3


def shapes(d, couplings, h):
    """Of each coupling: the half that conditions, the half that is transformed."""
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

    def loss(tree, x):
        a, b, log_det = x[:, :split], x[:, split:], 0.0
        for k, (w1, b1, w2, b2, w3, b3) in enumerate(tree):
            if k % 2:
                a, b = b, a
            hidden = jax.nn.relu(jax.nn.relu(a @ w1.T + b1) @ w2.T + b2)
            r, t = jnp.split(hidden @ w3.T + b3, 2, axis=1)
            s = r / (1 + jnp.abs(r) / 2)
            b, log_det = b * jnp.exp(s) + t, log_det + s.sum(1)
            if k % 2:
                a, b = b, a
        z2 = (a * a).sum(1) + (b * b).sum(1)
        return (0.5 * z2 - log_det).mean()

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

    return steps


def serve(shape):
    """In a process of its own: trains 50 steps for each line that comes in."""
    steps = jax_step(*SHAPES[shape])
    for _ in sys.stdin:
        start = time.process_time()
        steps()
        print(json.dumps({"cpu": time.process_time() - start}), flush=True)


def start(peer, shape):
    one = dict(os.environ, OMP_NUM_THREADS="1", XLA_FLAGS="--xla_cpu_multi_thread_eigen=false", JAX_PLATFORMS="cpu")
    binary = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release/examples/peer")
    command = [binary] if peer == "couplet" else [sys.executable, __file__, shape]
    pinned = ["taskset", "-c", "1", *command]
    worker = subprocess.Popen(pinned, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=one)
    if peer == "couplet":
        d, couplings, h, batch = SHAPES[shape]
        ask(worker, {"cmd": "build", "D": d, "L": couplings, "H": h, "B": batch})
    return worker


def ask(worker, request={"cmd": "train", "steps": STEPS}):
    worker.stdin.write(json.dumps(request) + "\n")
    worker.stdin.flush()
    line = worker.stdout.readline()
    return json.loads(line).get("cpu", 0.0) if line else None


def main():
    print("| workload | couplet, ms | JAX compiled, ms | faster than JAX |\n| --- | --- | --- | --- |")
    for shape, (d, couplings, h, batch) in SHAPES.items():
        workers = {}
        for peer in ["couplet", "jax"]:
            try:
                worker = start(peer, shape)
                if ask(worker) is not None:  # the first steps compile
                    workers[peer] = worker
            except (OSError, BrokenPipeError) as error:
                print(f"{peer}: {error}", file=sys.stderr)
        best = {peer: ask(worker) for peer, worker in workers.items()}
        for _ in range(ROUNDS):
            for peer, worker in workers.items():
                best[peer] = min(best[peer], ask(worker))
        for worker in workers.values():
            worker.kill()
        cell = lambda peer: f"{best[peer] / STEPS * 1e3:.2f}" if peer in best else "not installed"
        ratio = f"{best['jax'] / best['couplet']:.2f}" if {"jax", "couplet"} <= set(best) else ""
        name = f"{shape}: D {d}, {couplings} couplings, trunk {h}-{h}, batch {batch}"
        print(f"| {name} | {cell('couplet')} | {cell('jax')} | {ratio} |", flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:]) if len(sys.argv) == 2 else main()
