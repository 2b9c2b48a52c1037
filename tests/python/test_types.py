"""The package is typed: mypy finds nothing, and finds mistakes. Skipped where mypy is not installed."""

import importlib.util
import subprocess
import sys
import unittest

from support import REPOSITORY, ModelTest

USE = """import numpy as np
import gatefold as gf

model = gf.load("model.onnx", threads=2, dims={"batch": 1})
y = model.run({"x": np.zeros(3)})["y"]
shape: tuple[int, ...] = y.shape
trainer = gf.Trainer("model.onnx", loss="mse", optimizer=gf.Adam(1e-3))
loss: float = trainer.step({"x": y, "target": y}).loss
ids: list[int] = gf.Tokenizer.from_file("tokenizer.json").encode("text")
"""


@unittest.skipIf(importlib.util.find_spec("mypy") is None, "mypy is not installed")
class Types(ModelTest):
    def check(self, *files):
        settings = REPOSITORY / "pyproject.toml"
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", settings, "--cache-dir", self.folder,
             *files],
            capture_output=True, text=True, cwd=REPOSITORY / "python",
        ).stdout

    def test_the_package(self):
        self.assertRegex(self.check("gatefold"), r"^Success: no issues found")

    def test_its_users(self):
        program = self.folder / "program.py"
        program.write_text(USE)
        self.assertRegex(self.check(program), r"^Success: no issues found")
        program.write_text(USE + "gf.load(3)\nmodel.run(3)\n")
        self.assertIn("Found 2 errors", self.check(program))


if __name__ == "__main__":
    unittest.main()
