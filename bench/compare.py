#!/usr/bin/env python3
"""Measures Gatefold beside ONNX Runtime and PyTorch and writes Markdown tables of the ratios.

    bench/compare.py --models FOLDER... --grid --training [--threads 1 2] [--output docs/performance.md]

Models are folders in the form of ONNX's backend tests (model.onnx, test_data_set_0/input_*.pb). The
grid are single LSTM and GRU layers; training measures one step (forward, backward, update) of them.
Peers are taken where they are: --onnxruntime is a folder that holds the npm package
onnxruntime-node, --torch the command of a Python that has PyTorch. One that is absent is named and
left out. Both sides of a ratio run in turn, for --rounds rounds, on the same threads; a cell is the
median over the rounds of each round's median. Needs numpy and the Python package onnx.
"""
import argparse
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
GRID = [(1, 1, 128, 128), (100, 1, 128, 128), (100, 1, 256, 256), (100, 1, 512, 512),
        (100, 1, 1024, 1024), (128, 1, 16, 16), (256, 8, 64, 64), (28, 64, 28, 128),
        (50, 32, 256, 256), (35, 64, 512, 512), (100, 16, 1024, 1024)]
GATES = {"LSTM": 4, "GRU": 3}


def make_layer(kind, shape, folder):
    """A test folder of one layer with random weights; the GRU as PyTorch computes it."""
    t, n, i, h = shape
    random = numpy.random.default_rng(0)
    weights = {"W": (1, GATES[kind] * h, i), "R": (1, GATES[kind] * h, h), "B": (1, 2 * GATES[kind] * h)}
    initializers = [
        numpy_helper.from_array(random.normal(0, 0.1, dims).astype("float32"), name)
        for name, dims in weights.items()]
    attributes = {"hidden_size": h}
    if kind == "GRU":
        attributes["linear_before_reset"] = 1
    node = helper.make_node(kind, ["X", "W", "R", "B"], ["Y"], **attributes)
    graph = helper.make_graph(
        [node], kind, [helper.make_tensor_value_info("X", TensorProto.FLOAT, [t, n, i])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [t, 1, n, h])], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    x = random.normal(size=(t, n, i)).astype("float32")
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model, str(folder / "model.onnx"))
    (data / "input_0.pb").write_bytes(numpy_helper.from_array(x, "X").SerializeToString())
    (data / "output_0.pb").write_bytes(
        numpy_helper.from_array(numpy.zeros((t, 1, n, h), "float32"), "Y").SerializeToString())
    spec = {"loss": {"type": "mse", "output": "Y"}, "optimizer": {"type": "sgd", "lr": 0.01}}
    (folder / "spec.json").write_text(json.dumps(spec))
    numpy.savez(folder / "data.npz", X=x[None], target=numpy.zeros((1, t, 1, n, h), "float32"))


