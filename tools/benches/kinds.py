"""Compares `couplet train --flash SIZE` with mixtures of scikit-learn and spline flows of zuko of the same bytes, on four sets whose
density is known.

    python -m venv ../peers && ../peers/bin/pip install numpy scikit-learn torch zuko
    cargo build --release -p couplet-tools
    ../peers/bin/python tools/benches/kinds.py [SET...]

The sets have 10,000 training rows and 20,000 test rows each:

- clusters: 12 features, 20 clusters with random centres, of a random direction each; deviations from .05 to .5;
- edges: 6 features, uniform in a box that leans (a random matrix), times a triangular density in three of them: sharp margins;
- tails: 8 features, a random matrix times Student's t of 2.5 to 6 degrees of freedom;
- ring: 3 features, a ring of radius 2 and width .1, and a third feature that waves around it.

A peer sees the training rows standardised, chooses by a tenth of them, and may take as many bytes as SIZE: a mixture K (D (D + 3) / 2 + 1)
numbers (full) or K (2 D + 1) (diagonal), a flow all its parameters that are not masked, four bytes each, and all 8 D for the standardisation. Mixtures try
both covariances, all K that fit out of a list, and three regularisations. Flows (autoregressive, 8 bins) try one transform and three, Adam 1e-3 for
2000 steps of 256 with a cosine schedule; the best look of 40 is kept.

The table has nats a feature above the truth on the test rows, which choose nothing; then couplet's kind, and its bytes.
"""
import json, math, os, subprocess, sys, tempfile
import numpy as np

COUPLET = os.environ.get("COUPLET", "target/release/couplet")
SIZES = [2, 8, 32]
TRAIN, TEST = 10_000, 20_000


def leaning(d, rng):
    """A matrix that is not nearly singular, and ln|det|."""
    q, _ = np.linalg.qr(rng.normal(size=(d, d)))
    m = q * np.exp(rng.uniform(-0.7, 0.7, d)) @ np.linalg.qr(rng.normal(size=(d, d)))[0]
    return m, np.linalg.slogdet(m)[1]


def clusters(n, rng, law):
    d, k = 12, 20
    centres = law.normal(size=(k, d)) * 2
    factors = [np.diag(law.uniform(0.05, 0.5, d)) @ np.linalg.qr(law.normal(size=(d, d)))[0] for _ in range(k)]
    weights = law.dirichlet(np.full(k, 3.0))
    which = rng.choice(k, n, p=weights)
    x = centres[which] + np.stack([rng.normal(size=d) @ factors[i] for i in which])
    parts = []
    for w, c, f in zip(weights, centres, factors):
        y = np.linalg.solve(f.T, (x - c).T).T
        parts.append(math.log(w) - (y**2).sum(1) / 2 - d / 2 * math.log(2 * math.pi) - np.linalg.slogdet(f)[1])
    return x, np.logaddexp.reduce(parts)


def edges(n, rng, law):
    d = 6
    m, log_det = leaning(d, law)
    u = rng.uniform(size=(n, d))
    u[:, :3] = 1 - np.sqrt(1 - u[:, :3])  # density 2 (1 - u)
    return u @ m, np.log(2 * (1 - u[:, :3])).sum(1) - log_det


def tails(n, rng, law):
    d = 8
    m, log_det = leaning(d, law)
    nu = law.uniform(2.5, 6, d)
    t = rng.standard_t(nu, size=(n, d))
    constant = [math.lgamma((v + 1) / 2) - math.lgamma(v / 2) - math.log(v * math.pi) / 2 for v in nu]
    return t @ m, (constant - (nu + 1) / 2 * np.log1p(t**2 / nu)).sum(1) - log_det


def ring(n, rng, _):
    angle, radius = rng.uniform(0, 2 * math.pi, n), 2 + 0.1 * rng.normal(size=n)
    height = np.sin(3 * angle) + 0.1 * rng.normal(size=n)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], 1)
    normal = lambda z: -(z**2) / 2 - math.log(2 * math.pi) / 2 - math.log(0.1)
    return x, normal((radius - 2) / 0.1) + normal((height - np.sin(3 * angle)) / 0.1) - math.log(2 * math.pi) - np.log(radius)


SETS = [clusters, edges, tails, ring]


