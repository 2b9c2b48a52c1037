"""What is measured beside one another: Gatefold, ONNX Runtime and PyTorch, each in a process of its
own. Every measurement is a dictionary: "us", the median latency; for a model also "start_ms", from
the file to the first output, and "memory_mib", the growth of the peak of resident memory over what
the process had before. What is not counted on any side is the start of the process: loading the
binary or Python and their libraries."""
import base64
import io
import json
import math
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time

import numpy
import onnx
from onnx import numpy_helper

HERE = pathlib.Path(__file__).resolve().parent


def last_json(command, text=None, environment=None):
    """The JSON a command prints on its last line."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False,
                          env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Gatefold:
    name = "Gatefold"

    def __init__(self, args):
        self.binary = self.choose_binary(args)
        self.seconds = str(args.seconds)

    @staticmethod
    def choose_binary(args):
        return args.gatefold

    def bench(self, folder, threads, *flags):
        command = [self.binary, "bench", folder, "--json", "--seconds", self.seconds, "--threads",
                   str(threads), *flags]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def infer(self, folder, threads, *flags):
        report = self.bench(folder, threads, *flags)
        return {"us": report["median_ms"] * 1e3,
                "start_ms": report["read_ms"] + report["compile_ms"] + report["first_ms"],
                "memory_mib": report["rss_growth_mib"]}

    def train(self, folder, threads):
        return self.infer(folder, threads, "--train")


    def train_project(self, project, threads):
        """A step of training of a project, and the losses of its first steps. The time is what more
        steps cost: reading, compiling and writing are in both runs."""
        seconds, losses = [], []
        for steps in (project.steps, 5 * project.steps):
            with tempfile.TemporaryDirectory() as scratch:
                arguments = project.arguments(pathlib.Path(scratch))
                log = f"{scratch}/log.jsonl"
                begin = time.perf_counter()
                subprocess.run([self.binary, "train", *arguments, "--steps", str(steps), "--log", log,
                                "--threads", str(threads)], capture_output=True, check=True)
                seconds.append(time.perf_counter() - begin)
                lines = map(json.loads, pathlib.Path(log).read_text().splitlines())
                losses = losses or [line["loss"] for line in lines if "step" in line]
        return {"us": (seconds[1] - seconds[0]) / (4 * project.steps) * 1e6, "losses": losses}


class OtherBuild(Gatefold):
    """Another build of Gatefold, such as that of an earlier version."""
    name = "the other build"

    @staticmethod
    def choose_binary(args):
        return args.baseline

    def is_there(self):
        return self.binary is not None


class OnnxRuntime:
    """Through its C interface: onnxruntime_peer.c, compiled into the scratch folder."""
    name = "ONNX Runtime"

    def __init__(self, args, scratch):
        self.folder = args.onnxruntime
        self.binary = scratch / "onnxruntime_peer"
        self.seconds = str(args.seconds)

    def is_there(self):
        if self.folder is None:
            return False
        include, lib = self.folder.resolve() / "include", self.folder.resolve() / "lib"
        command = ["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2",
                   HERE / "onnxruntime_peer.c", f"-I{include}", f"-I{include}/onnxruntime",
                   f"-L{lib}", "-l:libonnxruntime.so.1", f"-Wl,-rpath,{lib}", "-o", self.binary]
        return subprocess.run(command, check=False).returncode == 0

    def infer(self, folder, threads):
        with tempfile.TemporaryDirectory() as scratch:
            inputs = []
            paths = (folder / "test_data_set_0").glob("input_*.pb")
            for path in sorted(paths, key=lambda path: int(path.stem.removeprefix("input_"))):
                tensor = onnx.load_tensor(str(path))
                file = f"{scratch}/{path.stem}"
                numpy.ascontiguousarray(numpy_helper.to_array(tensor)).tofile(file)
                dims = ",".join(map(str, tensor.dims))
                inputs += [tensor.name, str(tensor.data_type), dims, file]
            return last_json(
                [self.binary, folder / "model.onnx", str(threads), self.seconds, *inputs])


class PyTorch:
    name = "PyTorch"

    def __init__(self, args):
        self.command = shlex.split(args.torch or "")
        self.seconds = args.seconds
        self.script = (HERE / "torch_peer.py").read_text()

    def is_there(self):
        return bool(self.command) and subprocess.run(
            [*self.command, "-c", "import torch"], capture_output=True, check=False).returncode == 0

    def run(self, kind, shape, threads, what):
        return self.report({"kind": kind, "shape": shape, "what": what, "threads": threads})

    def report(self, settings, text=None, script=None):
        settings = json.dumps({**settings, "seconds": self.seconds})
        environment = dict(os.environ, OMP_NUM_THREADS=str(json.loads(settings)["threads"]))
        return last_json([*self.command, "-c", script or self.script, settings], text, environment)

    def train_project(self, project, threads):
        text = json.dumps({"weights": project.weights(), "data": project.data()})
        script = (HERE / "torch_projects.py").read_text()
        return self.report({**project.settings(), "threads": threads}, text, script)

    def train(self, folder, threads):
        """A training step of a training test's model, which must begin with the loss expected."""
        files = {name: base64.b64encode((folder / file).read_bytes()).decode()
                 for name, file in (("model", "model.onnx"), ("data", "data.npz"))}
        files["spec"] = (folder / "spec.json").read_text()
        files["builder"] = (HERE / "torch_graph.py").read_text()
        report = self.report({"threads": threads}, json.dumps(files))
        expected = float(numpy.load(folder / "expected.npz")["losses"][0])
        if not math.isclose(report["loss"], expected, rel_tol=1e-4):
            raise RuntimeError(f"PyTorch's first loss is {report['loss']}, not {expected}")
        return report


