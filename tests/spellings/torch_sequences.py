"""Modules of PyTorch that run steps over time, as source text from choices.

The text is the same whether it is traced, which unrolls the loops, or scripted, which keeps them."""

import dataclasses

import numpy as np

import torch_products
import torch_steps
from torch_products import Source

TIME_AXIS = {"time": 0, "batch": 1, "channel": 2}
BATCH_AXIS = {"time": 1, "batch": 0, "channel": 0}
# From any layout to time-major rows and back.
PERMUTATION = {"time": (0, 1, 2), "batch": (1, 0, 2), "channel": (2, 0, 1)}
INVERSE = {"time": (0, 1, 2), "batch": (1, 0, 2), "channel": (1, 2, 0)}
INDEX = {0: "{x}[{t}]", 1: "{x}[:, {t}]", 2: "{x}[:, :, {t}]"}
RANGE = {0: "{x}[{t}:{t} + 1]", 1: "{x}[:, {t}:{t} + 1]", 2: "{x}[:, :, {t}:{t} + 1]"}


@dataclasses.dataclass
class Sequence:
    """A sequence [T,N,K] of which the time axis lies at `axis`; `rows` reads one step, {x} and {t}."""

    name: str
    axis: int
    rows: str


class Writer:
    """Writes `forward` of a module for layers[number][direction], each a formulas.Layer."""

    def __init__(self, choice, layers):
        self.choice, self.layers = choice, layers
        self.source = Source(choice.get("stacks", False))
        self.finals = []

    # -- Sequences ------------------------------------------------------------------------------

    def read_by(self, name, layout):
        """The sequence `name` of that layout, with the chosen way to read a step."""
        how, axis = self.choice["read"], TIME_AXIS[layout]
        if how == "moved" and axis > 0:
            name = self.source.let("xs", f"{name}.permute({PERMUTATION[layout]})")
            axis = 0
        if how in ("unbind", "split"):
            text = f"{name}.unbind({axis})" if how == "unbind" else f"{name}.split(1, {axis})"
            steps = self.source.let("steps", text)
            return Sequence(name, axis, f"{steps}[{{t}}]" + ("" if how == "unbind" else f".squeeze({axis})"))
        texts = {"select": f"{{x}}.select({axis}, {{t}})",
                 "narrow": f"{{x}}.narrow({axis}, {{t}}, 1).squeeze({axis})",
                 "index_select": f"{{x}}.index_select({axis}, torch.tensor([{{t}}])).squeeze({axis})",
                 "slice": f"{RANGE[axis]}.squeeze({axis})"}
        return Sequence(name, axis, texts.get(how, INDEX[axis]).replace("{x}", name))

    def hoisted(self, layer, number, name, layout):
        """The input's product of all steps at once, as a sequence; rows must be its last axis."""
        sums = torch_steps.Sums(self.source, self.choice, layer, number)
        if layout == "channel":
            name, layout = self.source.let("rows", f"{name}.transpose(1, 2)"), "batch"
        group, = torch_steps.groups_of(self.choice, layer.gates)
        return self.read_by(sums.of_input(name, group), layout)

    # -- States ---------------------------------------------------------------------------------

    def initial(self, label, number):
        """The initial state of one layer and direction."""
        how, hidden = self.choice["initial"], self.layers[0][0].hidden
        batch = f"x.size({BATCH_AXIS[self.choice['layout']]})"
        if how == "given":
            return self.source.let(label, f"{label}0[{number}]" if self.many() else f"{label}0")
        if how == "learned":
            text = self.source.parameter(f"{label}_first", number, self.choice["first"][number][label])
            return self.source.let(label, f"{text}.expand({batch}, {hidden})")
        if how == "fixed":
            return self.source.let(label, f"torch.zeros({self.choice['batch']}, {hidden})")
        text = {"new": f"x.new_zeros([{batch}, {hidden}])", "zeros": f"torch.zeros({batch}, {hidden})",
                "full": f"torch.full([{batch}, {hidden}], 0.0)", "one_row": f"torch.zeros(1, {hidden})"}[how]
        return self.source.let(label, text)

    def many(self):
        """There is more than one layer or direction."""
        return len(self.layers) * len(self.layers[0]) > 1

    # -- Steps over time ------------------------------------------------------------------------

    def masked(self, t, new, old):
        """`new` where the sequence has a step t, else `old`."""
        how = self.choice["mask"]
        if how == "no":
            return new
        if how == "table":
            mask = f"mask[{t}].unsqueeze(1)"
        elif how == "table_batch":
            mask = f"mask.t()[:, {t}].unsqueeze(1)"
        elif how == "inverted":
            return self.source.let("kept", f"torch.where((lengths <= {t}).unsqueeze(1), {old}, {new})")
        elif how == "negated":
            mask = f"~({t} >= lengths).view(-1, 1)"
        else:
            mask = f"(lengths > {t}).unsqueeze(1)"
        return self.source.let("kept", f"torch.where({mask}, {new}, {old})")

    def step(self, layer, number, x, states, is_product=False):
        """Lines for one masked step; returns what the step delivers. The states get new values."""
        h, c = states
        choice = {**self.choice, "is_product": is_product}
        new_h, new_c = torch_steps.STEPS[layer.kind](self.source, choice, layer, number, x, h, c)
        kept = self.masked("t", new_h, h)
        delivered = kept
        if choice["mask"] != "no" and choice["padding"] == "zeros":
            delivered = self.masked("t", new_h, f"torch.zeros_like({new_h})")
        if layer.kind == "LSTM":
            self.source.add(f"{c} = {self.masked('t', new_c, c)}")
        self.source.add(f"{h} = {kept}")
        return delivered

    def over_time(self, layer, number, sequence, is_product, reverse):
        """Lines for a loop over time; returns the outputs' name, time-major or of the chosen layout."""
        source, choice = self.source, self.choice
        h = self.initial("h", number)
        c = self.initial("c", number) if layer.kind == "LSTM" else "none"
        collect = Collector(source, choice, self.steps(), layer.hidden)
        collect.begin()
        self.begin_loop(reverse)
        x = source.let("x_t", sequence.rows.format(t="t"))
        collect.add(self.step(layer, number, x, (h, c), is_product), reverse)
        self.end_loop(reverse)
        self.finals.append((h, c))
        return h if choice["collect"] == "last" else collect.end(reverse)

    def begin_loop(self, reverse):
        """The head of a loop in which t is the place in the sequence."""
        add, steps = self.source.add, self.steps()
        if self.choice.get("loop") == "while":
            add(f"t = {steps} - 1" if reverse else "t = 0")
            add("while t >= 0:" if reverse else f"while t < {steps}:")
        elif reverse and self.choice["time_index"] == "down":
            add(f"for t in range({steps} - 1, -1, -1):")
        else:
            add(f"for {'k' if reverse else 't'} in range({steps}):")
        self.source.indent(1)
        if reverse and self.choice["time_index"] == "up" and self.choice.get("loop") != "while":
            add(f"t = {steps} - 1 - k")

    def end_loop(self, reverse):
        """The end of the loop."""
        if self.choice.get("loop") == "while":
            self.source.add("t = t - 1" if reverse else "t = t + 1")
        self.source.indent(-1)

    def steps(self):
        """The text of the number of time steps."""
        return f"x.size({TIME_AXIS[self.choice['layout']]})"

    def direction(self, layer, number, name, layout):
        """Lines for one direction of a layer; returns its outputs."""
        choice, source = self.choice, self.source
        flips = layer.reverse and choice["backwards"] == "flip"
        axis = TIME_AXIS[layout]
        if flips:
            name = source.let("flipped", f"{name}.flip([{axis}])" if choice["update"] % 2 else
                              f"torch.flip({name}, dims=[{axis}])")
        sequence = self.hoisted(layer, number, name, layout) if choice["hoist"] else self.read_by(name, layout)
        y = self.over_time(layer, number, sequence, choice["hoist"], layer.reverse and not flips)
        if flips and choice["collect"] != "last":
            y = source.let("y", f"torch.flip({y}, [{TIME_AXIS[choice['out']]}])")
        return y

    def stacked_layers(self):
        """Lines for one layer after the other; returns the last one's outputs."""
        name, layout, whole = "x", self.choice["layout"], self.choice
        number = 0
        for directions in self.layers:
            ys = []
            is_last = directions is self.layers[-1]
            choice = self.choice = whole if is_last or whole["collect"] != "last" else \
                {**whole, "collect": "stack"}
            for layer in directions:
                ys.append(self.direction(layer, number, name, layout))
                number += 1
            name = ys[0]
            if len(ys) == 2:
                last = choice["collect"] == "last"
                axis = 1 if last else {"time": 2, "batch": 2, "channel": 1}[choice["out"]]
                joined = f"{ys[0]} + {ys[1]}" if choice["merge"] == "sum" else \
                    f"torch.cat([{ys[0]}, {ys[1]}], {axis})"
                name = self.source.let("y", joined)
            layout = choice["out"]
        return name

    def layers_together(self):
        """Lines for one loop over time, in each step of which all layers make one."""
        source, choice = self.source, self.choice
        states = []
        for number, (layer,) in enumerate(self.layers):
            states.append((self.initial("h", number),
                           self.initial("c", number) if layer.kind == "LSTM" else "none"))
        sequence = self.read_by("x", choice["layout"])
        collect = Collector(source, choice, self.steps(), self.layers[0][0].hidden)
        collect.begin()
        self.begin_loop(False)
        x = source.let("x_t", sequence.rows.format(t="t"))
        for number, (layer,) in enumerate(self.layers):
            x = self.step(layer, number, x, states[number])
        collect.add(x, False)
        self.end_loop(False)
        self.finals = states
        return states[-1][0] if choice["collect"] == "last" else collect.end(False)

    def write(self):
        """The text of the class, and its parameters."""
        source, choice = self.source, self.choice
        if choice["mask"].startswith("table"):
            source.add(f"mask = torch.arange({self.steps()}).unsqueeze(1) < lengths.unsqueeze(0)")
        y = self.layers_together() if choice["nesting"] == "together" else self.stacked_layers()
        self.deliver(y)
        return "\n".join([*self.head(), *source.lines]) + "\n", source.parameters

    def head(self):
        """The lines above the body of forward."""
        has_cell = self.layers[0][0].kind == "LSTM"
        arguments = ["self", "x"]
        if choice_given(self.choice):
            arguments += ["h0", "c0"] if has_cell else ["h0"]
        if self.choice["mask"] != "no":
            arguments.append("lengths")
        return ["from typing import List", "import torch", "import torch.nn.functional as F", "",
                "class Spelled(torch.nn.Module):", f"    def forward({', '.join(arguments)}):"]

    def deliver(self, y):
        """The line that returns the chosen outputs."""
        source, choice = self.source, self.choice
        if choice["outputs"] == "head":
            weight = source.parameter("head", 0, choice["head"])
            y = source.let("y", f"F.linear({y}, {weight})")
        if choice["outputs"] != "states":
            return source.add(f"return {y}")
        for kind in (0, 1) if self.layers[0][0].kind == "LSTM" else (0,):
            names = [final[kind] for final in self.finals]
            y += ", " + (f"torch.stack([{', '.join(names)}])" if self.many() else names[0])
        return source.add(f"return {y}")


