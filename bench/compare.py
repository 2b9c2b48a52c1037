#!/usr/bin/env python3
"""Measures Gatefold beside ONNX Runtime and PyTorch and writes Markdown tables.

    bench/compare.py --models FOLDER... --grid --training --training-models FOLDER... --roofline \
        --output docs/performance.md

Each option gives tables of its own; --output puts them in the places of the old ones.

--models  test folders of ONNX's backend tests (model.onnx, test_data_set_0/input_*.pb), beside ONNX
          Runtime: latency, time from the file to the first output, memory
--grid    single LSTM and GRU layers: latency beside both peers
--training  a training step (forward, backward, update) of these layers beside PyTorch: latency,
          memory
--training-models  folders of training tests (model.onnx, spec.json, data.npz, expected.npz): a
          step on the first batch beside PyTorch, which runs the nodes of the model by its own
          functions and layers (torch_graph.py): latency, memory
--projects  folders of projects that `gatefold prepare` has made ready (classifier, char-lm, word-lm,
          seq2seq, skipgram): a step beside PyTorch, in which the same model is built of its own
          modules (torch_projects.py); the first 50 losses must agree within 1e-5
--checkpoints  a training step on a long sequence whose steps are kept or computed again: latency,
          memory
--kernels  operators that both have kernels of: Gatefold's own beside oneDNN's (kernel_shapes.py)
--roofline  the layers' recurrent operator beside what the machine can do

Peers are taken where they are: --onnxruntime is a folder with the headers and the library of ONNX
Runtime as its release archives hold them (include/onnxruntime_c_api.h, or include/onnxruntime/ of a
distribution, and lib/libonnxruntime.so.1), for which a C compiler is needed; --torch the command of
a Python that has PyTorch; --baseline the binary of another build of Gatefold. One that is absent is
named and left out. Both sides of a ratio run in turn, for --rounds rounds, on the same threads; a
cell is the median over the rounds. sides.py says what is counted. Needs numpy and the Python package
onnx.
"""
import argparse
import json
import math
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import kernel_shapes
import sides

GRID = [(1, 1, 128, 128), (100, 1, 128, 128), (100, 1, 256, 256), (100, 1, 512, 512),
        (100, 1, 1024, 1024), (128, 1, 16, 16), (256, 8, 64, 64), (28, 64, 28, 128),
        (50, 32, 256, 256), (35, 64, 512, 512), (100, 16, 1024, 1024)]
GATES = {"LSTM": 4, "GRU": 3}
# The steps of which are computed again in training, so many at a time.
LONG_LAYER = ("LSTM", (10000, 4, 64, 512))
CHECKPOINTS = (10, 100, 1000)
# What a measurement holds: its key, its name in a title, its unit.
LATENCY = ("us", "latency", "µs")
START = ("start_ms", "from the file to the first output", "ms")
MEMORY = ("memory_mib", "memory", "MiB")


def make_layer(kind, shape, folder, output="Y"):
    """A test folder of one layer with random weights; the GRU as PyTorch computes it."""
    t, n, i, h = shape
    random = numpy.random.default_rng(0)
    weights = {"W": (1, GATES[kind] * h, i), "R": (1, GATES[kind] * h, h),
               "B": (1, 2 * GATES[kind] * h)}
    initializers = [
        numpy_helper.from_array(random.normal(0, 0.1, dims).astype("float32"), name)
        for name, dims in weights.items()]
    attributes = {"hidden_size": h}
    if kind == "GRU":
        attributes["linear_before_reset"] = 1
    results = {"Y": [t, 1, n, h], "Y_h": [1, n, h]}
    node = helper.make_node(kind, ["X", "W", "R", "B"], list(results), **attributes)
    graph = helper.make_graph(
        [node], kind, [helper.make_tensor_value_info("X", TensorProto.FLOAT, [t, n, i])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, results[output])], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    x = random.normal(size=(t, n, i)).astype("float32")
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model, str(folder / "model.onnx"))
    (data / "input_0.pb").write_bytes(numpy_helper.from_array(x, "X").SerializeToString())
    (data / "output_0.pb").write_bytes(
        numpy_helper.from_array(numpy.zeros(results[output], "float32"),
                                output).SerializeToString())
    spec = {"loss": {"type": "mse", "output": output}, "optimizer": {"type": "sgd", "lr": 0.01}}
    (folder / "spec.json").write_text(json.dumps(spec))
    numpy.savez(folder / "data.npz", X=x[None], target=numpy.zeros([1, *results[output]], "float32"))


def grid_folders(scratch):
    """(what, kind, shape, folder) of every layer; folders are made where they are not there."""
    for kind in GATES:
        for shape in GRID:
            folder = scratch / f"{kind}_{'_'.join(map(str, shape))}"
            if not folder.is_dir():
                make_layer(kind, shape, folder)
            yield "{} T={} N={} I={} H={}".format(kind, *shape), kind, shape, folder