def run_json(command, text=None):
    """The JSON a command prints on its last line."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(map(str, command))}: {done.stderr.strip()}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Gatefold:
    name = "Gatefold"

    def __init__(self, args):
        self.binary = args.gatefold
        self.seconds = str(args.seconds)

    def bench(self, folder, threads, *flags):
        report = json.loads(subprocess.run(
            [self.binary, "bench", folder, "--json", "--seconds", self.seconds, "--threads",
             str(threads), *flags], capture_output=True, text=True, check=True).stdout)
        return report["median_ms"] * 1e3

    def infer(self, folder, threads):
        return self.bench(folder, threads)

    def train(self, folder, threads, _shape):
        return self.bench(folder, threads, "--train")


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, args):
        self.modules = args.onnxruntime
        self.seconds = args.seconds

    def is_there(self):
        return self.modules is not None and (self.modules / "onnxruntime-node").is_dir()

    def infer(self, folder, threads):
        with tempfile.TemporaryDirectory() as scratch:
            feeds = []
            for index, path in enumerate(sorted((folder / "test_data_set_0").glob("input_*.pb"))):
                tensor = onnx.load_tensor(str(path))
                array = numpy_helper.to_array(tensor)
                file = f"{scratch}/{index}"
                numpy.ascontiguousarray(array).tofile(file)
                feeds.append({"name": tensor.name, "type": str(array.dtype), "dims": array.shape,
                              "file": file})
            settings = {"package": str(self.modules / "onnxruntime-node"), "threads": threads,
                        "model": str(folder / "model.onnx"), "feeds": feeds,
                        "seconds": self.seconds}
            return run_json(["node", HERE / "onnxruntime_peer.mjs"], json.dumps(settings))["median_us"]


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
        settings = json.dumps({"kind": kind, "shape": shape, "threads": threads, "what": what,
                               "seconds": self.seconds})
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        done = subprocess.run([*self.command, "-", settings], input=self.script, text=True,
                              capture_output=True, check=True, env=environment)
        return json.loads(done.stdout.strip().splitlines()[-1])["median_us"]


def medians(rounds, *sides):
    """The median over rounds of each side, the sides measured in turn."""
    found = [[side() for side in sides] for _ in range(rounds)]
    return [statistics.median(times) for times in zip(*found)]


class Tables:
    """Rows of (what, own, peer) as Markdown."""

    def __init__(self):
        self.parts = []

    def add(self, title, peer, rows):
        if not rows:
            return
        ratios = [theirs / own for _, own, theirs in rows]
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        lines = [f"## {title}", "", f"Geometric mean of the ratios {mean:.2f}, lowest {min(ratios):.2f}.",
                 "", f"| | Gatefold µs | {peer} µs | ratio |", "|---|--:|--:|--:|"]
        lines += [f"| {what} | {own:.1f} | {theirs:.1f} | {theirs / own:.2f} |"
                  for what, own, theirs in rows]
        self.parts.append("\n".join(lines))


def measure(rows, what, rounds, *sides):
    try:
        own, theirs = medians(rounds, *sides)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"{what}: left out: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
        return
    rows.append((what, own, theirs))
    print(f"{what}: {own:.1f} / {theirs:.1f} us", file=sys.stderr)


def measure_models(args, threads, gatefold, runtime, tables):
    rows = []
    folders = sorted(path.parent for top in args.models for path in top.glob("**/model.onnx"))
    for folder in folders:
        if not (folder / "test_data_set_0").is_dir():
            continue
        measure(rows, folder.name, args.rounds, lambda: gatefold.infer(folder, threads),
                lambda: runtime.infer(folder, threads))
    tables.add(f"Models, {threads} threads", runtime.name, rows)


def measure_grid(args, threads, peers, tables, scratch):
    gatefold, runtime, torch = peers
    inference, training, torch_inference = [], [], []
    for kind in GATES:
        for shape in GRID:
            what = f"{kind} T={shape[0]} N={shape[1]} I={shape[2]} H={shape[3]}"
            folder = scratch / f"{kind}_{'_'.join(map(str, shape))}"
            if not folder.is_dir():
                make_layer(kind, shape, folder)
            if args.grid and runtime:
                measure(inference, what, args.rounds, lambda: gatefold.infer(folder, threads),
                        lambda: runtime.infer(folder, threads))
            if args.grid and torch:
                measure(torch_inference, what, args.rounds, lambda: gatefold.infer(folder, threads),
                        lambda: torch.run(kind, shape, threads, "infer"))
            if args.training and torch:
                measure(training, what, args.rounds, lambda: gatefold.train(folder, threads, shape),
                        lambda: torch.run(kind, shape, threads, "train"))
    tables.add(f"Layers, inference, {threads} threads", "ONNX Runtime", inference)
    tables.add(f"Layers, inference, {threads} threads", "PyTorch", torch_inference)
    tables.add(f"Layers, training step, {threads} threads", "PyTorch", training)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", type=pathlib.Path, default=[], metavar="FOLDER")
    parser.add_argument("--grid", action="store_true", help="single layers, inference")
    parser.add_argument("--training", action="store_true", help="single layers, training step")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gatefold", default=str(HERE.parent / "build/release/gatefold"))
    parser.add_argument("--onnxruntime", type=pathlib.Path, metavar="NODE_MODULES")
    parser.add_argument("--torch", metavar="PYTHON")
    parser.add_argument("--output", type=pathlib.Path, help="file; standard output without it")
    return parser.parse_args()


def main():
    args = parse_arguments()
    gatefold, runtime, torch = Gatefold(args), OnnxRuntime(args), PyTorch(args)
    for peer in (runtime, torch):
        if not peer.is_there():
            print(f"{peer.name} is not there and is left out", file=sys.stderr)
    runtime = runtime if runtime.is_there() else None
    torch = torch if torch.is_there() else None
    tables = Tables()
    with tempfile.TemporaryDirectory() as scratch:
        for threads in args.threads:
            if args.models and runtime:
                measure_models(args, threads, gatefold, runtime, tables)
            if args.grid or args.training:
                measure_grid(args, threads, (gatefold, runtime, torch), tables,
                             pathlib.Path(scratch))
    flags = " ".join(word for word in sys.argv[1:] if word.startswith("--"))
    text = f"# Performance\n\nMade by `bench/compare.py {flags}`.\n\n" + "\n\n".join(tables.parts) + "\n"
    if args.output:
        args.output.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
