"""Builds spellings of PyTorch from choices: layers, inputs, source, export, and what the formulas give."""

import numpy as np

import torch_export
import torch_products
import torch_sequences
from formulas import make_layer
from spelling import Case, generator_of

# T, N, I, H; by and by.
SIZES = [(5, 3, 4, 6), (4, 2, 7, 5), (6, 3, 5, 7)]
# Names of the activations of the gates, the candidate and an LSTM's output.
ACTIVATION_SETS = {
    "default": ("sigmoid", "tanh", "tanh"),
    "hard": ("hard_sigmoid", "tanh", "tanh"),
    "hard_sixth": ("hard_sigmoid_sixth", "tanh", "tanh"),
    "relu": ("sigmoid", "relu", "relu"),
    "softsign": ("sigmoid", "softsign", "softsign"),
    "scaled": ("sigmoid", "scaled_tanh", "scaled_tanh"),
    "hard_relu": ("hard_sigmoid", "relu", "tanh"),
    "linear_output": ("sigmoid", "tanh", "identity"),
    "elu": ("sigmoid", "elu", "tanh"),
    "leaky": ("sigmoid", "leaky_relu", "tanh"),
    "softplus": ("sigmoid", "softplus", "tanh"),
    "sigmoid_candidate": ("sigmoid", "sigmoid", "tanh"),
}


def sizes_of(choice):
    """T, N, I and H; stacked weights of two layers need inputs as wide as the states."""
    times, batch, width, hidden = SIZES[choice["number"] % len(SIZES)]
    return times, batch, hidden if choice["stacks"] and choice["layers"] == 2 else width, hidden


def make_layers(choice, rng):
    """layers[number][direction] of the choice."""
    _, _, width, hidden = sizes_of(choice)
    gate, candidate, output = ACTIVATION_SETS[choice["activations"]]
    layers = []
    for number in range(choice["layers"]):
        both = choice["direction"] == "both"
        inputs = width if number == 0 else hidden * (2 if both and choice["merge"] == "cat" else 1)
        settings = dict(gate=gate, candidate=candidate, output=output, clip=choice["clip"],
                        coupled=choice["coupled"], resets_after=choice["reset"] == "after",
                        update_takes_new=choice["update_takes_new"])
        layers.append([make_layer(rng, choice["kind"], inputs, hidden, choice["bias"], choice["peepholes"],
                                  reverse=reverse, **settings)
                       for reverse in {"forward": [False], "backward": [True], "both": [False, True]}
                       [choice["direction"]]])
    return layers


def run_layers(choice, layers, x, states, lengths):
    """What the formulas give: outputs [T,N,K] and the last states of all layers and directions."""
    finals, number, mask = [], 0, None
    if lengths is not None:
        mask = (np.arange(len(x))[:, None] < lengths)[:, :, None]
    for directions in layers:
        ys = []
        for layer in directions:
            h, c = states[number] if states else (None, None)
            y, h, c = layer.run(x, h, c, lengths)
            finals.append((h, c))
            ys.append(y * mask if lengths is not None and choice["padding"] == "zeros" else y)
            number += 1
        last = [final[0] for final in finals[-len(ys):]]
        both = sum if len(ys) == 1 or choice["merge"] == "sum" else lambda parts: np.concatenate(parts, -1)
        x, last = both(ys), both(last)
    return x, last, finals


def inputs_of(choice, layers, rng):
    """The model's inputs by name, and what the formulas take: x [T,N,I], states, lengths."""
    times, batch, width, hidden = sizes_of(choice)
    x = np.float32(rng.normal(size=(times, batch, width)))
    inputs = {"x": np.ascontiguousarray(x.transpose(torch_sequences.INVERSE[choice["layout"]]))}
    count = sum(len(directions) for directions in layers)
    states = None
    if choice["initial"] in ("given", "learned"):
        states = [(np.float32(rng.normal(size=(batch, hidden))), np.float32(rng.normal(size=(batch, hidden))))
                  for _ in range(count)]
    if choice["initial"] == "given":
        for place, name in enumerate(["h0", "c0"] if choice["kind"] == "LSTM" else ["h0"]):
            parts = [pair[place] for pair in states]
            inputs[name] = np.stack(parts) if count > 1 else parts[0]
    if choice["initial"] == "learned":
        states = [tuple(state[:1] for state in pair) for pair in states]
        choice["first"] = [{"h": h[0], "c": c[0]} for h, c in states]
        states = [tuple(np.repeat(state, batch, 0) for state in pair) for pair in states]
    lengths = None
    if choice["mask"] != "no":
        lengths = np.array([times, 1, times - 2][:batch] if choice["number"] % 2 else [2, times, 3][:batch])
        inputs["lengths"] = lengths
    return inputs, x, states, lengths


