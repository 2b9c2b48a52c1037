"""Look-alikes: modules of PyTorch whose steps resemble LSTM, GRU and RNN. They must compute and train the same
compiled or not, and become no node over time but where it is one."""

import numpy as np
import torch

import torch_export
from look_alike_others import OTHER_STEPS
from look_alike_steps import LSTM_STEPS
from spelling import Case, Spelling, generator_of

EXTENTS = {"T": 5, "N": 3, "I": 4, "H": 6, "P": 2, "1": 1}
# Factors of all floating-point inputs: what acts only far out must act. The last one: one infinite number.
SCALES = (1.0, 30.0, 1000.0, float("inf"))


def shape_of(text):
    """The extents of "4H I"."""
    return [int(word[:-1] or 1) * EXTENTS[word[-1]] for word in text.split()]


def source_of(step):
    """The text of a module that runs the step over x [N,T,I] and returns all h [N,T,H]."""
    state = "h = x.new_zeros([x.size(0), {}])"
    lines = ["from typing import List", "import torch", "import torch.nn.functional as F", "",
             "class Spelled(torch.nn.Module):", f"    def forward(self, {', '.join(['xs', *step.inputs])}):",
             f"        {state.format(EXTENTS[step.width]).replace('x.', 'xs.')}",
             f"        {state.format(EXTENTS['H']).replace('x.', 'xs.').replace('h =', 'c =')}",
             "        outs: List[torch.Tensor] = []", "        for t in range(xs.size(1)):",
             "            x = xs[:, t]"]
    lines += [f"            {line}" for line in step.text.splitlines()]
    return "\n".join([*lines, "            outs.append(h)", "        return torch.stack(outs, 1)"]) + "\n"


def build(name, step, scripted):
    rng = generator_of(sum(name.encode()))
    inputs = {"x": np.float32(rng.normal(size=shape_of("N T I")))}
    for label, text in step.inputs.items():
        numbers = rng.integers(0, 2, size=shape_of(text)) if label == "keep" else rng.random(shape_of(text)) * 2
        inputs[label] = np.float32(numbers)
    parameters = {label: np.float32(rng.normal(size=shape_of(text)) * 0.6)
                  for label, text in step.parameters.items()}
    text = source_of(step)
    module = torch_export.make_module(text, parameters)
    model = torch_export.export(module, inputs, ["y"], {"x": {0: "N"}} if len(name) % 3 == 0 and not step.inputs
                                else {}, scripted, 14, True)
    arguments = [torch.tensor(array) for array in inputs.values()]
    precise = module.double()(*[argument.double() for argument in arguments]) if "half" not in step.text \
        else module.float()(*arguments)
    return Case(model, inputs, [precise.detach().numpy()], text)


def spellings():
    found = []
    for name, step in {**LSTM_STEPS, **OTHER_STEPS}.items():
        for scripted in (False, True):
            if scripted and step.traced_only:
                continue
            kind = "scripted" if scripted else "unrolled"
            found.append(Spelling(f"alike_{kind}_{name}", f"look-alikes, {kind}",
                                  lambda name=name, step=step, scripted=scripted: build(name, step, scripted),
                                  None if step.nodes else [], scales=SCALES))
    return found
