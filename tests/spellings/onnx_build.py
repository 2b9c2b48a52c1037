"""Builds spellings as ONNX graphs from choices: inputs, initial states, layers and directions, outputs."""

import copy

import numpy as np

import torch_build
from onnx_products import WHOLE, columns
from onnx_time import Run
from onnx_writer import FLOAT, INT64, GraphWriter
from spelling import Case, generator_of


def written_layer(layer, choice):
    """The layer whose numbers stand in the file: 1 is added to the sum of f in the graph."""
    if not choice["forget_bias"]:
        return layer
    layer = copy.deepcopy(layer)
    layer.b["f"] = layer.b["f"] - 1
    return layer


class Model:
    """Writes the graph of a choice for layers[number][direction]."""

    def __init__(self, choice, layers):
        self.choice, self.layers = choice, layers
        self.w = GraphWriter(choice["opset"], choice["constants"], weights_inside=choice["weights_at"] == "inside")
        self.times, self.batch, self.width, self.hidden = torch_build.sizes_of(choice)
        self.open_batch = choice["dynamic"] != "no"

    def write(self):
        """The model."""
        w, choice = self.w, self.choice
        batch = "N" if self.open_batch else self.batch
        times = "T" if choice["dynamic"] == "all" else self.times
        is_batch_first = choice["layout"] == "batch"
        x = w.input("x", FLOAT, [batch, times, self.width] if is_batch_first else [times, batch, self.width])
        lengths = w.input("lengths", INT64, [batch]) if choice["mask"] else None
        axis = int(is_batch_first)
        if is_batch_first and choice["time_first"]:
            x, axis = w.add("Transpose", x, perm=[1, 0, 2]), 0
        firsts = [self.first_states(number, x, axis, batch) for number in range(self.count())]
        y, axis, finals = self.layers_over(x, axis, firsts, lengths)
        self.deliver(y, axis, finals, lengths)
        return w.model(choice["producer"])

    def count(self):
        """The number of layers times directions."""
        return sum(len(directions) for directions in self.layers)

    def first_states(self, number, x, axis, batch):
        """The initial states of one layer and direction."""
        w, how, states = self.w, self.choice["initial"], []
        for name in ("h", "c") if self.layers[0][0].kind == "LSTM" else ("h",):
            if how == "given":
                states.append(w.input(f"{name}0_{number}", FLOAT, [batch, self.hidden]))
            elif how == "constant":
                states.append(w.constant(np.zeros((self.batch, self.hidden))))
            elif how == "learned":
                row = w.weight(f"{name}_first_{number}", self.choice["first"][number][name])
                shape = w.concat(0, w.extent(x, 1 - axis), w.ints(self.hidden))
                states.append(w.add("Expand", row, shape))
            elif how == "expand":
                shape = w.concat(0, w.extent(x, 1 - axis), w.ints(self.hidden))
                states.append(w.add("Expand", w.constant(0.0), shape))
            elif how == "tile":
                states.append(w.add("Tile", w.constant(np.zeros((1, self.hidden))),
                                    w.concat(0, w.extent(x, 1 - axis), w.ints(1))))
            else:
                shape = w.concat(0, w.extent(x, 1 - axis), w.ints(self.hidden))
                states.append(w.add("ConstantOfShape", shape))
        return states

    def hoisted(self, x, layer, number):
        """The input's product of all steps at once."""
        w, gates = self.w, "".join(sorted(layer.gates, key=self.choice["order"].index))
        weights = np.stack([layer.W[gate] for gate in gates])
        product = w.add("MatMul", x, w.weight(f"W_{gates}_{number}", columns(weights)))
        if self.choice["bias"] not in ("one", "two", "some"):
            return product
        bias = np.concatenate([layer.b[gate] for gate in gates])
        return w.add("Add", product, w.weight(f"W_{gates}_{number}_bias", bias))

    def layers_over(self, x, axis, firsts, lengths):
        """All layers: the outputs, their time axis, and the last states."""
        w, finals, number = self.w, [], 0
        for directions in self.layers:
            is_last = directions is self.layers[-1]
            choice = self.choice if is_last or self.choice["collect"] != "last" else \
                {**self.choice, "collect": "scan" if self.choice["form"] == "loop" else "time"}
            ys = []
            for layer in directions:
                written = written_layer(layer, choice)
                run = Run(w, {**choice, "is_product": choice["hoist"]}, written, number,
                          (self.times, self.batch), layer.reverse)
                xs = self.hoisted(x, written, number) if choice["hoist"] else x
                if choice["backwards"] == "reverse_sequence":
                    xs = w.add("ReverseSequence", xs, lengths, time_axis=axis, batch_axis=1 - axis)
                    run.reverse = False
                y, states = run.run(xs, axis, firsts[number], lengths)
                finals.append(states)
                ys.append(y)
                number += 1
            out_axis = int(run.batch_first_output)
            if choice["collect"] == "last":
                ys = [final[0] for final in finals[-len(ys):]]
            y = ys[0] if len(ys) == 1 else w.concat(-1, *ys)
            x, axis = y, out_axis
        return x, axis, finals

    def deliver(self, y, axis, finals, lengths):
        """The chosen outputs."""
        w, choice = self.w, self.choice
        if choice["collect"] != "last" and choice["outputs"] == "last":
            place = w.add("Gather", y, w.constant(-1, np.int64), axis=axis)
            return w.deliver(place, "y")
        if choice["collect"] != "last":
            wanted = int(choice["out"] == "batch")
            if axis != wanted:
                y = w.add("Transpose", y, perm=[1, 0, 2])
        if choice["outputs"] == "head":
            y = w.add("Add", w.add("MatMul", y, w.weight("head", choice["head"].T)),
                      w.weight("head_bias", choice["head_bias"]))
        w.deliver(y, "y")
        if choice["outputs"] == "states":
            for number, states in enumerate(finals):
                for name, state in zip(("hn", "cn"), states):
                    w.deliver(state, f"{name}_{number}")
        return None


