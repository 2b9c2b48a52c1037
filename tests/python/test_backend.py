"""The interface of ONNX's backends, by itself; onnx_backend_runner.py runs ONNX's own tests."""

import unittest

import numpy as np
import onnx
from onnx import helper

from gatefold import backend
from support import REPOSITORY


class Backend(unittest.TestCase):
    def test_runs_a_model(self):
        model = onnx.load(REPOSITORY / "examples" / "models" / "char_lstm" / "model.onnx")
        prepared = backend.prepare(model, "CPU", threads=2)
        tokens = np.array([[1, 2, 3]])
        outputs = prepared.run([tokens])
        self.assertEqual(outputs.scores.shape, (1, 3, 76))
        np.testing.assert_array_equal(backend.run_model(model, [tokens])[0], outputs[0])

    def test_runs_a_node(self):
        node = helper.make_node("Add", ["a", "b"], ["c"])
        (c,) = backend.run_node(node, [np.float32([1, 2]), np.float32([3, 4])])
        self.assertEqual(c.tolist(), [4, 6])

    def test_a_node_may_leave_inputs_out(self):
        node = helper.make_node("Clip", ["x", "", "high"], ["y"])
        (y,) = backend.run_node(node, [np.float32([1, 9]), np.float32(5)])
        self.assertEqual(y.tolist(), [1, 5])

    def test_knows_what_it_runs(self):
        self.assertTrue(backend.supports_device("CPU"))
        self.assertFalse(backend.supports_device("CUDA"))
        self.assertFalse(backend.supports_device("TPU"))
        node = helper.make_node("StringNormalizer", ["x"], ["y"])
        x = helper.make_tensor_value_info("x", onnx.TensorProto.STRING, [1])
        y = helper.make_tensor_value_info("y", onnx.TensorProto.STRING, [1])
        model = helper.make_model(helper.make_graph([node], "g", [x], [y]))
        self.assertFalse(backend.is_compatible(model))


if __name__ == "__main__":
    unittest.main()
