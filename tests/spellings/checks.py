"""What the survey checks of one spelling: nodes, outputs, losses of training."""

import collections
import dataclasses
import json
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
import onnx
import torch
from onnx import helper

import reference

TOLERANCE = 1e-5
STEPS = 5
RATE = 0.1
# Operators of which none is left where all steps have become recurrent nodes.
LEFTOVERS = {"Loop", "Scan", "If", "Sigmoid", "Tanh", "HardSigmoid", "Softsign", "Exp", "Relu", "Elu", "Clip",
             "LeakyRelu", "Softplus", "SequenceInsert", "SequenceAt", "SplitToSequence"}


@dataclasses.dataclass
class Result:
    """The findings on one spelling. `got` and `trained` are the recurrent nodes for inference and for
    training, with leftovers in brackets; the differences are relative to the largest number, None where
    nothing was compared: `compiled` of outputs with all passes from those with the required ones, `formula`
    from the formulas, `losses` of five steps from training in double precision. `is_built` is false where
    PyTorch refuses to export it."""

    name: str
    family: str
    expected: list
    also: list = None
    got: str = ""
    trained: str = ""
    compiled: float = None
    formula: float = None
    losses: float = None
    is_built: bool = False
    error: str = ""
    note: str = ""

    def is_as_written(self, nodes, knows_steps=True):
        """True for the nodes that are expected; where the extents of time are not known, of one step or
        not."""
        if self.expected == []:
            return not over_time(nodes)
        rights = [", ".join(sorted(right)) for right in (self.expected, self.also) if right is not None]
        if not knows_steps:
            rights = [right.replace(" of one step", "") for right in rights]
        return self.expected is None or nodes in rights

    @property
    def is_right_node(self):
        """The compiled model has the nodes that the spelling was written as."""
        return self.is_as_written(self.got)

    @property
    def is_right_in_training(self):
        """The graph that is trained has them, too."""
        return self.expected == [] or self.is_as_written(self.trained, knows_steps=False)

    @property
    def is_equal(self):
        """All outputs that were compared are equal."""
        return self.compiled is not None and all(difference is None or difference <= TOLERANCE
                                                 for difference in (self.compiled, self.formula))

    @property
    def trains_equally(self):
        """The losses are those of the reference."""
        return self.losses is not None and self.losses <= TOLERANCE


def over_time(nodes):
    """The nodes that are not of one step."""
    return [node for node in nodes.split("[")[0].strip().split(", ") if node and not node.endswith("of one step")]


def difference(actual, expected):
    """The largest distance relative to the largest number; infinite where shapes differ or only one of two
    numbers is finite."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape:
        return np.inf
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    if np.any(~same & ~(np.isfinite(actual) & np.isfinite(expected))):
        return np.inf
    distances = np.abs(np.where(same, 0, actual - expected))
    finite = np.abs(expected[np.isfinite(expected)])
    return float(distances.max(initial=0) / max(finite.max(initial=0), 1e-30))


class Tool:
    """The binary, run on the files of one folder."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)

    def run(self, *arguments):
        """What it prints; its message as RuntimeError if it fails."""
        done = subprocess.run([self.binary, *map(str, arguments)], cwd=self.folder, capture_output=True,
                              text=True, timeout=120, check=False)
        if done.returncode != 0:
            lines = (done.stderr.strip() or f"ended with {done.returncode}").splitlines()
            raise RuntimeError(f"{arguments[0]}: {lines[-1]}")
        return done.stdout

    def outputs(self, inputs, *options):
        """The outputs of a run, by name; inputs are .npy files of this folder."""
        given = [part for name, file in inputs.items() for part in ("--input", f"{name}={file}")]
        self.run("run", "model.onnx", *given, "--reproducible", "--output", "outputs", "--format", "npz", *options)
        with np.load(self.folder / "outputs" / "outputs.npz") as archive:
            return dict(archive)

    def nodes(self):
        """The recurrent nodes that compiling makes, with leftovers in brackets."""
        self.run("compile", "model.onnx", "-o", "compiled.onnx")
        facts = json.loads(self.run("inspect", "compiled.onnx", "--json"))
        nodes = [f"{layer['op']} {layer['direction']}" + (" of one step" if layer["T"] == "1" else "")
                 for layer in facts["recurrent_layers"]]
        return summary_of(nodes, facts["ops"])

    def nodes_in_training(self):
        """The recurrent nodes of the forward part of the graph that is trained."""
        self.run("backward", "model.onnx", "--loss", "mse", "-o", "backward.onnx")
        nodes, counts = [], collections.Counter()
        count_nodes(onnx.load(str(self.folder / "backward.onnx")).graph, nodes, counts)
        return summary_of(nodes, counts)


def count_nodes(graph, nodes, counts):
    """Adds the recurrent nodes and the numbers of all operators, those of sub-graphs, too."""
    for node in graph.node:
        kind = node.op_type.removesuffix("Training")
        counts[node.op_type] += 1
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        if kind in ("LSTM", "GRU", "RNN"):
            nodes.append(f"{kind} {attributes.get('direction', b'forward').decode()}")
        for value in attributes.values():
            if isinstance(value, onnx.GraphProto):
                count_nodes(value, nodes, counts)


