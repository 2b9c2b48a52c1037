#!/usr/bin/env python3
"""Runs the commands of READMEs as they stand there.

    documented_commands.py GATEFOLD README.md...

Each README's folder is copied, with those beside it, and its ```sh blocks are run there one after
the other, with the tool in the path. Each line of a ```text block behind one must be a line of what
the commands printed; blanks may be more or fewer, and fractions differ by 5 % and one in the last
place, for kernels that add in another order train another model. Exit code 1 if a command fails or
a line is missing.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?(?!\w)")
FRACTION = re.compile("[.e]")


def last_place(number):
    """What 1 in the last digit of a number stands for."""
    digits, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))


def is_near(stated, printed):
    """Whether two numbers are the same, or fractions that are nearly the same."""
    if not FRACTION.search(stated + printed):
        return stated == printed
    a, b = float(stated), float(printed)
    return abs(a - b) <= 0.05 * max(abs(a), abs(b)) + last_place(stated)


def matches(stated, printed):
    """Whether a line of a README is a line that was printed."""
    if NUMBER.sub("#", stated).split() != NUMBER.sub("#", printed).split():
        return False
    return all(map(is_near, NUMBER.findall(stated), NUMBER.findall(printed)))


def run_readme(readme, path):
    """The complaints about one README."""
    complaints = []
    output = ""
    with tempfile.TemporaryDirectory() as scratch:
        examples = pathlib.Path(scratch) / "examples"
        shutil.copytree(readme.parent.parent, examples)
        folder = examples / readme.parent.name
        for kind, text in BLOCK.findall(readme.read_text(encoding="utf-8")):
            if kind == "text":
                lines = output.splitlines()
                complaints += [f"not printed: {line}" for line in text.splitlines()
                               if line.strip() and not any(matches(line, one) for one in lines)]
                continue
            done = subprocess.run(["sh", "-e", "-c", text], cwd=folder, capture_output=True,
                                  check=False, env=dict(os.environ, PATH=path))
            output = done.stdout.decode("utf-8", "replace")
            if done.returncode != 0:
                complaints.append(f"exit code {done.returncode}: {text}"
                                  f"{done.stderr.decode('utf-8', 'replace')}")
    return complaints


def main():
    tool, *readmes = map(pathlib.Path, sys.argv[1:])
    path = f"{tool.resolve().parent}{os.pathsep}{os.environ['PATH']}"
    failed = False
    for readme in readmes:
        complaints = run_readme(readme, path)
        print(f"{'FAILED' if complaints else 'PASSED'} {readme}", *complaints, sep="\n    ")
        failed = failed or bool(complaints)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
