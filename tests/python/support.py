"""What the tests share: small models in ONNX text, and the repository's own files."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import gatefold as gf

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TRAINING_CASES = REPOSITORY / "tests" / "training"

ADD = "g (float[N,4] x) => (float[N,4] y) <float[4] b = {1,2,3,4}> { y = Add (x, b) }"
STREAM = """stream (float[N,2] x, float[N,2] h0) => (float[N,2] y, float[N,2] hn) {
  y = Add (x, h0)
  twice = Add (h0, h0)
  hn = Add (x, twice)
}"""


class ModelTest(unittest.TestCase):
    """A test with a folder of its own for the models that it writes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, graph, opset=17):
        """Writes a graph in ONNX text and returns the file."""
        path = self.folder / "model.onnxtxt"
        path.write_text(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{graph}')
        return path

    def load(self, graph, **settings):
        return gf.load(self.write(graph), **settings)

    def assert_refuses(self, sentence, action):
        with self.assertRaises(gf.Error) as caught:
            action()
        self.assertEqual(str(caught.exception), sentence)


def run_python(program, *arguments, timeout=120, **settings):
    """Runs a program in a process of its own and returns what became of it."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path)),
        **settings,
    )
