"""Writes the operator tests of the installed onnx package as test folders.

Usage: generate.py FOLDER
Tests named in excluded.txt beside this file are left out.
"""

import pathlib
import shutil
import sys

import numpy as np

# onnx 1.12 uses names that numpy 1.24 no longer has.
for name in ("float", "int", "bool", "object", "complex", "str"):
    if name not in vars(np):
        setattr(np, name, getattr(__builtins__, name))

from onnx.backend.test import cmd_tools  # noqa: E402 - needs the names above


def excluded_tests():
    lines = (pathlib.Path(__file__).parent / "excluded.txt").read_text().splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def main():
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    sys.argv = ["generate", "generate-data", "-o", str(folder)]
    cmd_tools.main()
    for name in excluded_tests():
        matches = list(folder.glob(f"*/{name}"))
        if not matches:
            sys.exit(f"excluded.txt names '{name}', which is no test")
        for match in matches:
            shutil.rmtree(match)


if __name__ == "__main__":
    main()