class Project:
    """A project that `gatefold prepare` has made ready for training, and how it is trained here: on
    batches in the order of the data."""
    steps = 50

    def __init__(self, folder):
        self.folder = folder
        config = json.loads((folder / "config.json").read_text())
        self.template, self.options, self.sizes = (
            config[key] for key in ("template", "options", "sizes"))
        self.training = json.loads((folder / "training.json").read_text())
        self.arrays = dict(numpy.load(folder / "train.npz"))
        self.is_text = self.template in ("char-lm", "word-lm")
        self.batch_size = 8 if self.is_text else 32
        self.bptt = 48 if self.is_text else None
        if self.template == "skipgram":
            self.arrays = self.draw_pairs()
            self.batch_size = 128

    def draw_pairs(self):
        """Pairs of neighbours and tokens drawn at random, the same for both sides."""
        random = numpy.random.default_rng(0)
        text = self.arrays["tokens"]
        centers = random.integers(0, len(text) - 1, 40000)
        pairs = numpy.stack([text[centers], text[centers + 1]])
        pairs = pairs[:, (pairs >= 0).all(0)]
        drawn = random.integers(0, self.sizes["tokens"], (pairs.shape[1], 5))
        target = numpy.zeros((pairs.shape[1], 6), "float32")
        target[:, 0] = 1
        return {"center": pairs[0], "context": numpy.column_stack([pairs[1], drawn]),
                "target": target}

    def arguments(self, scratch):
        """Of gatefold train, which writes into the folder given."""
        batches = ["--batch-size", str(self.batch_size)]
        if self.template == "skipgram":
            numpy.savez(scratch / "pairs.npz", **self.arrays)
            return [self.folder / "model.onnx", "--data", scratch / "pairs.npz", "--spec",
                    self.folder / "training.json", "-o", scratch / "trained.onnx", *batches]
        copy = shutil.copytree(self.folder, scratch / "project")
        return [copy, "--no-shuffle", *batches, *(["--bptt", str(self.bptt)] if self.bptt else [])]

    def settings(self):
        return {"template": self.template, "options": self.options, "sizes": self.sizes,
                "training": self.training, "batch_size": self.batch_size, "bptt": self.bptt,
                "steps": 5 * self.steps}

    def weights(self):
        """All initializers of the project's models, as text."""
        models = [onnx.load(str(path)) for name in ("model.onnx", "decoder.onnx")
                  if (path := self.folder / name).exists()]
        return as_text({tensor.name: numpy_helper.to_array(tensor) for model in models
                        for tensor in model.graph.initializer if "." in tensor.name})

    def data(self):
        return as_text(self.arrays)


def as_text(arrays):
    file = io.BytesIO()
    numpy.savez(file, **arrays)
    return base64.b64encode(file.getvalue()).decode()
