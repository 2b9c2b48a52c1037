"""Look-alikes: modules of PyTorch whose steps resemble LSTM, GRU and RNN. They must compute and train the same
compiled or not, and become no node over time but where some of their steps are one.

What is said of a step in its text: `parameters` and further `inputs` with their shapes, `becomes` if it may become
nodes over time, `state` if h is not as wide as H, and `unrolled only`. The inputs called keep are zeros and ones,
the others numbers between 0 and 2."""

import numpy as np
import torch

import texts
import torch_export
from spelling import Case, Spelling, generator_of

FILES = ["look_alikes_lstm.txt", "look_alikes_lstm_bounds.txt", "look_alikes_gru.txt", "look_alikes_rnn.txt"]
# Factors of all floating-point inputs: what acts only far out must act. The last one: one infinite number.
SCALES = (1.0, 30.0, 1000.0, float("inf"))


def source_of(step):
    """The text of a module that runs the step over x [N,T,I] and returns all h [N,T,H]."""
    inputs = ["xs", *step.shapes("inputs")]
    width = texts.extent_of(step.said.get("state", "H"))
    lines = ["from typing import List", "import torch", "import torch.nn.functional as F", "",
             "class Spelled(torch.nn.Module):", f"    def forward(self, {', '.join(inputs)}):",
             f"        h = xs.new_zeros([xs.size(0), {width}])",
             f"        c = xs.new_zeros([xs.size(0), {texts.EXTENTS['H']}])",
             "        outs: List[torch.Tensor] = []", "        for t in range(xs.size(1)):",
             "            x = xs[:, t]", *(f"            {line}" for line in step.forward.splitlines()),
             "            outs.append(h)", "        return torch.stack(outs, 1)"]
    return "\n".join(lines) + "\n"


def build(step, scripted):
    """The case of a step; what it should deliver is what PyTorch computes in double precision."""
    name = step.name
    rng = generator_of(sum(name.encode()))
    extents = texts.EXTENTS
    inputs = {"x": np.float32(rng.normal(size=[extents["N"], extents["T"], extents["I"]]))}
    for label, shape in step.shapes("inputs").items():
        inputs[label] = np.float32(rng.integers(0, 2, size=shape) if label == "keep" else rng.random(shape) * 2)
    parameters = {label: np.float32(rng.normal(size=shape) * 0.6)
                  for label, shape in step.shapes("parameters").items()}
    text = source_of(step)
    module = torch_export.make_module(text, parameters)
    dynamic = {"x": {0: "N"}} if len(name) % 3 == 0 and len(inputs) == 1 else {}
    model = torch_export.export(module, inputs, ["y"], dynamic, scripted, 14, True)
    kind = torch.float32 if "half" in step.forward else torch.float64
    y = module.to(kind)(*[torch.tensor(array).to(kind) for array in inputs.values()])
    return Case(model, inputs, [y.detach().numpy()], text)


def spellings():
    """Each step in the ways that it allows."""
    return [Spelling(f"alike_{kind}_{step.name}", f"look-alikes, {kind}",
                     lambda step=step, kind=kind: build(step, kind == "scripted"),
                     None if "becomes" in step.said else [], scales=SCALES)
            for step, kind in texts.ways(FILES)]
