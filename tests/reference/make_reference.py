"""Reference values for NICE and RealNVP, computed by PyTorch autograd in float64.

    python3 make_reference.py            # needs torch, numpy, safetensors
    python3 make_reference.py --seed 7 --out DIR CASE...

For every case it writes
  CASE.safetensors          the model, float32, in the file format that `couplet` trains into
  CASE.expected.safetensors float64 results of that model:
      x        [N, D]  inputs            z         [N, D]  latents, forward(x)
      log_det  [N]     of forward        log_prob  [N]     nats
      z_in     [N, D]  latents given     x_out     [N, D]  inverse(z_in)
      loss     [1]     mean negative log-likelihood of x, nats
      grad.NAME        d loss / d NAME for each trainable tensor NAME of the model
Every weight is a float32 value widened to float64, so that an f64 evaluation of the
model file can agree with these to the last few bits. tests/reference.rs reads them.
"""
import argparse, json, pathlib
import numpy as np, torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)

CASES = {
    # name: features D, split [A, B], coupling, couplets K, hidden, activation, base, scale, permute
    "nice_d2":            dict(split=[1, 1], coupling="additive", couplets=2, hidden=[16],     activation="relu", base="normal",   scale=True,  permute=False),
    "nice_d5_logistic":   dict(split=[3, 2], coupling="additive", couplets=3, hidden=[24, 24], activation="relu", base="logistic", scale=True,  permute=True),
    "realnvp_d2":         dict(split=[1, 1], coupling="affine",   couplets=4, hidden=[32, 32], activation="relu", base="normal",   scale=False, permute=False),
    "realnvp_d7":         dict(split=[4, 3], coupling="affine",   couplets=3, hidden=[20],     activation="tanh", base="normal",   scale=False, permute=True),
    "realnvp_d8_logistic":dict(split=[4, 4], coupling="affine",   couplets=3, hidden=[64, 64], activation="silu", base="logistic", scale=True,  permute=True),
}
LOG_SCALE_BOUND = 2.0
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "silu": torch.nn.functional.silu}


def init(case, rng):
    """Random weights, large enough that every branch of the maths is exercised."""
    d = sum(case["split"])
    t = {}
    put = lambda name, a: t.__setitem__(name, torch.tensor(np.asarray(a, dtype=np.float32)))
    put("standardize.mean", rng.normal(size=d) * 3)
    put("standardize.std", np.exp(rng.normal(size=d)))
    for k in range(case["couplets"]):
        if case["permute"]:
            t[f"couplets.{k}.permutation"] = torch.tensor(rng.permutation(d), dtype=torch.int64)
        for side, (n_in, n_out) in (("first", case["split"]), ("second", case["split"][::-1])):
            sizes = [n_in] + case["hidden"]
            for l, (i, o) in enumerate(zip(sizes, sizes[1:])):
                put(f"couplets.{k}.{side}.trunk.{l}.weight", rng.normal(size=(o, i)) * np.sqrt(2 / i))
                put(f"couplets.{k}.{side}.trunk.{l}.bias", rng.normal(size=o) * 0.3)
            for head in (["log_scale"] if case["coupling"] == "affine" else []) + ["shift"]:
                put(f"couplets.{k}.{side}.{head}.weight", rng.normal(size=(n_out, sizes[-1])) * 0.5 / np.sqrt(sizes[-1]))
                put(f"couplets.{k}.{side}.{head}.bias", rng.normal(size=n_out) * 0.2)
    if case["scale"]:
        put("scale.log_scale", rng.normal(size=d) * 0.4)
    return t


def conditioner(p, prefix, case, a):
    h = a
    for l in range(len(case["hidden"])):
        h = ACTIVATIONS[case["activation"]](h @ p[f"{prefix}.trunk.{l}.weight"].T + p[f"{prefix}.trunk.{l}.bias"])
    head = lambda name: h @ p[f"{prefix}.{name}.weight"].T + p[f"{prefix}.{name}.bias"]
    if case["coupling"] == "additive":
        return None, head("shift")
    r = head("log_scale")
    return r / (1 + r.abs() / LOG_SCALE_BOUND), head("shift")


