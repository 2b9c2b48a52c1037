"""Families of whole modules: tutorials and libraries, PyTorch's own cells and layers, single steps, other extents."""

import numpy as np
import torch

import torch_export
from idiom_texts import BLOG_LSTM, IDIOMS, LIST, LSTM, PACKED, STACK, ZEROS, Idiom, loop
from look_alikes import shape_of
from spelling import Case, Spelling, generator_of

CELLS = {"LSTM": ("LSTMCell", "h, c = self.cell(x[:, t], (h, c))"), "GRU": ("GRUCell", "h = self.cell(x[:, t], h)"),
         "RNN": ("RNNCell", "h = self.cell(x[:, t], h)")}
FIRST = {"LSTM": ZEROS, "GRU": "h = x.new_zeros([x.size(0), 6])\n", "RNN": "h = x.new_zeros([x.size(0), 6])\n"}


def cells():
    """Idioms of PyTorch's cells and layers."""
    found = {}
    for kind, (name, call) in CELLS.items():
        nodes, made = [f"{kind} forward"], f"self.cell = torch.nn.{name}(4, 6)\n"
        low = kind.lower()
        state = "(h, c)" if kind == "LSTM" else "h"
        found[f"cell_{low}"] = Idiom(FIRST[kind] + LIST + loop(call + "\nouts.append(h)") + STACK, nodes, {}, made)
        found[f"cell_without_bias_{low}"] = Idiom(FIRST[kind] + LIST + loop(call + "\nouts.append(h)") + STACK, nodes, {},
                                                  made.replace("6)", "6, bias=False)"))
        found[f"cell_backwards_{low}"] = Idiom(
            FIRST[kind] + LIST + loop(call + "\nouts.append(h)", "x.size(1) - 1, -1, -1")
            + "return torch.stack(outs[::-1], 1)\n", [f"{kind} reverse"], {}, made, scripted=False)
        found[f"single_cell_{low}"] = Idiom(
            call.replace("[:, t]", "").replace("h, c)", "h0, c0)").replace(", h)", ", h0)") + "\nreturn h\n",
            [f"{kind} forward of one step"] if kind != "RNN" else None, {}, made, {"h0": "N H", "c0": "N H"} if kind == "LSTM" else {"h0": "N H"},
            x="N I", scripted=False)
        found[f"cells_of_two_layers_{low}"] = Idiom(
            FIRST[kind] + FIRST[kind].replace("h", "k", 1).replace(", c =", ", d =") + LIST + loop(
                call + "\n" + call.replace("self.cell(x[:, t]", "self.upper(h").replace("h, c =", "k, d =")
                .replace("h =", "k =").replace("(h, c)", "(k, d)").replace(", h)", ", k)") + "\nouts.append(k)") + STACK,
            nodes * 2, {}, made + f"self.upper = torch.nn.{name}(6, 6)\n", scripted=False)
        layer = f"self.layer = torch.nn.{kind}(4, 6, batch_first=True)\n"
        found[f"layer_{low}"] = Idiom("return self.layer(x)[0]\n", nodes, {}, layer, scripted=False)
        found[f"layer_of_one_step_{low}"] = Idiom(
            FIRST[kind].replace("[x.size(0)", "[1, x.size(0)") + LIST + loop(
                f"y, {state} = self.layer(x[:, t:t + 1], {state})\nouts.append(y)") + "return torch.cat(outs, 1)\n",
            nodes, {}, layer, scripted=False)
        found[f"layers_in_both_directions_{low}"] = Idiom(
            "return self.layer(x)[0]\n", [f"{kind} bidirectional"] * 2, {},
            layer.replace("batch_first=True", "2, batch_first=True, bidirectional=True"), scripted=False)
        found[f"embedding_{low}"] = Idiom(
            FIRST[kind] + "e = self.table(keep)\n" + LIST + loop(call.replace("x[:, t]", "e[:, t]") + "\nouts.append(h)")
            + STACK, nodes, {}, made + "self.table = torch.nn.Embedding(9, 4)\n", {"keep": "N T"}, scripted=False)
        found[f"residual_layers_{low}"] = Idiom(
            "y, s = self.layer(x)\nz, s = self.upper(y)\nreturn y + z\n", nodes * 2, {}, layer
            + f"self.upper = torch.nn.{kind}(6, 6, batch_first=True)\n", scripted=False)
    return found


