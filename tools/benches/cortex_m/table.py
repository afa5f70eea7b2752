"""What a log-density costs on a Cortex-M4F: couplet's kernels beside C, in one run. Prints tables in Markdown.

    cargo build --release -p couplet-tools
    python -m venv ../peers && ../peers/bin/pip install unicorn capstone pyelftools
    ../peers/bin/python tools/benches/cortex_m/table.py

It needs arm-none-eabi-gcc with newlib, qemu-system-arm and Rust's thumbv7em-none-eabihf and thumbv6m-none-eabi.

Three RealNVP flows have random weights, halves of equal size, and conditioners with a trunk of two relu layers. All programs call
them through one harness. QEMU executes the programs, so instructions and stack are exact; cycles.py counts the same instructions and
estimates the cycles. Code is all that a log_prob may run, functions of libm and of the compiler included, without the weights.

At each level the results of couplet's kernels and of exported C must have the bits that the exporter computed on this machine. The results of C, whose
exp rounds differently, must be within 1e-5 of them. Without contraction, C's loops and packed blocks must agree with each other bit by bit.
"""
import json, math, os, pathlib, random, struct, subprocess

from cycles import Core

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TOOL = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/couplet"
BUILD = ROOT / "target" / "cortex_m"
MODELS = {"W1": (2, 6, 32), "W2": (8, 6, 64), "W3": (16, 4, 128)}  # features, couplings, width
CPU = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
QEMU = [ROOT / "examples/firmware/qemu", "mps2-an386"]
C = {
    "C, loops, -O3": ("loops", ["-O3"]),
    "C, loops, -O3, not contracted": ("loops", ["-O3", "-ffp-contract=off"]),
    "C, loops, -Os": ("loops", ["-Os"]),
    "C, packed, -O3": ("packed", ["-O3"]),
    "C, packed, -O3, not contracted": ("packed", ["-O3", "-ffp-contract=off"]),
}
EXPORTED = {f"exported C, -{level}": (f"-{level}",) for level in ("O3", "O2", "Os")}
COUPLET = {f"couplet, {kernel}, {level}": (level, kernel) for kernel in ("safe", "asm") for level in "3sz"}