def mixture(train, held, test, size, rng):
    from sklearn.mixture import GaussianMixture
    d, best = train.shape[1], (math.inf, None)
    for kind, numbers in [("full", d * (d + 3) // 2 + 1), ("diag", 2 * d + 1)]:
        most = (size * 1024 - 8 * d) // (4 * numbers)
        for k in sorted({k for k in (1, 2, 4, 8, 16, 20, 32, 64, 128, most) if 1 <= k <= min(most, 128)}):
            for floor in (1e-6, 1e-4, 1e-3):
                model = GaussianMixture(k, covariance_type=kind, reg_covar=floor, max_iter=200, random_state=1).fit(train)
                best = min(best, (-model.score(held), (model, f"{kind} {k}")), key=lambda pair: pair[0])
    if best[1] is None:
        return None
    model, name = best[1]
    return -model.score(test), name


def weights(module):
    """The numbers of a layer that are not masked."""
    masked = module.mask.sum().item() if hasattr(module, "mask") else None
    own = [p.numel() if masked is None or p.dim() < 2 else masked for p in module.parameters(recurse=False)]
    return int(sum(own))


def flow(train, held, test, size, rng):
    import torch, zuko
    torch.manual_seed(1)
    torch.set_num_threads(1)
    d, best = train.shape[1], (math.inf, None, None)
    tensor = lambda x: torch.tensor(x, dtype=torch.float32)
    train, held, test = tensor(train), tensor(held), tensor(test)
    room = (size * 1024 - 8 * d) // 4
    for transforms in (1, 3):
        made = lambda width: zuko.flows.NSF(d, transforms=transforms, bins=8, hidden_features=(width,))
        count = lambda width: sum(weights(module) for module in made(width).modules())
        width = max((w for w in range(1, 129) if count(w) <= room), default=None)
        if width is None:
            continue
        model = made(width)
        steps = 2000
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for step in range(1, steps + 1):
            loss = -model().log_prob(train[torch.randint(len(train), (256,))]).mean()
            optimizer.zero_grad(); loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step(); schedule.step()
            if step % (steps // 40) == 0:
                with torch.no_grad():
                    nats = -model().log_prob(held).mean().item()
                    if nats < best[0]:
                        best = (nats, -model().log_prob(test).mean().item(), f"{transforms} x [{width}]")
    return None if best[1] is None else best[1:]


def couplet(train, test, size, folder):
    write = lambda name, x: np.savetxt(f"{folder}/{name}.csv", x, delimiter=",", header=",".join(f"x{i}" for i in range(x.shape[1])), comments="")
    write("train", train), write("test", test)
    run = lambda *args: subprocess.run([COUPLET, *args], check=True, capture_output=True, text=True, cwd=folder).stdout
    run("train", "train.csv", "-o", "m.safetensors", "--flash", f"{size}K", "--seed", "1")
    nats = json.loads(run("eval", "m.safetensors", "test.csv", "--json"))["flow"]["nats"]
    info = run("info", "m.safetensors")
    about = next(line for line in info.splitlines() if line.strip().startswith("base ")).split(None, 1)[1]
    couplings = [line.split(None, 1)[1].strip() for line in info.splitlines() if line.strip().startswith("couplets.0.first")]
    return nats, " | ".join(couplings + [about])


def main():
    names = sys.argv[1:]
    print("| set | KiB | couplet --flash | GMM | NSF | couplet's kind |\n| --- | ---: | ---: | ---: | ---: | --- |", flush=True)
    for number, density in enumerate(SETS):
        if names and density.__name__ not in names:
            continue
        law = lambda: np.random.default_rng(100 + number)
        rng = np.random.default_rng(number)
        (train, _), (test, truth) = density(TRAIN, rng, law()), density(TEST, rng, law())
        d = train.shape[1]
        mean, std = train.mean(0), train.std(0)
        scale = np.log(std).sum()
        learn, held = (train[TRAIN // 10 :] - mean) / std, (train[: TRAIN // 10] - mean) / std
        gap = lambda nats: f"{(nats + truth.mean()) / d:.3f}"
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                evaluated, kind = couplet(train, test, size, folder)
            cells = [gap(evaluated)]
            for peer in (mixture, flow):
                found = peer(learn, held, (test - mean) / std, size, rng)
                cells.append("-" if found is None else f"{gap(found[0] + scale)} ({found[1]})")
            print(f"| {density.__name__} | {size} | {cells[0]} | {cells[1]} | {cells[2]} | {kind} |", flush=True)


if __name__ == "__main__":
    main()