def expected_outputs(choice, layers, x, states, lengths):
    """The outputs in the model's order."""
    y, last, finals = run_layers(choice, layers, x, states, lengths)
    y = last if choice["collect"] == "last" else y.transpose(torch_sequences.INVERSE[choice["out"]])
    if choice["outputs"] == "head":
        y = y @ choice["head"].T
    outputs = [y]
    if choice["outputs"] == "states":
        for kind in (0, 1) if choice["kind"] == "LSTM" else (0,):
            parts = [final[kind] for final in finals]
            outputs.append(np.stack(parts) if len(parts) > 1 else parts[0])
    return outputs


def dynamic_axes(choice, inputs):
    """Names of the open axes by input."""
    if choice["dynamic"] == "no":
        return {}
    open_time = choice["dynamic"] == "all"
    axes = {torch_sequences.BATCH_AXIS[choice["layout"]]: "N"}
    if open_time:
        axes[torch_sequences.TIME_AXIS[choice["layout"]]] = "T"
    named = {"x": axes}
    for name in inputs:
        if name != "x":
            named[name] = {inputs[name].ndim - 2 if name != "lengths" else 0: "N"}
    return named


def build(choice, scripted):
    """The case of a choice."""
    rng = generator_of(choice["number"])
    choice = {**choice, "batch": sizes_of(choice)[1]}
    layers = make_layers(choice, rng)
    inputs, x, states, lengths = inputs_of(choice, layers, rng)
    last_width = layers[-1][0].hidden * (2 if choice["direction"] == "both" and choice["merge"] == "cat" else 1)
    choice["head"] = np.float32(rng.normal(size=(3, last_width)))
    text, parameters = torch_sequences.Writer(choice, layers).write()
    module = torch_export.make_module(text, parameters)
    outputs = ["y"] if choice["outputs"] != "states" else ["y", "hn", "cn"][:3 if choice["kind"] == "LSTM" else 2]
    model = torch_export.export(module, inputs, outputs, dynamic_axes(choice, inputs), scripted,
                                choice["opset"], choice["folding"])
    return Case(model, inputs, expected_outputs(choice, layers, x, states, lengths), text)


def is_valid(choice):
    """True for choices that fit together."""
    product, other = (torch_products.PRODUCTS[choice[key]] for key in ("product", "state_product"))
    whole = choice["sums"] == "whole"
    is_lstm = choice["kind"] == "LSTM"
    hoistable = (choice["packing"] == "packed" and choice["join"] == "no" and product.any_rank
                 and product.form == "columns" and choice["nesting"] == "apart")
    at_once = (is_lstm and choice["packing"] == "packed" and choice["join"] == "no" and whole
               and "g" in (choice["order"][0], choice["order"][-1]) and product.form in ("columns", "planes")
               and not (choice["peepholes"] or choice["coupled"] or choice["clip"]))
    einsum = any("einsum" in choice[key] for key in ("product", "state_product"))
    together = choice["layers"] == 2 and choice["direction"] == "forward"
    one_row = choice["join"] == "no" and choice["update"] % 8 != 5 and choice["update"] % 10 != 9
    return all((
        not whole or product.form == other.form,
        not einsum or choice["opset"] > 11,
        hoistable or not choice["hoist"],
        at_once or not choice["at_once"],
        together or choice["nesting"] == "apart",
        not choice["stacks"] or choice["layers"] == 1 or choice["direction"] != "both",
        one_row or choice["initial"] != "one_row",
        choice["initial"] != "fixed" or choice["dynamic"] == "no",
        not (choice["mask"] != "no" and (choice["backwards"] == "flip" or choice["dynamic"] == "all")),
        not (choice["collect"] == "last" and choice["padding"] == "zeros"),
        choice["outputs"] != "head" or choice["out"] != "channel" or choice["collect"] == "last",
        is_lstm or not (choice["peepholes"] or choice["coupled"]),
        not (choice["coupled"] and choice["coupled"] in choice["peepholes"]),
        choice["kind"] == "GRU" or not choice["update_takes_new"],
        choice["kind"] == "GRU" or choice["reset"] == "after",
    ))