def run(command, **environment):
    result = subprocess.run([str(word) for word in command], env={**os.environ, **environment}, text=True, timeout=600,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0, f"{command}:\n{result.stdout}"
    return result.stdout


def macs(d, couplings, h):
    return couplings * (d // 2 * h + h * h + h * d)


def weights(name):
    """Mean, std, and for each coupling W1, b1, W2, b2, W and b of the log-scale, W and b of the shift; matrices are row-major."""
    d, couplings, h = MODELS[name]
    half = d // 2
    rng = random.Random(name)
    normal = lambda count, size: [rng.gauss(0, size) for _ in range(count)]
    layer = lambda rows, columns, size: [normal(rows * columns, size / columns**0.5), normal(rows, 0.1)]
    flow = [layer(h, half, 2**0.5) + layer(h, h, 2**0.5) + layer(half, h, 0.5) + layer(half, h, 0.5) for _ in range(couplings)]
    return normal(d, 0.5), [rng.uniform(0.5, 2) for _ in range(d)], flow


def write_model(name, path):
    """Writes the model file in the safetensors format: a length, a header in JSON, and the numbers."""
    d, couplings, h = MODELS[name]
    half = d // 2
    mean, std, flow = weights(name)
    tensors = {"standardize.mean": ([d], mean), "standardize.std": ([d], std)}
    for k, (w1, b1, w2, b2, ws, bs, wt, bt) in enumerate(flow):
        prefix = f"couplets.{k // 2}.{'second' if k % 2 else 'first'}."
        for layer, shape, w, b in (("trunk.0", [h, half], w1, b1), ("trunk.1", [h, h], w2, b2),
                                   ("log_scale", [half, h], ws, bs), ("shift", [half, h], wt, bt)):
            tensors[f"{prefix}{layer}.weight"], tensors[f"{prefix}{layer}.bias"] = (shape, w), ([shape[0]], b)
    about = {"format": 1, "features": [f"x{i}" for i in range(d)], "split": [half, half], "coupling": "affine",
             "couplets": couplings // 2, "hidden": [h, h], "activation": "relu", "base": "normal", "scale": False,
             "permute": False, "log_scale_bound": 2.0}
    header, data = {"__metadata__": {"couplet": json.dumps(about)}}, b""
    for tensor, (shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    header = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def write_header(name, kind, path):
    """Writes the same model as a C header, with the weights in the order that `kind` reads."""
    d, couplings, h = MODELS[name]
    half = d // 2
    f32 = lambda value: struct.unpack("<f", struct.pack("<f", value))[0]
    array = lambda values: "{" + ", ".join(f"{f32(v)!r}f" for v in values) + "}"
    mean, std, flow = weights(name)
    head_rows = min(8, d)

    def matrix(values, columns, block):
        if kind == "loops":
            return array(values)
        rows = [values[i:i + columns] for i in range(0, len(values), columns)]
        return array(rows[k + r][j] for k in range(0, len(rows), block) for j in range(columns) for r in range(block))

    log_det = -sum(math.log(f32(s)) for s in std)
    text = f"enum {{ D = {d}, HALF = {half}, H = {h}, COUPLINGS = {couplings}, HEAD_ROWS = {head_rows} }};\n"
    text += f"#define LOG_DET {log_det!r}f\nstatic const float MEAN[D] = {array(mean)}, STD[D] = {array(std)};\n"
    text += "typedef struct { float w1[H * HALF], b1[H], w2[H * H], b2[H], w3[2 * HALF * H], b3[2 * HALF]; } coupling;\n"
    text += "static const coupling FLOW[COUPLINGS] = {\n"
    for w1, b1, w2, b2, ws, bs, wt, bt in flow:
        parts = matrix(w1, half, 8), array(b1), matrix(w2, h, 8), array(b2), matrix(ws + wt, h, head_rows), array(bs + bt)
        text += "{" + ",\n".join(parts) + "},\n"
    path.write_text(text + "};\n")


def compile_c(name, kind, flags, out):
    folder = BUILD / name / kind
    folder.mkdir(parents=True, exist_ok=True)
    write_header(name, kind, folder / "model.h")
    flow = out.with_suffix(".o")
    run(["arm-none-eabi-gcc", *CPU, *flags, "-ffunction-sections", f"-I{folder}", "-c", HERE / f"{kind}.c", "-o", flow])
    return flow


def compile_exported(name, level, out):
    folder = BUILD / name
    flow = out.with_suffix(".o")
    run(["arm-none-eabi-gcc", *CPU, level, "-ffunction-sections", f"-I{folder}", "-c", HERE / "exported.c", "-o", flow])
    return flow


def compile_couplet(name, level, kernel, out, target="thumbv7em-none-eabihf", cpu="cortex-m4"):
    run(["cargo", "build", "--release", "--locked", "--manifest-path", HERE / "Cargo.toml", "--target", target,
         "--target-dir", BUILD / "rust"] + (["--features", "asm"] if kernel == "asm" else []),
        COUPLET_MODEL=str(BUILD / name / "model.rs"), CARGO_PROFILE_RELEASE_OPT_LEVEL=level, RUSTFLAGS=f"-Ctarget-cpu={cpu}")
    flow = out.with_suffix(".a")
    flow.write_bytes((BUILD / "rust" / target / "release/libcortex_m.a").read_bytes())
    return flow


def link(flow, out, *options):
    run(["arm-none-eabi-gcc", *CPU, "-nostdlib", "-Wl,--gc-sections", *options, flow, "-lm", "-lc", "-lgcc", "-o", out])


def code_bytes(flow, out):
    """The bytes of code in a program that is nothing but log_prob and what it may call."""
    link(flow, out, "-Wl,-e,log_prob", "-Wl,--defsym=__errno=0")
    text = [line.split() for line in run(["arm-none-eabi-size", "-A", out]).splitlines() if line.startswith(".text")]
    return int(text[0][1])


def points(d):
    """The points that harness.c draws."""
    word, features = 0x12345678, []
    for _ in range(5 * d):
        word ^= word << 13 & 0xffffffff
        word ^= word >> 17
        word ^= word << 5 & 0xffffffff
        features.append((word >> 8) / (1 << 22) - 2)
    return [struct.pack(f"<{d}f", *features[i:i + d]) for i in range(0, len(features), d)]


def measure(name, flow, harness, has_all_maps):
    program = flow.with_suffix(".elf")
    link(flow, program, "-T", HERE / "link.ld", harness, "-u", "log_prob", *(["-u", "forward"] if has_all_maps else []))
    figures = {"values": [], "code": code_bytes(flow, flow.with_suffix(".code"))}
    for line in run([*QEMU, program]).splitlines():
        quantity, value = line.split()
        if quantity == "value":
            figures["values"].append(struct.unpack("<f", struct.pack("<I", int(value)))[0])
        else:
            figures[quantity] = int(value)
    core = Core(program)
    runs = [core.run("log_prob", point) for point in points(MODELS[name][0])]
    counted = sum(instructions for instructions, _ in runs) / len(runs)
    # QEMU counts the harness's loop too.
    assert 0 <= figures["instructions"] - counted < 8, f"{program}: {counted} and {figures['instructions']} instructions"
    figures["instructions"] = round(counted)
    figures["cycles"] = sum(cycles for _, cycles in runs) / len(runs)
    return figures


def measure_functions(target, cpu):
    """Instructions of each function of a number, the mean over 41 numbers from -2 to 2."""
    flow = compile_couplet("W1", "3", "safe", BUILD / f"functions-{cpu}", target, cpu)
    program = flow.with_suffix(".elf")
    names = [f"{library}_{function}" for function in ("exp", "tanh", "silu") for library in ("couplet", "libm")]
    run(["arm-none-eabi-ld", "--gc-sections", "-e", names[0], *(f"-u{name}" for name in names), flow, "-o", program])
    core = Core(program)
    numbers = [struct.pack("<f", k / 10) for k in range(-20, 21)]
    return {name: round(sum(core.run(name, number)[0] for number in numbers) / len(numbers)) for name in names}


def check(figures):
    """Fails where a variant computes another density than the others."""
    expected = figures["couplet, safe, 3"]["values"]
    for variant, found in figures.items():
        for value, here in zip(found["values"], expected, strict=True):
            same = value == here if variant in (*EXPORTED, *COUPLET) else abs(value - here) < 1e-5 * max(1, abs(here))
            assert same, f"{variant}: {found['values']} instead of {expected}"
    bits = [figures[variant]["values"] for variant in C if variant.endswith("not contracted")]
    assert bits[0] == bits[1], bits


def measure_all(name):
    """What each variant costs on a model."""
    shape = MODELS[name]
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    write_model(name, folder / "model.safetensors")
    for source in ("model.rs", "exported.h"):
        run([TOOL, "export", folder / "model.safetensors", "-o", folder / source, "--name", "MODEL", "--force"])
    harness = folder / "harness.o"
    run(["arm-none-eabi-gcc", *CPU, "-O2", "-ffunction-sections", f"-DD={shape[0]}", "-c", HERE / "harness.c", "-o", harness])
    figures = {}
    for variants, compile in ((C, compile_c), (EXPORTED, compile_exported), (COUPLET, compile_couplet)):
        for variant, how in variants.items():
            out = folder / variant.replace(", ", "_").replace(" ", "_")
            figures[variant] = measure(name, compile(name, *how, out), harness, variants is not C)
            figures[variant]["cycles"] /= macs(*shape)
    check(figures)
    return figures


def main():
    of_models = [measure_all(name) for name in MODELS]
    row = lambda *cells: print("| " + " | ".join(cells) + " |")
    each = lambda variant, quantity, form="": " / ".join(format(figures[variant][quantity], form) for figures in of_models)
    row("of W1 / W2 / W3", "instructions", "cycles per multiply-accumulate", "stack, bytes", "code, bytes")
    row(*["---"] * 5)
    for variant in (*C, *EXPORTED, *COUPLET):
        row(variant, each(variant, "instructions"), each(variant, "cycles", ".2f"), each(variant, "log_prob"), each(variant, "code"))
    print()
    maps = "log_prob", "forward", "inverse", "sample"
    row("stack of W1 / W2 / W3, bytes", *maps)
    row(*["---"] * 5)
    for variant in (*EXPORTED, *COUPLET):
        row(variant, *(each(variant, quantity) for quantity in maps))
    print()
    m4f, m0 = measure_functions("thumbv7em-none-eabihf", "cortex-m4"), measure_functions("thumbv6m-none-eabi", "cortex-m0")
    row("instructions", "M4F", "libm's", "M0", "libm's")
    row(*["---"] * 5)
    for function in ("exp", "tanh", "silu"):
        row(function, *(str(core[f"{library}_{function}"]) for core in (m4f, m0) for library in ("couplet", "libm")))


if __name__ == "__main__":
    main()
