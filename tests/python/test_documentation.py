"""Runs the code blocks of docs/python.md, one after another, and compares what they print.

A ```text block after a ```python block is what that prints; a line "..." in it stands for any lines.
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

BLOCKS = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def pattern_of(text):
    """Returns a pattern for a text in which lines "..." stand for any."""
    lines = [r"(.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in text.splitlines()]
    return "".join(lines) + r"\Z"


class Documentation(unittest.TestCase):
    def test_blocks_run_as_written(self):
        text = (REPOSITORY / "docs" / "python.md").read_text(encoding="utf-8")
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chdir(folder.name)
        pathlib.Path("examples").symlink_to(REPOSITORY / "examples")
        names = {}
        printed = ""
        for kind, block in BLOCKS.findall(text):
            if "import torch" in block and importlib.util.find_spec("torch") is None:
                printed = None
            elif kind == "python":
                output = io.StringIO()
                with contextlib.redirect_stdout(output):
                    exec(compile(block, "docs/python.md", "exec"), names)
                printed = output.getvalue()
            elif printed is not None:
                self.assertRegex(printed, re.compile(pattern_of(block)))


if __name__ == "__main__":
    unittest.main()