def variants():
    """The idioms of idiom_texts, and the blog's LSTM in other extents and types."""
    found = {**IDIOMS, **cells()}
    for name, extents in (("one_of_all", {"H": 1, "I": 1, "N": 1, "T": 5}), ("four_of_all", dict.fromkeys("HINT", 4)),
                          ("one_input", {"H": 6, "I": 1, "N": 3, "T": 5}), ("one_row", {"H": 6, "I": 4, "N": 1, "T": 5}),
                          ("two_steps", {"H": 6, "I": 4, "N": 3, "T": 2}), ("one_unit", {"H": 1, "I": 4, "N": 3, "T": 5})):
        size = extents["H"]
        body = BLOG_LSTM.replace(":6]", f":{size}]").replace("6:12", f"{size}:{2 * size}").replace(
            "12:18", f"{2 * size}:{3 * size}").replace("18:]", f"{3 * size}:]")
        text = ZEROS.replace("6]", f"{size}]") + LIST + loop(body) + STACK
        shapes = {label: " ".join(str((int(word[:-1] or 1)) * extents[word[-1]]) for word in shape.split())
                  for label, shape in PACKED.items()}
        found[f"{name}_lstm"] = Idiom(text, LSTM, shapes, x=f"{extents['N']} {extents['T']} {extents['I']}")
    return found


def extents_of(text):
    return [int(word) if word.isdigit() else shape_of(word)[0] for word in text.split()]


def build(name, idiom, scripted):
    rng = generator_of(sum(name.encode()))
    lines = ["from typing import List", "import torch", "import torch.nn.functional as F", "",
             "class Spelled(torch.nn.Module):", "    def __init__(self):", "        super().__init__()",
             *(f"        {line}" for line in idiom.made.splitlines()), "",
             f"    def forward(self, {', '.join(['x', *idiom.inputs])}):",
             *(f"        {line}" for line in idiom.forward.splitlines())]
    text = "\n".join(lines) + "\n"
    inputs = {"x": np.float32(rng.normal(size=extents_of(idiom.x)))}
    for label, shape in idiom.inputs.items():
        inputs[label] = rng.integers(1, 5, size=extents_of(shape)) if label == "keep" else \
            np.float32(rng.normal(size=extents_of(shape)))
    parameters = {label: np.float32(rng.normal(size=extents_of(shape)) * 0.5)
                  for label, shape in idiom.parameters.items()}
    torch.manual_seed(sum(name.encode()))
    module = torch_export.make_module(text, parameters)
    outputs = ["y", "hn", "cn"][:3 if "return torch.stack(outs, 1), h, c" in text else 1]
    dynamic = {label: {0: "N"} for label in inputs} if len(name) % 3 == 0 and idiom.x.startswith("N") else {}
    model = torch_export.export(module, inputs, outputs, dynamic, scripted, 14, len(name) % 2 == 0)
    arguments = [torch.tensor(array) for array in inputs.values()]
    results = module.double()(*[array.double() if array.is_floating_point() else array for array in arguments])
    results = results if isinstance(results, tuple) else (results,)
    names = [value.name for value in model.graph.input]
    return Case(model, {label: array for label, array in inputs.items() if label in names},
                [result.detach().numpy() for result in results], text)


def spellings():
    found = []
    for name, idiom in variants().items():
        for scripted in (False, True) if idiom.scripted else (False,):
            kind = "scripted" if scripted else "unrolled"
            found.append(Spelling(f"idiom_{kind}_{name}", f"idioms, {kind}",
                                  lambda name=name, idiom=idiom, scripted=scripted: build(name, idiom, scripted),
                                  idiom.nodes, also=idiom.also))
    return found


