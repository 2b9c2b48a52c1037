"""Families of whole modules: tutorials and libraries, PyTorch's own cells and layers, single steps, odd extents.

What is said of a module in its text: `nodes` that it was written as, or "any", `parameters` and further `inputs`
with their shapes (keep holds the integers 1 to 4, or 1 to T), the shape of `x` if it is not [N,T,I], `unrolled
only`, and what the constructor makes behind `made`."""

import numpy as np
import torch

import texts
import torch_export
from spelling import Case, Spelling, generator_of

FILES = ["idioms_lstm.txt", "idioms_others.txt", "idioms_products.txt", "idioms_extents.txt", "idioms_cells.txt"]


def source_of(idiom):
    """The text of the module."""
    return "\n".join([
        "from typing import List", "import torch", "import torch.nn.functional as F", "",
        "class Spelled(torch.nn.Module):", "    def __init__(self):", "        super().__init__()",
        *(f"        {line}" for line in idiom.parts.get("made", "").splitlines()), "",
        f"    def forward(self, {', '.join(['x', *idiom.shapes('inputs')])}):",
        *(f"        {line}" for line in idiom.forward.splitlines())]) + "\n"


def build(idiom, scripted):
    """The case of a module."""
    name, text = idiom.name, source_of(idiom)
    rng = generator_of(sum(name.encode()))
    shape = [texts.extent_of(word) for word in idiom.said.get("x", "N T I").split()]
    inputs = {"x": np.float32(rng.normal(size=shape))}
    for label, shape in idiom.shapes("inputs").items():
        inputs[label] = rng.integers(1, 5, size=shape) if label == "keep" else np.float32(rng.normal(size=shape))
    parameters = {label: np.float32(rng.normal(size=shape) * 0.5)
                  for label, shape in idiom.shapes("parameters").items()}
    torch.manual_seed(sum(name.encode()))
    module = torch_export.make_module(text, parameters)
    arguments = [torch.tensor(array) for array in inputs.values()]
    results = module.double()(*[array.double() if array.is_floating_point() else array for array in arguments])
    results = results if isinstance(results, tuple) else (results,)
    opens_batch = len(name) % 3 == 0 and idiom.said.get("x", "N").startswith("N")
    model = torch_export.export(module.float(), inputs, ["y", "hn", "cn"][:len(results)],
                                {label: {0: "N"} for label in inputs} if opens_batch else {}, scripted, 14,
                                len(name) % 2 == 0)
    read = [value.name for value in model.graph.input]
    return Case(model, {label: array for label, array in inputs.items() if label in read},
                [result.detach().numpy() for result in results], text)


def spellings():
    """Each module in the ways that it allows."""
    return [Spelling(f"idiom_{kind}_{idiom.name}", f"idioms, {kind}",
                     lambda idiom=idiom, kind=kind: build(idiom, kind == "scripted"),
                     None if idiom.said["nodes"] == "any" else idiom.names("nodes"))
            for idiom, kind in texts.ways(FILES)]