def forward(p, case, x):
    n_a = case["split"][0]
    x = (x - p["standardize.mean"]) / p["standardize.std"]
    log_det = -p["standardize.std"].log().sum().expand(x.shape[0])
    for k in range(case["couplets"]):
        if case["permute"]:
            x = x[:, p[f"couplets.{k}.permutation"]]
        a, b = x[:, :n_a], x[:, n_a:]
        s, t = conditioner(p, f"couplets.{k}.first", case, a)
        b = b + t if s is None else b * s.exp() + t
        log_det = log_det if s is None else log_det + s.sum(1)
        s, t = conditioner(p, f"couplets.{k}.second", case, b)
        a = a + t if s is None else a * s.exp() + t
        log_det = log_det if s is None else log_det + s.sum(1)
        x = torch.cat([a, b], 1)
    if case["scale"]:
        x = x * p["scale.log_scale"].exp()
        log_det = log_det + p["scale.log_scale"].sum()
    return x, log_det


def inverse(p, case, z):
    n_a = case["split"][0]
    if case["scale"]:
        z = z * (-p["scale.log_scale"]).exp()
    for k in reversed(range(case["couplets"])):
        a, b = z[:, :n_a], z[:, n_a:]
        s, t = conditioner(p, f"couplets.{k}.second", case, b)
        a = a - t if s is None else (a - t) * (-s).exp()
        s, t = conditioner(p, f"couplets.{k}.first", case, a)
        b = b - t if s is None else (b - t) * (-s).exp()
        z = torch.cat([a, b], 1)
        if case["permute"]:
            back = torch.empty_like(p[f"couplets.{k}.permutation"])
            back[p[f"couplets.{k}.permutation"]] = torch.arange(z.shape[1])
            z = z[:, back]
    return z * p["standardize.std"] + p["standardize.mean"]


def base_log_prob(case, z):
    if case["base"] == "normal":
        return (-0.5 * (z * z + np.log(2 * np.pi))).sum(1)
    return (-z - 2 * torch.nn.functional.softplus(-z)).sum(1)


def write(name, case, out, seed):
    rng = np.random.default_rng(seed)
    tensors = init(case, rng)
    d = sum(case["split"])
    p = {k: v.double() if v.is_floating_point() else v for k, v in tensors.items()}
    trainable = [k for k, v in p.items() if v.is_floating_point() and not k.startswith("standardize.")]
    for k in trainable:
        p[k].requires_grad_(True)
    x = torch.tensor((rng.normal(size=(64, d)) * np.exp(rng.normal(size=(64, 1)) * .7)).astype(np.float32)).double()
    x = x * p["standardize.std"] + p["standardize.mean"]
    x = x.float().double()
    z_in = torch.tensor((rng.normal(size=(64, d)) * 1.5).astype(np.float32)).double()
    z, log_det = forward(p, case, x)
    log_prob = base_log_prob(case, z) + log_det
    loss = -log_prob.mean()
    grads = torch.autograd.grad(loss, [p[k] for k in trainable])
    with torch.no_grad():
        x_out = inverse(p, case, z_in)
        assert (inverse(p, case, z) - x).abs().max() < 1e-8
        jac = torch.autograd.functional.jacobian(lambda v: forward(p, case, v[None])[0][0], x[0])
        assert abs(torch.linalg.slogdet(jac)[1] - log_det[0]) < 1e-8
    meta = dict(format=1, features=[f"x{i}" for i in range(d)], **case, log_scale_bound=LOG_SCALE_BOUND)
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out / f"{name}.safetensors", metadata={"couplet": json.dumps(meta)})
    expected = dict(x=x, z=z, log_det=log_det, log_prob=log_prob, z_in=z_in, x_out=x_out, loss=loss[None])
    expected |= {f"grad.{k}": g for k, g in zip(trainable, grads)}
    save_file({k: v.detach().contiguous() for k, v in expected.items()}, out / f"{name}.expected.safetensors")
    print(f"{name}: D={d} loss={loss.item():.9f} params={sum(v.numel() for k, v in tensors.items() if k in trainable)}")


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("cases", nargs="*", default=list(CASES))
    ap.add_argument("--seed", type=int, default=20160527)
    ap.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    a = ap.parse_args()
    for i, n in enumerate(a.cases):
        write(n, CASES[n], a.out, a.seed + i)