def summary_of(nodes, counts):
    """The nodes in one line, with leftovers in brackets."""
    counted = sorted(nodes)
    if len(counted) > 4:
        counted = [f"{counted.count(node)} x {node}" for node in sorted(set(counted))]
    left = [f"{count} {op}" for op, count in sorted(counts.items()) if op in LEFTOVERS]
    return " ".join(part for part in (", ".join(counted), f"[{', '.join(left)}]" if left else "") if part)


def write_case(case, spelling, folder):
    """Writes model, inputs and source into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(case.model, str(folder / "model.onnx"))
    for name, array in case.inputs.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "source.txt").write_text(f"{spelling.note}\n\n{case.source}\n")


def scaled(inputs, scale):
    """The floating-point inputs times a number; for an infinite one, the first input with one infinity."""
    if np.isfinite(scale):
        return {name: array * np.float32(scale) if array.dtype == np.float32 else array
                for name, array in inputs.items()}
    copies = {name: array.copy() for name, array in inputs.items()}
    first = next(iter(copies.values()))
    first[tuple(extent // 2 for extent in first.shape)] = np.inf
    return copies


def check_outputs(tool, case, spelling, result):
    """Compares outputs compiled or not and with the formulas, for inputs of all scales."""
    names = [output.name for output in case.model.graph.output]
    result.compiled = 0.0
    for scale in spelling.scales:
        files = {}
        for name, array in scaled(case.inputs, scale).items():
            files[name] = f"scaled_{name}.npy"
            np.save(tool.folder / files[name], array)
        plain = tool.outputs(files, "--no-optimize")
        compiled = tool.outputs(files)
        worst = max(difference(compiled[name], plain[name]) for name in names)
        result.compiled = max(result.compiled, worst)
        if scale == 1 and case.outputs:
            result.formula = max(difference(compiled[name], expected)
                                 for name, expected in zip(names, case.outputs))


def batches_of(case, shape, scale):
    """Five batches: the numbers of the case's inputs in other orders, x times a number, and targets."""
    rng = np.random.default_rng(7)
    batches = []
    for _ in range(STEPS):
        batch = {name: rng.permuted(array) if array.dtype == np.float32 else array
                 for name, array in case.inputs.items()}
        if "x" in batch:
            batch["x"] = batch["x"] * np.float32(scale)
        batch["target"] = rng.normal(size=shape).astype(np.float32)
        batches.append(batch)
    return batches


def check_training(tool, case, result, scale):
    """Compares the losses of five steps with those of training the file's graph in double precision. What
    training in single precision is off is allowed four times."""
    with np.load(tool.folder / "outputs" / "outputs.npz") as archive:
        shape = archive[case.model.graph.output[0].name].shape
    batches, rate = batches_of(case, shape, scale), RATE / scale ** 2
    np.savez(tool.folder / "data.npz", **{name: np.stack([batch[name] for batch in batches])
                                          for name in batches[0]})
    tool.run("train", "model.onnx", "--data", "data.npz", "--loss", "mse", "--optimizer", "sgd", "--lr", rate,
             "--steps", STEPS, "--report", "report.npz", "-o", "trained.onnx")
    with np.load(tool.folder / "report.npz") as report:
        actual = [*report["losses"], report["loss_after_on_batch0"].item()]
        names = [key[len("final/"):] for key in report if key.startswith("final/")]
    expected = reference.losses_of_training(case.model, names, batches, rate)
    worst = largest_difference(actual, expected)
    if worst > TOLERANCE:
        in_float = reference.losses_of_training(case.model, names, batches, rate, torch.float32)
        worst = max(0.0, worst - 4 * largest_difference(in_float, expected))
    result.losses = max(result.losses or 0.0, worst)


def largest_difference(losses, expected):
    """Relative to the loss that is expected; infinite where one of these is not finite."""
    if not np.all(np.isfinite(expected)):
        return np.inf
    return max(abs(a - e) / max(abs(e), 1e-30) for a, e in zip(losses, expected))


def check(spelling, binary, keep=None, trains=True):
    """Builds a spelling and returns what there is to say about it; files stay in the folder `keep`."""
    result = Result(spelling.name, spelling.family, spelling.expected, spelling.also, note=spelling.note)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        try:
            case = spelling.build()
            result.is_built = True
            write_case(case, spelling, folder)
            tool = Tool(binary, folder)
            result.got = tool.nodes()
            check_outputs(tool, case, spelling, result)
            if trains:
                result.trained = tool.nodes_in_training()
                for scale in spelling.scales[:2]:
                    check_training(tool, case, result, scale)
        except Exception as error:  # One bad spelling must not end the survey.
            result.error = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        if keep:
            shutil.rmtree(pathlib.Path(keep) / spelling.name, ignore_errors=True)
            shutil.copytree(folder, pathlib.Path(keep) / spelling.name,
                            ignore=shutil.ignore_patterns("outputs", "scaled_*", "trained.onnx"))
    return result
