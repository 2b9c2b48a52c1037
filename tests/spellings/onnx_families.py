"""What the families that are built as ONNX graphs share: axes, and spellings of a table of presets."""

import itertools

import onnx_build
from formulas import GATES
from spelling import Spelling, combinations, note_of
from torch_build import ACTIVATION_SETS

ORDERS = {kind: ["".join(order) for order in itertools.permutations(gates)] for kind, gates in GATES.items()}
LOOP = {"form": ["loop"], "read": ["gather", "slice", "wrapped"], "collect": ["scan", "scan", "last"],
        "counter": ["iteration", "int32", "int64"], "condition": ["true", "less", "both"],
        "trip": ["extent", "many", "none"], "carry_order": [("t", "h", "c", "ys"), ("h", "c", "t", "ys"),
                                                             ("c", "h", "ys", "t"), ("t", "ys", "h", "c")],
        "backwards": ["index", "slice"], "dynamic": ["no", "batch", "all"]}
SCAN = {"form": ["scan"], "read": ["gather"], "collect": ["time", "batch", "last"], "condition": ["true"],
        "trip": ["extent"], "dynamic": ["no", "batch", "all"]}
UNROLLED = {"form": ["unrolled"], "read": ["gather", "slice", "split"], "collect": ["time", "batch"],
            "condition": ["true"], "trip": ["extent"], "dynamic": ["no", "no", "batch"]}
ANY = {
    "product": ["matmul"], "join": [False], "bias": ["one", "two", "none"], "sums": ["whole", "apart"],
    "split": ["split", "slices"], "state_first": [False, True], "activation": [0], "candidate_activation": [0],
    "update": [0, 1, 2], "activations": ["default"], "clip": [None], "coupled": [""], "peepholes": [""],
    "reset": ["after"],
    "update_takes_new": [False], "forget_bias": [False], "input_at_once": [True], "hoist": [False],
    "layers": [1], "stacks": [False], "direction": ["forward", "forward", "forward", "backward", "both"],
    "layout": ["time", "batch"], "out": ["time", "batch"], "time_first": [True, False],
    "initial": ["zeros", "expand", "given", "constant", "tile"], "mask": [False], "backwards": ["index"],
    "outputs": ["y", "y", "head", "states", "last"], "counter": ["iteration"],
    "carry_order": [("t", "h", "c", "ys")], "opset": [11, 13, 14, 15, 17, 18],
    "constants": ["nodes", "initializers"], "weights_at": ["outside"], "producer": ["builder"],
}
OTHER_ACTIVATIONS = {"activations": [name for name in ACTIVATION_SETS if name != "default"],
                     "activation": range(6), "candidate_activation": range(3)}


def expected_nodes(choice):
    """The nodes that a choice was written as."""
    direction = {"forward": "forward", "backward": "reverse", "both": "bidirectional"}[choice["direction"]]
    return [f"{choice['kind']} {direction}"] * choice["layers"]


def other_nodes(choice):
    """What is reversed beforehand may be run forward."""
    return [f"{choice['kind']} forward"] * choice["layers"] if choice["backwards"] == "reverse_sequence" else None


def preset_spellings(prefix, presets):
    """The spellings of presets: name, kind, how many, and the axes that replace the common ones."""
    found = []
    for name, kind, count, *changes in presets:
        axes = {"kind": [kind], "order": [GATES[kind]], **ANY}
        for change in changes:
            axes.update(change)
        for number, choice in enumerate(combinations(axes, count, f"{prefix} {name}", onnx_build.is_valid)):
            choice["number"] = number
            note = note_of({axis: value for axis, value in choice.items() if axis not in ("number", "kind")})
            found.append(Spelling(f"{name}_{kind.lower()}_{number:02}", f"{prefix}: {name.split('_', 1)[1]}",
                                  lambda choice=choice: onnx_build.build(choice), expected_nodes(choice), note,
                                  also=other_nodes(choice)))
    return found
