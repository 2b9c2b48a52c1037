"""Families of cells written in PyTorch and scripted, so that the loops over time stay loops."""

import torch_build
from torch_cells import PLAIN, SPELLED_ACTIVATIONS, WIDE_PRODUCTS, family_spellings

SCRIPTED = {
    **PLAIN, "loop": ["for", "for", "while"], "backwards": ["turned"], "dynamic": ["no", "batch", "all", "all"],
    "collect": ["stack", "stack", "cat", "last", "assign", "grow"], "opset": [13, 14, 16, 17],
}
TIME = {"layout": ["time", "batch", "channel"], "out": ["time", "batch", "channel"],
        "read": ["index", "select", "unbind", "narrow", "split", "slice", "moved"],
        "collect": ["stack", "cat", "moved", "assign", "grow", "last"], "hoist": [False, False, True],
        "initial": ["new", "zeros", "given", "learned", "full", "fixed"]}
BACKWARDS = {"direction": ["backward", "both"], "backwards": ["flip", "front", "turned"],
             "time_index": ["down", "up"], "merge": ["cat", "cat", "sum"],
             "collect": ["stack", "cat", "assign", "grow", "last"]}

FAMILIES = [
    ("gates and weights", {"LSTM": 30, "GRU": 20, "RNN": 6}, WIDE_PRODUCTS),
    ("time and lists", {"LSTM": 25, "GRU": 15, "RNN": 6}, TIME),
    ("directions", {"LSTM": 12, "GRU": 10, "RNN": 4}, BACKWARDS),
    ("activations and updates", {"LSTM": 10, "GRU": 8, "RNN": 3},
     {"activations": list(torch_build.ACTIVATION_SETS), **SPELLED_ACTIVATIONS}),
    ("peepholes and coupled gates", {"LSTM": 8},
     {"peepholes": ["", "ifo", "o"], "coupled": ["", "i", "f"], **SPELLED_ACTIVATIONS}),
    ("two layers", {"LSTM": 8, "GRU": 6, "RNN": 2},
     {"layers": [2], "nesting": ["apart", "together"], "direction": ["forward", "forward", "both"]}),
    ("lengths", {"LSTM": 8, "GRU": 6, "RNN": 2},
     {"mask": ["table", "table_batch", "compare", "inverted", "negated"], "padding": ["hold", "zeros"],
      "direction": ["forward", "forward", "backward"]}),
]


def is_valid(choice):
    """True for choices that fit together and that TorchScript takes."""
    open_time = {**choice, "dynamic": "batch"} if choice["mask"] != "no" else choice
    return torch_build.is_valid(open_time) and choice["initial"] != "one_row"


def spellings():
    """The spellings of all families."""
    return family_spellings("scripted", FAMILIES, SCRIPTED, is_valid, scripted=True)
