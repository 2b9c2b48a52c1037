"""Families of cells written in PyTorch and unrolled by its exporter's tracing."""

import itertools

import torch_build
from formulas import GATES
from spelling import Spelling, combinations, note_of
from torch_products import PRODUCTS

# What most people write; each family replaces some axes by all that there is.
PLAIN = {
    "product": ["linear", "linear", "linear", "at", "matmul", "addmm"],
    "state_product": ["linear", "linear", "linear", "at", "matmul"],
    "packing": ["packed", "packed", "separate"], "join": ["no", "no", "no", "xh", "hx"],
    "join_order": [0, 1], "bias": ["one", "two", "two", "none"], "sums": ["whole", "apart"],
    "split": [0, 1, 2], "at_once": [False], "activation": [0, 1],
    "candidate_activation": [0, 1], "update": [0, 1, 2, 3],
    "activations": ["default"], "clip": [None], "coupled": [""], "peepholes": [""], "reset": ["after"],
    "update_takes_new": [False], "layers": [1], "nesting": ["apart"], "stacks": [False], "hoist": [False],
    "layout": ["time", "batch"], "out": ["time", "batch"], "read": ["index", "index", "select", "unbind"],
    "collect": ["stack", "stack", "cat", "last"], "direction": ["forward"], "backwards": ["list"],
    "time_index": ["down"], "merge": ["cat"], "initial": ["new", "zeros", "given"], "mask": ["no"],
    "padding": ["hold"], "outputs": ["y", "head", "states"], "dynamic": ["no", "no", "batch"],
    "opset": [11, 13, 14, 16, 17], "folding": [True, False],
}
ORDERS = {kind: ["".join(order) for order in itertools.permutations(gates)] for kind, gates in GATES.items()}
WIDE_PRODUCTS = {"product": list(PRODUCTS), "state_product": list(PRODUCTS), "split": range(12),
                 "packing": ["packed", "packed", "separate", "pairs", "candidate_apart"],
                 "sums": ["whole", "whole", "apart"], "bias": ["one", "two", "state", "none", "some"]}
WIDE_TIME = {"layout": ["time", "batch", "channel"], "out": ["time", "batch", "channel"],
             "read": ["index", "select", "unbind", "narrow", "split", "index_select", "slice", "moved"],
             "collect": ["stack", "cat", "moved", "assign", "grow", "last"], "hoist": [False, False, True],
             "initial": ["new", "zeros", "given", "learned", "full", "fixed", "one_row"]}
DIRECTIONS = {"direction": ["backward", "both"], "backwards": ["list", "flip", "front", "turned"],
              "time_index": ["down", "up"], "merge": ["cat", "cat", "sum"],
              "collect": ["stack", "cat", "assign", "last"]}
RESETS = {"GRU": {"reset": ["after", "before"], "update_takes_new": [False, False, True],
                  "update": range(10)}}
SPELLED_ACTIVATIONS = {"activation": range(11), "candidate_activation": range(8), "update": range(40)}

FAMILIES = [
    # name, kinds, count of each kind, what replaces the plain choices
    ("gates and weights", {"LSTM": 70, "GRU": 45, "RNN": 15}, WIDE_PRODUCTS),
    ("time and lists", {"LSTM": 35, "GRU": 25, "RNN": 10}, WIDE_TIME),
    ("directions", {"LSTM": 25, "GRU": 20, "RNN": 6}, DIRECTIONS),
    ("activations in parts", {"LSTM": 25, "GRU": 20, "RNN": 8}, SPELLED_ACTIVATIONS),
    ("other activations", {"LSTM": 25, "GRU": 15, "RNN": 15},
     {"activations": [name for name in torch_build.ACTIVATION_SETS if name != "default"],
      **SPELLED_ACTIVATIONS}),
    ("activations at once", {"LSTM": 12}, {"at_once": [True], "packing": ["packed"], "join": ["no"],
                                           "product": ["linear", "planes", "at", "baddbmm", "addmm"],
                                           "state_product": ["linear", "planes", "at", "bmm"],
                                           "sums": ["whole"], "activation": range(11)}),
    ("peepholes", {"LSTM": 16}, {"peepholes": ["ifo", "ifo", "if", "o"], **SPELLED_ACTIVATIONS}),
    ("coupled gates", {"LSTM": 20}, {"coupled": ["i", "f"], "peepholes": ["", "", "", "o"],
                                     **SPELLED_ACTIVATIONS}),
    ("clips", {"LSTM": 8, "GRU": 8, "RNN": 6}, {"clip": [0.5, 1.5], "update": range(8)}),
    ("two layers", {"LSTM": 20, "GRU": 14, "RNN": 6},
     {"layers": [2], "nesting": ["apart", "together"], "stacks": [False, True],
      "direction": ["forward", "forward", "both"], "packing": ["packed"]}),
    ("lengths", {"LSTM": 18, "GRU": 14, "RNN": 5},
     {"mask": ["table", "table_batch", "compare", "inverted", "negated"], "padding": ["hold", "zeros"],
      "direction": ["forward", "forward", "backward"], "backwards": ["list", "front"],
      "dynamic": ["no", "batch"]}),
    ("everything", {"LSTM": 30, "GRU": 25, "RNN": 10},
     {**WIDE_PRODUCTS, **WIDE_TIME, **SPELLED_ACTIVATIONS, "direction": ["forward", "backward", "both"],
      "layers": [1, 1, 2], "stacks": [False, True], "backwards": ["list", "flip", "front", "turned"]}),
]


def expected_nodes(choice):
    """The nodes that a choice was written as."""
    direction = {"forward": "forward", "backward": "reverse", "both": "bidirectional"}[choice["direction"]]
    return [f"{choice['kind']} {direction}"] * choice["layers"]


def other_nodes(choice):
    """Two directions whose outputs are added need not be one node."""
    if choice["direction"] != "both" or choice["merge"] == "cat":
        return None
    return [f"{choice['kind']} {direction}" for direction in ("forward", "reverse")] * choice["layers"]


def spelling_of(choice, family, name, scripted):
    """The spelling of a choice."""
    note = note_of({axis: value for axis, value in choice.items() if axis not in ("number", "kind")})
    return Spelling(name, family, lambda: torch_build.build(choice, scripted), expected_nodes(choice), note,
                    also=other_nodes(choice))


def family_spellings(prefix, families, plain, is_valid, scripted):
    """All spellings of a table of families."""
    found = []
    for seed, (family, kinds, changes) in enumerate(families):
        for kind, count in kinds.items():
            axes = {"kind": [kind], "order": ORDERS[kind], **plain, **RESETS.get(kind, {}), **changes}
            axes["update"] = list(axes["update"])
            short = family.replace(" ", "_")
            for number, choice in enumerate(combinations(axes, count, f"{prefix} {seed} {kind}", is_valid)):
                choice["number"] = number
                found.append(spelling_of(choice, f"{prefix}: {family}",
                                         f"{prefix}_{short}_{kind.lower()}_{number:02}", scripted))
    return found


def spellings():
    """The spellings of all families."""
    return family_spellings("torch", FAMILIES, PLAIN, torch_build.is_valid, scripted=False)