def choice_given(choice):
    """The states are inputs."""
    return choice["initial"] == "given"


class Collector:
    """Lines that collect what the steps deliver."""

    def __init__(self, source, choice, steps, hidden):
        self.source, self.choice, self.steps = source, choice, steps
        self.axis = TIME_AXIS[choice["out"]]
        self.batch = f"x.size({BATCH_AXIS[choice['layout']]})"
        self.hidden = hidden
        self.y = self.source.fresh("outs")

    def extents(self, steps):
        """The extents of outputs of so many steps."""
        return {0: f"[{steps}, {self.batch}, {self.hidden}]", 1: f"[{self.batch}, {steps}, {self.hidden}]",
                2: f"[{self.batch}, {self.hidden}, {steps}]"}[self.axis]

    def begin(self):
        """The line in front of the loop."""
        how = self.choice["collect"]
        if how in ("stack", "cat", "moved"):
            self.source.add(f"{self.y}: List[torch.Tensor] = []")
        elif how == "assign":
            self.source.add(f"{self.y} = x.new_zeros({self.extents(self.steps)})")
        elif how == "grow":
            self.source.add(f"{self.y} = x.new_zeros({self.extents(0)})")

    def add(self, h, reverse):
        """The line in the loop that keeps what a step delivers."""
        how, y, axis = self.choice["collect"], self.y, self.axis
        front = reverse and self.choice["backwards"] == "front"
        if how in ("stack", "cat", "moved"):
            row = h if how != "cat" else f"{h}.unsqueeze({axis})"
            self.source.add(f"{y}.insert(0, {row})" if front else f"{y}.append({row})")
        elif how == "assign":
            self.source.add(f"{INDEX[axis].format(x=y, t='t')} = {h}")
        elif how == "grow":
            row = f"{h}.unsqueeze({axis})"
            both = f"{row}, {y}" if reverse else f"{y}, {row}"
            self.source.add(f"{y} = torch.cat([{both}], {axis})")

    def end(self, reverse):
        """The line behind the loop; returns the name of the outputs."""
        how, y, axis = self.choice["collect"], self.y, self.axis
        if how not in ("stack", "cat", "moved"):
            return y
        turned = reverse and self.choice["backwards"] != "front"
        if turned and self.choice["backwards"] == "list":
            y = f"{y}[::-1]"
            turned = False
        joined = {"stack": f"torch.stack({y}, {axis})", "cat": f"torch.cat({y}, {axis})",
                  "moved": f"torch.stack({y}).permute({INVERSE[self.choice['out']]})"}[how]
        return self.source.let("y", f"torch.flip({joined}, [{axis}])" if turned else joined)
