"""Tensors of PyTorch go in and come out without copies. Skipped where torch is not installed."""

import importlib.util
import unittest

import numpy as np

import gatefold as gf
from support import ADD, TRAINING_CASES, ModelTest

if importlib.util.find_spec("torch") is None:
    raise unittest.SkipTest("torch is not installed")
import torch  # noqa: E402


class Tensors(ModelTest):
    def test_go_in(self):
        x = torch.arange(8, dtype=torch.float32).reshape(2, 4)
        model = self.load(ADD)
        expected = x.numpy() + np.float32([1, 2, 3, 4])
        np.testing.assert_array_equal(model.run({"x": x})["y"], expected)
        np.testing.assert_array_equal(model.run({"x": x.T.contiguous().T})["y"], expected)

    def test_come_out_on_the_same_memory(self):
        y = self.load(ADD).run({"x": torch.zeros(1, 4)})["y"]
        tensor = torch.from_dlpack(y)
        self.assertEqual(tensor.data_ptr(), y.ctypes.data)
        del y
        self.assertEqual(tensor.tolist(), [[1, 2, 3, 4]])

    def test_share_their_memory_both_ways(self):
        x = torch.zeros(3)
        tensor = gf.Tensor(x)
        self.assertEqual(tensor.numpy().ctypes.data, x.data_ptr())
        self.assertEqual(torch.from_dlpack(tensor).data_ptr(), x.data_ptr())
        x[1] = 5
        self.assertEqual(tensor.numpy().tolist(), [0, 5, 0])

    def test_of_bfloat16(self):
        model = self.load("g (bfloat16[2] x) => (bfloat16[2] y) { y = Add (x, x) }")
        y = model.run({"x": torch.tensor([1.5, -2], dtype=torch.bfloat16)})["y"]
        doubled = torch.from_dlpack(gf.Tensor(y, dtype="bfloat16"))
        self.assertEqual(doubled.dtype, torch.bfloat16)
        self.assertEqual(doubled.tolist(), [3, -4])
        with self.assertRaisesRegex(gf.Error, "not contiguous"):
            gf.Tensor(torch.zeros(2, 3, dtype=torch.bfloat16).T)

    def test_that_need_gradients_are_refused_by_torch(self):
        with self.assertRaisesRegex(RuntimeError, "grad"):
            self.load(ADD).run({"x": torch.zeros(1, 4, requires_grad=True)})

    def test_train(self):
        case = TRAINING_CASES / "lstm_text_adam"
        data = np.load(case / "data.npz")
        trainer = gf.Trainer(case / "model.onnx", spec=case / "spec.json")
        losses = [
            trainer.step({name: torch.from_numpy(data[name][i]) for name in data}).loss
            for i in range(len(data["tokens"]))
        ]
        np.testing.assert_allclose(losses, np.load(case / "expected.npz")["losses"], rtol=1e-5)


if __name__ == "__main__":
    unittest.main()
