"""How the module behaves in processes: forks, signals, the end, and beside other modules."""

import importlib.util
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import unittest

import numpy as np

import gatefold as gf
from support import REPOSITORY, ModelTest, run_python

LSTM = REPOSITORY / "examples" / "models" / "char_lstm" / "model.onnx"
TOKENS = np.arange(20).reshape(2, 10)

#: Sums of the scores, by a model on two threads that the process before has used.
_model = None


def score_sum(_):
    global _model
    if _model is None:
        _model = gf.load(LSTM, threads=2)
    return float(np.abs(_model.run({"tokens": TOKENS})["scores"]).sum())


class Children(unittest.TestCase):
    def check(self, method):
        expected = score_sum(0)
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            sums = pool.map_async(score_sum, range(6)).get(timeout=60)
        self.assertEqual(sums, [expected] * 6)
        self.assertEqual(score_sum(0), expected)

    def test_forked_ones_run(self):
        self.check("fork")

    def test_spawned_ones_run(self):
        self.check("spawn")


class Interrupts(ModelTest):
    TRAIN = """
import sys, numpy as np, gatefold as gf
x = np.zeros((64, 2), np.float32)
data = {"x": x, "target": x[:, :1]}
def report(step):
    if step.step == 1: print("begun", flush=True)
try:
    gf.train(sys.argv[1], data, loss="mse", steps=10**9, checkpoint=sys.argv[2], on_step=report)
except KeyboardInterrupt:
    print("interrupted", gf.load(sys.argv[1]).run({"x": x})["y"].shape)
"""
    RUN = """
import sys, numpy as np, gatefold as gf
model = gf.load(sys.argv[1])
x = np.zeros((1 << 16, 2), np.float32)
print("begun", flush=True)
try:
    while True: model.run({"x": x})
except KeyboardInterrupt:
    print("interrupted", model.run({"x": x[:64]})["y"].shape)
"""
    MODEL = """g (float[N,2] x) => (float[N,1] y) <float[2,1] w = {0.5, -0.5}> {
  z = MatMul (x, w)
  y = Tanh (z)
}"""

    def interrupt(self, program, *arguments):
        path = os.pathsep.join(path for path in sys.path if path)
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONPATH=path),
        )
        self.assertEqual(process.stdout.readline(), "begun\n")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(output, "interrupted (64, 1)\n")
        self.assertEqual(process.returncode, 0)

    def test_end_a_training_run_after_a_checkpoint(self):
        self.interrupt(self.TRAIN, self.write(self.MODEL), self.folder / "saved")
        self.assertTrue((self.folder / "saved" / "checkpoint.npz").is_file())

    def test_end_runs(self):
        self.interrupt(self.RUN, self.write(self.MODEL))


class Interpreters(ModelTest):
    def test_end_with_everything_alive(self):
        program = """
import sys, threading, numpy as np, gatefold as gf
model = gf.load(sys.argv[1], threads=2)
stream = model.session(states={})
tensor = gf.Tensor(np.float32([1]))
capsule = tensor.__dlpack__()
def work():
    while True: model.run({"tokens": np.zeros((1, 5), np.int64)})
for _ in range(2): threading.Thread(target=work, daemon=True).start()
model.run({"tokens": np.zeros((1, 5), np.int64)})
"""
        for _ in range(3):
            ended = run_python(program, LSTM)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_import_is_quick_and_leaves_the_process_alone(self):
        program = """
import numpy, os, signal, threading, time
def state():
    tasks = len(os.listdir("/proc/self/task"))
    return tasks, threading.active_count(), dict(os.environ), signal.getsignal(signal.SIGINT)
before = state()
start = time.perf_counter()
import gatefold
seconds = time.perf_counter() - start
assert state() == before
print(seconds)
"""
        seconds = min(float(run_python(program).stdout) for _ in range(5))
        self.assertLess(seconds, 0.1)

    def test_import_does_not_need_numpy(self):
        ended = run_python("import sys, gatefold; print('numpy' in sys.modules)")
        self.assertEqual(ended.stdout, "False\n")


class Neighbours(ModelTest):
    """Modules that bring the same libraries: protobuf, onnx, OpenMP."""

    def check(self, *modules):
        for module in modules:
            if importlib.util.find_spec(module) is None:
                self.skipTest(f"{module} is not installed")
        use = """
import sys, numpy as np
model = gatefold.load(sys.argv[1], threads=2)
model.run({"tokens": np.zeros((1, 5), np.int64)})
if "onnx" in sys.modules: onnx.checker.check_model(onnx.load(sys.argv[1]))
if "torch" in sys.modules: torch.ones(300, 300) @ torch.ones(300, 300)
model.run({"tokens": np.zeros((1, 5), np.int64)})
print("done")
"""
        for order in (("gatefold", *modules), (*modules, "gatefold")):
            with self.subTest(order):
                ended = run_python("".join(f"import {name}\n" for name in order) + use, LSTM)
                self.assertEqual((ended.returncode, ended.stdout), (0, "done\n"), ended.stderr)

    def test_onnx(self):
        self.check("onnx")

    def test_torch(self):
        self.check("torch")

    def test_onnx_and_torch(self):
        self.check("onnx", "torch")


if __name__ == "__main__":
    unittest.main()
