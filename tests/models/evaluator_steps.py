#!/usr/bin/env python3
"""Says which models compute something without a kernel.

    tests/models/evaluator_steps.py [--gatefold BINARY] FOLDER...

Runs `gatefold bench --ops` on every test folder (model.onnx, test_data_set_0) below the folders,
and names each model and operator whose arithmetic runs by the operator's plain loops. Any of these
makes the exit code 1, but quantized ones, which are listed only, as are models that do not run.
"""
import argparse
import json
import pathlib
import subprocess
import sys

BINARY = pathlib.Path(__file__).resolve().parents[2] / "build/release/gatefold"
QUANTIZED = {"ConvInteger", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger",
             "QLinearConv", "QLinearMatMul", "QuantizeLinear"}


def steps_without_kernel(binary, folder):
    """(operator, microseconds a run) of one model."""
    done = subprocess.run([binary, "bench", folder, "--ops", "--json", "--seconds", "0.01"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return [(row["op"], row["us_a_run"]) for row in json.loads(done.stdout)["ops"]
            if row["lacks_kernel"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--gatefold", default=BINARY, metavar="BINARY")
    args = parser.parse_args()
    models = sorted(path.parent for folder in args.folders for path in folder.glob("**/model.onnx")
                    if (path.parent / "test_data_set_0").is_dir())
    failures = 0
    for folder in models:
        try:
            steps = steps_without_kernel(args.gatefold, folder)
        except RuntimeError as error:
            print(f"{folder.name}: does not run: {error}")
            continue
        for operator, microseconds in steps:
            is_quantized = operator in QUANTIZED
            failures += not is_quantized
            print(f"{folder.name}: {operator} has no kernel ({microseconds:.1f} us a run)"
                  f"{', quantized' if is_quantized else ''}")
    print(f"{len(models)} models, {failures} failures")
    return 1 if failures or not models else 0


if __name__ == "__main__":
    sys.exit(main())
