#!/usr/bin/env python3
"""Runs the code blocks of pages as they stand there.

    documented_commands.py GATEFOLD PAGE.md...

A page is run in a copy of the repository's examples and tests: a README of an example in its
folder, the README of the repository and the pages of docs at the top. Exit code 1 if a block fails.

The language of a block decides what is done with it; a block without one, or with another, fails:

    sh       its commands are run, those of a page one after the other, with the tool in the path
    text     behind a block of sh: each line must be a line of what that printed; blanks may be more
             or fewer, and fractions differ by 5 % and one in the last place, for kernels that add
             in another order train another model
    python   tests/python/test_documentation.py runs it, and the text behind it, in the pages that
             PYTHON_PAGES lists
    c, cpp   the blocks of a page are compiled as one program, which is not run
    cmake    each line must be one of tests/install, where the program is called consumer, not app
    json     must be JSON
    console  shows a form, with names in place of files that there are not, or needs a machine, a
             network or hours of its own: it is not run
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PYTHON_PAGES = ("python.md", "stream.md")
COPIED = ("examples", "tests/passes", "tests/training")
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


class PageRun:
    """One page, and what became of its blocks; a method for each language of blocks."""

    def __init__(self, page, scratch, path):
        self.page, self.scratch, self.path = page, scratch, path
        is_example = page.parent.parent == REPOSITORY / "examples"
        self.folder = scratch / page.parent.relative_to(REPOSITORY) if is_example else scratch
        self.complaints = []
        self.last = ""  # The language of the last block that prints.
        self.printed = ""
        self.programs = {"c": [], "cpp": []}

    def check_sh(self, text):
        done = subprocess.run(["sh", "-e", "-c", text], cwd=self.folder, capture_output=True,
                              check=False, env=dict(os.environ, PATH=self.path))
        self.last = "sh"
        self.printed = done.stdout.decode("utf-8", "replace")
        if done.returncode != 0:
            self.complaints.append(f"exit code {done.returncode}: {text}"
                                   f"{done.stderr.decode('utf-8', 'replace')}")

    def check_text(self, text):
        if not self.last:
            self.complaints.append(f"a text that nothing has printed: {text}")
        elif self.last == "sh":
            lines = self.printed.splitlines()
            self.complaints += [f"not printed: {line}" for line in text.splitlines()
                                if line.strip() and not any(matches(line, one) for one in lines)]

    def check_python(self, text):
        self.last = "python"
        if self.page.name not in PYTHON_PAGES:
            self.complaints.append(f"nothing runs the Python of this page: {text}")

    def check_c(self, text):
        self.programs["c"].append(text)

    def check_cpp(self, text):
        self.programs["cpp"].append(text)

    def check_cmake(self, text):
        known = (REPOSITORY / "tests/install/CMakeLists.txt").read_text().splitlines()
        self.complaints += [f"not in tests/install: {line}" for line in text.splitlines()
                            if re.sub(r"\bapp\b", "consumer", line) not in known]

    def check_json(self, text):
        try:
            json.loads(text)
        except ValueError as error:
            self.complaints.append(f"{error}: {text}")

    def check_console(self, text):
        pass

    def check(self, kind, text):
        method = getattr(self, f"check_{kind}", None) if kind else None
        if method is None:
            self.complaints.append(f"a block of the language '{kind}': {text}")
        else:
            method(text)

    def compile_programs(self):
        headers = self.scratch / "include"
        (headers / "gatefold").mkdir(parents=True)
        (headers / "gatefold" / "gatefold.h").write_text('#include "session/gatefold.h"\n')
        compilers = {"c": ["cc", "-std=c99", "-xc", f"-I{REPOSITORY / 'c'}"],
                     "cpp": ["c++", "-std=c++20", "-xc++", f"-I{REPOSITORY}", f"-I{headers}"]}
        for kind, blocks in self.programs.items():
            lines = "".join(blocks).splitlines()
            program = [line for line in lines if line.startswith("#include")] + ["int main(void) {"]
            program += [line for line in lines if not line.startswith("#include")] + ["}", ""]
            done = subprocess.run([*compilers[kind], "-Wall", "-Werror", "-fsyntax-only", "-"],
                                  input="\n".join(program), capture_output=True, check=False, text=True)
            if done.returncode != 0:
                self.complaints.append(done.stderr)


def run_page(page, path):
    """The complaints about one page."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in COPIED:
            shutil.copytree(REPOSITORY / name, pathlib.Path(scratch) / name)
        run = PageRun(page, pathlib.Path(scratch), path)
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            run.check(kind, text)
        if any(run.programs.values()):
            run.compile_programs()
        return run.complaints


def main():
    tool, *pages = map(pathlib.Path, sys.argv[1:])
    path = f"{tool.resolve().parent}{os.pathsep}{os.environ['PATH']}"
    failed = False
    for page in pages:
        complaints = run_page(page.resolve(), path)
        print(f"{'FAILED' if complaints else 'PASSED'} {page}", *complaints, sep="\n    ")
        failed = failed or bool(complaints)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