def expected_outputs(choice, layers, x, states, lengths):
    """The outputs in the model's order."""
    y, last, finals = torch_build.run_layers({**choice, "padding": "hold"}, layers, x, states, lengths)
    if choice["collect"] == "last":
        y = last
    elif choice["outputs"] == "last":
        return [y[-1]]
    elif choice["out"] == "batch":
        y = y.transpose(1, 0, 2)
    if choice["outputs"] == "head":
        y = y @ choice["head"].T + choice["head_bias"]
    outputs = [y]
    if choice["outputs"] == "states":
        for h, c in finals:
            outputs += [h, c] if choice["kind"] == "LSTM" else [h]
    return outputs


def build(choice):
    """The case of a choice."""
    rng = generator_of(choice["number"] + 1000)
    choice = {**choice, "merge": "cat"}
    layers = torch_build.make_layers({**choice, "bias": "one" if choice["bias"] == "last" else choice["bias"]}, rng)
    plain = {**choice, "mask": "table" if choice["mask"] else "no"}
    inputs, x, states, lengths = torch_build.inputs_of(plain, layers, rng)
    choice["first"] = plain.get("first")
    if choice["initial"] == "given":
        names = ["h", "c"][:2 if choice["kind"] == "LSTM" else 1]
        given = {f"{name}0_{number}": pair[place] for number, pair in enumerate(states)
                 for place, name in enumerate(names)}
        inputs = {**{name: array for name, array in inputs.items() if name in ("x", "lengths")}, **given}
    width = layers[-1][0].hidden * len(layers[-1])
    choice["head"], choice["head_bias"] = np.float32(rng.normal(size=(3, width))), np.float32(rng.normal(size=3))
    model = Model(choice, layers).write()
    order = [value.name for value in model.graph.input]
    return Case(model, {name: inputs[name] for name in order},
                expected_outputs(choice, layers, x, states, lengths))


def is_valid(choice):
    """True for choices that fit together."""
    form, product = choice["form"], choice["product"]
    is_loop, is_lstm = form == "loop", choice["kind"] == "LSTM"
    collects = {"unrolled": ("time", "batch"), "loop": ("scan", "scatter", "grow", "last"),
                "scan": ("time", "batch", "last")}[form]
    reads = {"unrolled": ("gather", "slice", "split"), "loop": ("gather", "slice", "wrapped"),
             "scan": ("gather",)}[form]
    hoistable = product in WHOLE and not choice["join"] and (choice["reset"] == "after" or choice["input_at_once"])
    return all((
        choice["collect"] in collects, choice["read"] in reads,
        choice["sums"] == "apart" or product in WHOLE,
        not choice["hoist"] or hoistable,
        choice["initial"] != "constant" or choice["dynamic"] == "no",
        choice["dynamic"] != "all" or form != "unrolled",
        not choice["opset"] < 12 or "einsum" not in product,
        is_lstm or not (choice["peepholes"] or choice["coupled"] or choice["forget_bias"]),
        not (choice["forget_bias"] and choice["bias"] in ("none", "state", "some")),
        choice["coupled"] != "f" or not choice["forget_bias"],
        not (choice["coupled"] and choice["coupled"] in choice["peepholes"]),
        choice["kind"] == "GRU" or not choice["update_takes_new"],
        choice["kind"] == "GRU" or choice["reset"] == "after",
        not (choice["kind"] == "GRU" and choice["bias"] == "last"),
        choice["outputs"] != "last" or choice["collect"] != "last",
        is_loop or choice["condition"] == "true",
        not (choice["clip"] and choice["forget_bias"]),
        choice["backwards"] != "reverse_sequence" or choice["collect"] == "last" and choice["mask"],
        choice["trip"] != "none" or choice["condition"] != "true",
        choice["trip"] != "many" or choice["condition"] != "true",
        choice["weights_at"] == "outside" or is_loop or form == "scan" and choice["weights_at"] == "inside",
    ))