class Comparison:
    """Measurements of Gatefold and a peer, and their tables."""

    def __init__(self, title, peer, threads, rounds, side="Gatefold"):
        self.title, self.peer, self.threads, self.rounds = title, peer, threads, rounds
        self.side = side
        self.rows = []

    def measure(self, what, own, theirs):
        """Runs both sides in turn; each gives a measurement."""
        try:
            pairs = [(own(), theirs()) for _ in range(self.rounds)]
        except (RuntimeError, subprocess.CalledProcessError) as error:
            print(f"{what}: left out: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
            return
        found = [{key: statistics.median(one[key] for one in side) for key in side[0]}
                 for side in zip(*pairs)]
        self.rows.append((what, *found))
        print(f"{what}: {found[0]['us']:.1f} / {found[1]['us']:.1f} us", file=sys.stderr)

    def table(self, quantity):
        """Of one quantity; a ratio above 1 means that the first side needs less."""
        key, name, unit = quantity
        ratios = [theirs[key] / max(own[key], 1e-9) for _, own, theirs in self.rows]
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        lines = [f"## {self.title} beside {self.peer}, {name}, {threads_text(self.threads)}", "",
                 f"Geometric mean of the ratios {mean:.2f}, lowest {min(ratios):.2f}.", "",
                 f"| | {self.side} {unit} | {self.peer} {unit} | ratio |", "|---|--:|--:|--:|"]
        lines += [f"| {what} | {own[key]:.1f} | {theirs[key]:.1f} | {ratio:.2f} |"
                  for (what, own, theirs), ratio in zip(self.rows, ratios)]
        return "\n".join(lines)

    def tables(self, *quantities):
        return [self.table(quantity) for quantity in quantities] if self.rows else []


def threads_text(threads):
    return f"{threads} thread" + ("s" if threads > 1 else "")


def compare_models(args, threads, gatefold, peer):
    comparison = Comparison("Models", peer.name, threads, args.rounds)
    for folder in sorted(path.parent for top in args.models for path in top.glob("**/model.onnx")):
        if (folder / "test_data_set_0").is_dir():
            comparison.measure(folder.name, lambda: gatefold.infer(folder, threads),
                               lambda: peer.infer(folder, threads))
    return comparison.tables(LATENCY, START, MEMORY)


def compare_kernels(args, threads, gatefold, scratch):
    comparison = Comparison("Own kernels", "oneDNN's", threads, args.rounds, "own")
    for what, text in kernel_shapes.kernel_graphs():
        path = scratch / "kernel.onnxtxt"
        path.write_text(text)
        own, onednn = (lambda kernels=kernels: gatefold.infer(path, threads, "--kernels", kernels)
                       for kernels in ("own", "onednn"))
        comparison.measure(what, own, onednn)
    return comparison.tables(LATENCY)


def compare_layers(args, threads, gatefold, peers, torch, scratch):
    tables = []
    for peer in peers:
        comparison = Comparison("Layers", peer.name, threads, args.rounds)
        for what, _, _, folder in grid_folders(scratch):
            comparison.measure(what, lambda: gatefold.infer(folder, threads),
                               lambda: peer.infer(folder, threads))
        tables += comparison.tables(LATENCY, MEMORY)
    if torch:
        comparison = Comparison("Layers", torch.name, threads, args.rounds)
        for what, kind, shape, folder in grid_folders(scratch):
            comparison.measure(what, lambda: gatefold.infer(folder, threads),
                               lambda: torch.run(kind, shape, threads, "infer"))
        tables += comparison.tables(LATENCY)
    return tables


def compare_training(args, threads, gatefold, torch, scratch):
    comparison = Comparison("Training steps of layers", torch.name, threads, args.rounds)
    for what, kind, shape, folder in grid_folders(scratch):
        comparison.measure(what, lambda: gatefold.train(folder, threads),
                           lambda: torch.run(kind, shape, threads, "train"))
    return comparison.tables(LATENCY, MEMORY)


def compare_model_training(args, threads, gatefold, peer):
    comparison = Comparison("Training steps of models", peer.name, threads, args.rounds)
    for top in args.training_models:
        for folder in sorted(path.parent for path in top.glob("**/expected.npz")):
            comparison.measure(folder.name, lambda: gatefold.train(folder, threads),
                               lambda: peer.train(folder, threads))
    return comparison.tables(LATENCY, MEMORY)


def loss_difference(own, theirs):
    """The largest of the first steps' losses, relative."""
    return max(abs(a - b) / abs(b) for a, b in zip(own["losses"], theirs["losses"]))


def compare_projects(args, threads, gatefold, torch):
    comparison = Comparison("Training steps of projects", torch.name, threads, args.rounds)
    for folder in args.projects:
        project = sides.Project(folder)
        difference = loss_difference(gatefold.train_project(project, threads),
                                     torch.train_project(project, threads))
        if not difference <= 1e-5:
            print(f"{folder}: left out: losses differ by {difference:.1e}", file=sys.stderr)
            continue
        comparison.measure(f"{folder.name} ({project.template}), losses within {difference:.1e}",
                           lambda: {"us": gatefold.train_project(project, threads)["us"]},
                           lambda: {"us": torch.train_project(project, threads)["us"]})
    return comparison.tables(LATENCY)


def checkpoint_table(args, threads, gatefold, scratch):
    kind, shape = LONG_LAYER
    folder = scratch / "long"
    if not folder.is_dir():
        make_layer(kind, shape, folder, "Y_h")
    rows = []
    for every in (0, *CHECKPOINTS):
        flags = ["--checkpoint-every", str(every)] if every else []
        found = gatefold.infer(folder, threads, "--train", *flags)
        rows.append(f"| {every or 'everything kept'} | {found['us'] / 1e6:.2f} | "
                    f"{found['memory_mib']:.0f} |")
        print(rows[-1], file=sys.stderr)
    what = "{} T={} N={} I={} H={}".format(kind, *shape)
    return ["\n".join([f"## Checkpoints of long sequences, {threads_text(threads)}", "",
                       f"A training step of {what} with a loss on the last state.", "",
                       "| `--checkpoint-every` | s | MiB |", "|---|--:|--:|", *rows])]


def most_reached(reports):
    """The recurrent step in the report in which it came closest to its bound."""
    rows = (row for report in reports for row in report["roofline"] if row["op"] in GATES)
    return max(rows, key=lambda row: row["fraction"])


def roofline_table(args, threads, gatefold, scratch):
    rows, machines = [], []
    for what, _, _, folder in grid_folders(scratch):
        reports = [gatefold.bench(folder, threads, "--roofline") for _ in range(args.rounds)]
        machines += [report["machine"] for report in reports]
        row = most_reached(reports)
        rows.append(f"| {what} | {row['us']:.1f} | {row['flops'] / row['us'] / 1e3:.1f} | "
                    f"{row['bound_us']:.1f} | {row['bound']} | {100 * row['fraction']:.0f} % |")
        print(rows[-1], file=sys.stderr)
    machine = max(machines, key=lambda machine: machine["gflops"])
    return ["\n".join([f"## Layers, roofline, {threads_text(threads)}", "",
                       f"The machine: {machine['summary']}.", "",
                       "| | µs | GFLOP/s | bound µs | bound by | reached |",
                       "|---|--:|--:|--:|---|--:|", *rows])]


def update_sections(path, tables):
    """Puts each table in the place of the section of its title, or at the end of the file."""
    sections = re.split(r"\n(?=## )", path.read_text().rstrip()) if path.exists() else []
    for table in tables:
        title = table.splitlines()[0]
        places = [i for i, section in enumerate(sections) if section.splitlines()[0] == title]
        if places:
            sections[places[0]] = table
        else:
            sections.append(table)
    path.write_text("\n".join(section.rstrip() + "\n" for section in sections))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", type=pathlib.Path, default=[], metavar="FOLDER")
    parser.add_argument("--grid", action="store_true")
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--training-models", nargs="+", type=pathlib.Path, default=[],
                        metavar="FOLDER")
    parser.add_argument("--projects", nargs="+", type=pathlib.Path, default=[], metavar="FOLDER")
    parser.add_argument("--checkpoints", action="store_true")
    parser.add_argument("--kernels", action="store_true")
    parser.add_argument("--roofline", action="store_true")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--seconds", type=float, default=0.5, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gatefold", default=str(sides.HERE.parent / "build/release/gatefold"))
    parser.add_argument("--onnxruntime", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--torch", metavar="PYTHON")
    parser.add_argument("--baseline", metavar="GATEFOLD")
    parser.add_argument("--output", type=pathlib.Path,
                        help="file whose sections of the same titles are replaced; standard output "
                             "without it")
    return parser.parse_args()


def main():
    args = parse_arguments()
    gatefold = sides.Gatefold(args)
    tables = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        runtime, torch, build = (
            peer if peer.is_there() else print(f"{peer.name} is left out", file=sys.stderr)
            for peer in (sides.OnnxRuntime(args, scratch), sides.PyTorch(args),
                         sides.OtherBuild(args)))
        runtimes = [peer for peer in (runtime, build) if peer]
        trainers = [peer for peer in (torch, build) if peer]
        for threads in args.threads:
            for peer in runtimes if args.models else ():
                tables += compare_models(args, threads, gatefold, peer)
            if args.grid:
                tables += compare_layers(args, threads, gatefold, runtimes, torch, scratch)
            if args.training and torch:
                tables += compare_training(args, threads, gatefold, torch, scratch)
            for peer in trainers if args.training_models else ():
                tables += compare_model_training(args, threads, gatefold, peer)
            if args.projects and torch:
                tables += compare_projects(args, threads, gatefold, torch)
            if args.checkpoints:
                tables += checkpoint_table(args, threads, gatefold, scratch)
            if args.kernels:
                tables += compare_kernels(args, threads, gatefold, scratch)
            if args.roofline:
                tables += roofline_table(args, threads, gatefold, scratch)
    if args.output:
        update_sections(args.output, tables)
    else:
        print("\n\n".join(tables))


if __name__ == "__main__":
    main()
