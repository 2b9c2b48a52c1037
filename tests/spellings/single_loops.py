"""Loops and Scans that differ from the plainest one in a single choice: scripted modules of PyTorch, and graphs."""

import onnx_build
import torch_build
import torch_single
from formulas import GATES
from onnx_families import expected_nodes as expected_of_graph
from onnx_products import APART, SPLITS, WHOLE
from spelling import Spelling, note_of
from torch_cells import expected_nodes, other_nodes

SCRIPTED = {**torch_single.PLAINEST, "backwards": "turned", "loop": "for", "dynamic": "all"}
BOTH = {"direction": "both"}
BACKWARD = {"direction": "backward"}
SCRIPTED_CHANGES = {
    "plain": {}, "while": {"loop": "while"}, "separate": {"packing": "separate"}, "joined": {"join": "hx"},
    "sums_apart": {"sums": "apart"}, "einsum": {"product": "einsum_ghi", "state_product": "einsum_ghi"},
    "planes": {"product": "planes", "state_product": "planes"}, "fixed_extents": {"dynamic": "no"},
    "hoisted": {"hoist": True}, "head": {"outputs": "head"}, "states": {"outputs": "states"},
    **{f"layout_{layout}": {"layout": layout} for layout in ("time", "channel")},
    **{f"out_{layout}": {"out": layout} for layout in ("time", "channel")},
    **{f"read_{read}": {"read": read} for read in ("select", "unbind", "narrow", "split", "slice", "moved")},
    **{f"collect_{way}": {"collect": way} for way in ("cat", "moved", "assign", "grow", "last")},
    **{f"initial_{way}": {"initial": way} for way in ("new", "zeros", "full", "fixed", "learned")
       if way != "fixed"}, "initial_fixed": {"initial": "fixed", "dynamic": "no"},
    **{f"backward_{way}": {**BACKWARD, "backwards": way} for way in ("turned", "flip", "front")},
    **{f"backward_{way}": {**BACKWARD, "collect": way} for way in ("assign", "grow", "last")},
    "backward_up": {**BACKWARD, "time_index": "up"}, "backward_while": {**BACKWARD, "loop": "while"},
    **{f"both_{way}": {**BOTH, "backwards": way} for way in ("turned", "flip", "front")},
    **{f"both_{way}": {**BOTH, "collect": way} for way in ("assign", "grow", "last")},
    "both_sum": {**BOTH, "merge": "sum"}, "layers_apart": {"layers": 2},
    "layers_together": {"layers": 2, "nesting": "together"}, "layers_both": {**BOTH, "layers": 2},
    "mask_table": {"mask": "table", "dynamic": "batch"}, "mask_compare": {"mask": "compare", "dynamic": "batch"},
    "mask_zeros": {"mask": "compare", "dynamic": "batch", "padding": "zeros"},
}

GRAPH = {
    "kind": "LSTM", "order": "ifgo", "product": "matmul", "join": False, "bias": "one", "sums": "whole",
    "split": "split", "state_first": False, "activation": 0, "candidate_activation": 0, "update": 0,
    "activations": "default", "clip": None, "coupled": "", "peepholes": "", "reset": "after",
    "update_takes_new": False, "forget_bias": False, "input_at_once": True, "hoist": False, "layers": 1,
    "stacks": False, "direction": "forward", "layout": "time", "out": "time", "time_first": True,
    "initial": "given", "mask": False, "backwards": "index", "outputs": "y", "counter": "iteration",
    "carry_order": ("t", "h", "c", "ys"), "opset": 15, "constants": "nodes", "weights_at": "outside",
    "producer": "builder", "dynamic": "all", "read": "gather", "condition": "true", "trip": "extent", "number": 0,
}
FORMS = {"loop": {"form": "loop", "collect": "scan"}, "scan": {"form": "scan", "collect": "time"},
         "unrolled": {"form": "unrolled", "collect": "time", "dynamic": "batch"}}


def graph_changes():
    """Each change of a graph by a name of its own; not all of them fit every form."""
    changes = {"plain": {}}
    for axis, values in {
            "product": [*APART, *WHOLE], "split": list(SPLITS), "bias": ["two", "state", "none", "last"],
            "constants": ["initializers"], "opset": [11, 13, 18], "initial": ["zeros", "expand", "constant", "tile",
                                                                              "learned"],
            "layout": ["batch"], "out": ["batch"], "outputs": ["head", "states", "last"],
            "read": ["slice", "split", "wrapped"], "collect": ["batch", "scatter", "grow", "last"],
            "weights_at": ["inside", "carried"], "direction": ["backward", "both"]}.items():
        for value in values:
            changes[f"{axis}_{value}"] = {axis: value}
            if axis == "product" and value in APART:
                changes[f"{axis}_{value}"]["sums"] = "apart"
            if value == "constant":
                changes[f"{axis}_{value}"]["dynamic"] = "no"
    changes["batch_time_kept"] = {"layout": "batch", "time_first": False}
    for counter in ("int32", "int64"):
        for condition in ("less", "both"):
            for trip in ("extent", "many", "none"):
                changes[f"counter_{counter}_{condition}_{trip}"] = {"counter": counter, "condition": condition,
                                                                    "trip": trip}
    changes["iteration_less_none"] = {"condition": "less", "trip": "none"}
    changes["carried_states_first"] = {"counter": "int32", "carry_order": ("c", "h", "ys", "t")}
    changes["backward_slice"] = {"direction": "backward", "backwards": "slice"}
    changes["both_slice"] = {"direction": "both", "backwards": "slice"}
    changes["both_last"] = {"direction": "both", "collect": "last"}
    changes["hoist"] = {"hoist": True}
    changes["join"] = {"join": True}
    changes["mask"] = {"mask": True}
    changes["mask_backward"] = {"mask": True, "direction": "backward"}
    changes["layers"] = {"layers": 2}
    changes["forget_bias"] = {"forget_bias": True}
    changes["peepholes"] = {"peepholes": "ifo"}
    return changes


def spellings():
    """Scripted loops of each kind of cell, and graphs of LSTMs in each form."""
    found = []
    for kind in GATES:
        for name, change in SCRIPTED_CHANGES.items():
            choice = {"kind": kind, "order": GATES[kind], **SCRIPTED, **change}
            if torch_build.is_valid({**choice, "dynamic": "batch"} if choice["dynamic"] == "all" else choice):
                found.append(Spelling(f"single_scripted_{kind.lower()}_{name}", f"single changes, scripted: {kind}",
                                      lambda choice=choice: torch_build.build(choice, True),
                                      expected_nodes(choice), note_of(change), also=other_nodes(choice)))
    for form, base in FORMS.items():
        for name, change in graph_changes().items():
            choice = {**GRAPH, **base, **change}
            if onnx_build.is_valid(choice):
                found.append(Spelling(f"single_{form}_{name}", f"single changes, graphs: {form}",
                                      lambda choice=choice: onnx_build.build(choice), expected_of_graph(choice),
                                      note_of(change)))
    return found
