"""Reference values for mixture bases, computed by JAX in float64, in the files of make_reference.py.

    python3 make_mixture.py            # needs jax, numpy, safetensors

The density of a component is that of jax.scipy.stats: by its covariance matrix where that is full,
(P^T P)^-1 with P = diag(exp(-log_scale)) + factor below the diagonal, by deviations where not.
tests/reference.rs and tools/tests/reference.rs read the files.
"""
import json, pathlib
import jax, jax.numpy as jnp, numpy as np
from safetensors.numpy import save_file

jax.config.update("jax_enable_x64", True)

CASES = {
    "mixture_d2": dict(split=[1, 1], couplets=0, hidden=[4],  activation="relu", permute=False, mixture=dict(components=5, covariance="full")),
    "mixture_d5": dict(split=[3, 2], couplets=2, hidden=[12], activation="tanh", permute=True,  mixture=dict(components=4, covariance="diagonal")),
}
BOUND = 2.0
OUT = pathlib.Path(__file__).parent


def init(case, rng):
    """Random weights, large enough that every branch of the maths is exercised."""
    d, k, t = sum(case["split"]), case["mixture"]["components"], {}
    put = lambda name, a: t.__setitem__(name, np.asarray(a, dtype=np.float32))
    put("standardize.mean", rng.normal(size=d) * 3)
    put("standardize.std", np.exp(rng.normal(size=d)))
    for c in range(case["couplets"]):
        if case["permute"]:
            t[f"couplets.{c}.permutation"] = rng.permutation(d).astype(np.int64)
        for side, (n_in, n_out) in (("first", case["split"]), ("second", case["split"][::-1])):
            (h,) = case["hidden"]
            put(f"couplets.{c}.{side}.trunk.0.weight", rng.normal(size=(h, n_in)) * np.sqrt(2 / n_in))
            put(f"couplets.{c}.{side}.trunk.0.bias", rng.normal(size=h) * 0.3)
            for head in ("log_scale", "shift"):
                put(f"couplets.{c}.{side}.{head}.weight", rng.normal(size=(n_out, h)) * 0.5 / np.sqrt(h))
                put(f"couplets.{c}.{side}.{head}.bias", rng.normal(size=n_out) * 0.2)
    put("base.logits", rng.normal(size=k))
    put("base.mean", rng.normal(size=(k, d)) * 1.5)
    put("base.log_scale", rng.normal(size=(k, d)) * 0.4 - 0.5)
    if case["mixture"]["covariance"] == "full":
        put("base.factor", np.tril(rng.normal(size=(k, d, d)), -1))
    return t


def heads(p, prefix, case, a):
    h = a @ p[f"{prefix}.trunk.0.weight"].T + p[f"{prefix}.trunk.0.bias"]
    h = jnp.tanh(h) if case["activation"] == "tanh" else jnp.maximum(h, 0)
    r, t = (h @ p[f"{prefix}.{head}.weight"].T + p[f"{prefix}.{head}.bias"] for head in ("log_scale", "shift"))
    return r / (1 + jnp.abs(r) / BOUND), t


def forward(p, case, x):
    n = case["split"][0]
    x = (x - p["standardize.mean"]) / p["standardize.std"]
    log_det = -jnp.log(p["standardize.std"]).sum()
    for c in range(case["couplets"]):
        x = x[p[f"couplets.{c}.permutation"]]
        a, b = x[:n], x[n:]
        s, t = heads(p, f"couplets.{c}.first", case, a)
        b, log_det = b * jnp.exp(s) + t, log_det + s.sum()
        s, t = heads(p, f"couplets.{c}.second", case, b)
        a, log_det = a * jnp.exp(s) + t, log_det + s.sum()
        x = jnp.concatenate([a, b])
    return x, log_det


def inverse(p, case, z):
    n = case["split"][0]
    for c in reversed(range(case["couplets"])):
        a, b = z[:n], z[n:]
        s, t = heads(p, f"couplets.{c}.second", case, b)
        a = (a - t) * jnp.exp(-s)
        s, t = heads(p, f"couplets.{c}.first", case, a)
        b = (b - t) * jnp.exp(-s)
        z = jnp.concatenate([a, b])[jnp.argsort(p[f"couplets.{c}.permutation"])]
    return z * p["standardize.std"] + p["standardize.mean"]


def base_log_prob(p, case, z):
    def component(logit, mean, log_scale, factor):
        if factor is None:
            return logit + jax.scipy.stats.norm.logpdf(z, mean, jnp.exp(log_scale)).sum()
        precise = jnp.diag(jnp.exp(-log_scale)) + jnp.tril(factor, -1)
        return logit + jax.scipy.stats.multivariate_normal.logpdf(z, mean, jnp.linalg.inv(precise.T @ precise))

    factor = p.get("base.factor")
    axes = (0, 0, 0, None if factor is None else 0)
    parts = jax.vmap(component, axes)(jax.nn.log_softmax(p["base.logits"]), p["base.mean"], p["base.log_scale"], factor)
    return jax.scipy.special.logsumexp(parts)


def write(name, case, seed):
    rng = np.random.default_rng(seed)
    tensors = init(case, rng)
    d = sum(case["split"])
    p = {k: jnp.asarray(v, dtype=jnp.float64) if v.dtype == np.float32 else jnp.asarray(v) for k, v in tensors.items()}
    trained = {k: v for k, v in p.items() if not k.startswith("standardize.") and not k.endswith("permutation")}
    fixed = {k: v for k, v in p.items() if k not in trained}
    f32 = lambda a: np.asarray(np.asarray(a, dtype=np.float32), dtype=np.float64)
    x = f32(rng.normal(size=(64, d)) * 1.5 * np.asarray(p["standardize.std"]) + np.asarray(p["standardize.mean"]))
    z_in = f32(rng.normal(size=(64, d)) * 1.5)
    z, log_det = jax.vmap(lambda x: forward(p, case, x))(x)
    log_prob = jax.vmap(lambda z: base_log_prob(p, case, z))(z) + log_det

    def loss(trained, x):
        each = jax.vmap(lambda x: forward(fixed | trained, case, x))(x)
        return -(jax.vmap(lambda z: base_log_prob(fixed | trained, case, z))(each[0]) + each[1]).mean()

    gradients, by_x = jax.grad(loss, (0, 1))(trained, x)
    x_out = jax.vmap(lambda z: inverse(p, case, z))(z_in)
    assert np.abs(jax.vmap(lambda z: inverse(p, case, z))(z) - x).max() < 1e-9
    meta = dict(format=2, features=[f"x{i}" for i in range(d)], split=case["split"], coupling="affine", couplets=case["couplets"], hidden=case["hidden"],
                activation=case["activation"], base="mixture", scale=False, permute=case["permute"], log_scale_bound=BOUND, mixture=case["mixture"])
    save_file(tensors, OUT / f"{name}.safetensors", metadata={"couplet": json.dumps(meta)})
    expected = dict(x=x, z=z, log_det=log_det, log_prob=log_prob, z_in=z_in, x_out=x_out, loss=loss(trained, x)[None])
    expected |= {"grad.x": by_x} | {f"grad.{k}": g for k, g in gradients.items()}
    save_file({k: np.ascontiguousarray(v, dtype=np.float64) for k, v in expected.items()}, OUT / f"{name}.expected.safetensors")
    print(name, float(loss(trained, x)))


for i, (name, case) in enumerate(CASES.items()):
    write(name, case, 20190609 + i)
