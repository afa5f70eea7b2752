#!/usr/bin/env python3
"""Prints what integer conditioners cost in nats and AUROC, as a Markdown table.

Usage: tools/benches/integers.py COUPLET DATA, with the tool's binary and a folder that has
known/{moons10,curved8}_{train,test}.csv, adbench/*.npz and miniboone/vgi_{val,test}.npy.
Needs NumPy. Each flow is trained by one run, quantised by its training rows, and judged on test rows.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ADBENCH = ["2_annthyroid", "27_PageBlocks", "40_vowels"]


def table(path, rows, labels=None):
    names = [f"x{i}" for i in range(rows.shape[1])]
    if labels is not None:
        rows, names = np.column_stack([rows, labels]), [*names, "label"]
    np.savetxt(path, rows, delimiter=",", header=",".join(names), comments="", fmt="%.8g")


def sets(data, folder):
    """Name, flags of training, training rows, test rows."""
    known = data / "known"
    for name, flags in [("moons10", "--couplets 8 --hidden 32"), ("moons10", "--couplets 2 --hidden 64,64"),
                        ("curved8", "--preset 8K"), ("curved8", "--couplets 4 --hidden 48")]:
        yield name, f"{flags} --steps 1500", known / f"{name}_train.csv", known / f"{name}_test.csv"
    for part in ["val", "test"]:
        table(folder / f"miniboone_{part}.csv", np.load(data / "miniboone" / f"vgi_{part}.npy"))
    yield "MINIBOONE", "--steps 1000", folder / "miniboone_val.csv", folder / "miniboone_test.csv"
    for name in ADBENCH:
        loaded = np.load(data / "adbench" / f"{name}.npz")
        normal, odd = loaded["X"][loaded["y"] == 0], loaded["X"][loaded["y"] == 1]
        half = round(len(normal) / 2)
        train, test = folder / f"{name}_train.csv", folder / f"{name}_test.csv"
        table(train, normal[:half])
        table(test, np.concatenate([normal[half:], odd]),
              np.concatenate([np.zeros(len(normal) - half), np.ones(len(odd))]))
        yield name.split("_")[1], "--steps 1000", train, test


def main(couplet, data):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def run(*arguments):
            done = subprocess.run([couplet, *map(str, arguments)], capture_output=True, text=True, check=True)
            return done.stdout

        def scores(model, test):
            out = folder / "scores.csv"
            run("score", model, test, "-o", out)
            found = np.genfromtxt(out, delimiter=",", names=True)
            return found["log_prob"].astype(float)

        print("| set | training | nats a feature, best 99 % | nats a feature | AUROC | with integers |")
        print("| --- | --- | ---: | ---: | ---: | ---: |")
        for name, flags, train, test in sets(Path(data), folder):
            models = folder / "m.safetensors", folder / "i.safetensors"
            run("train", train, *flags.split(), "-o", models[0])
            run("quantize", models[0], train, "-o", models[1])
            labels = np.genfromtxt(test, delimiter=",", names=True)
            labelled = "label" in labels.dtype.names
            d = len(labels.dtype.names) - labelled - ("log_prob" in labels.dtype.names)
            normal = labels["label"] == 0 if labelled else np.ones(len(labels), bool)
            both = [scores(model, test)[normal] for model in models]
            kept = int(0.99 * normal.sum())
            best = [np.sort(found)[::-1][:kept].mean() for found in both]
            area = ["", ""]
            if labelled:
                area = [json.loads(run("eval", model, test, "--label", "label", "--json"))["flow"]["auroc"] for model in models]
                area = [f"{100 * a:.2f}" for a in area]
            print(f"| {name}, D {d} | `{flags}` | {(best[0] - best[1]) / d:+.4f} "
                  f"| {(both[0].mean() - both[1].mean()) / d:+.4f} | {area[0]} | {area[1]} |", flush=True)


main(*sys.argv[1:])
