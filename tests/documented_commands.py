#!/usr/bin/env python3
"""Runs the commands of READMEs as they stand there.

    documented_commands.py GATEFOLD README.md...

Each README's folder is copied, and its ```sh blocks are run there one after the other, with the tool
in the path. Each line of a ```text block behind one must be a line of what the commands printed.
Exit code 1 if a command fails or a line is missing.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_readme(readme, path):
    """The complaints about one README."""
    complaints = []
    output = ""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "copy"
        shutil.copytree(readme.parent, folder)
        for kind, text in BLOCK.findall(readme.read_text(encoding="utf-8")):
            if kind == "text":
                lines = set(output.splitlines())
                complaints += [f"not printed: {line}" for line in text.splitlines()
                               if line.strip() and line not in lines]
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
