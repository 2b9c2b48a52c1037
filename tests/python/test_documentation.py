"""Runs the Python of pages in docs, one block after another, and compares what it prints.

A ```text block after a ```python block is what that prints; a line "..." in it stands for any lines.
Commands, and the text after them, are left to tests/documented_commands.py.
"""

import contextlib
import importlib.util
import io
import os
import pathlib
import re
import tempfile
import unittest

from support import REPOSITORY

PAGES = ("python.md", "stream.md")  # As in tests/documented_commands.py.
BLOCKS = re.compile(r"^```(python|text|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def pattern_of(text):
    """Returns a pattern for a text in which lines "..." stand for any."""
    lines = [r"(.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in text.splitlines()]
    return "".join(lines) + r"\Z"


class Documentation(unittest.TestCase):
    def test_blocks_run_as_written(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        for page in PAGES:
            with self.subTest(page), tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                pathlib.Path("examples").symlink_to(REPOSITORY / "examples")
                self.run_page(page)
                os.chdir(before)

    def run_page(self, page):
        text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
        names = {}
        printed = None
        for kind, block in BLOCKS.findall(text):
            if kind == "sh" or "import torch" in block and importlib.util.find_spec("torch") is None:
                printed = None
            elif kind == "python":
                output = io.StringIO()
                with contextlib.redirect_stdout(output):
                    exec(compile(block, page, "exec"), names)
                printed = output.getvalue()
            elif printed is not None:
                self.assertRegex(printed, re.compile(pattern_of(block)))


if __name__ == "__main__":
    unittest.main()
