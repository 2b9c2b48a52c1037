"""Cells in PyTorch that differ from the plainest one in a single choice: what fails here is the cause."""

import torch_build
from formulas import GATES
from spelling import Spelling, note_of
from torch_cells import ORDERS, expected_nodes, other_nodes
from torch_products import PRODUCTS, SPLITS
from torch_steps import (BLENDS, CELL_UPDATES, CLIPS, COUPLED_BY_FORGET, COUPLED_BY_INPUT, SPELLINGS)

PLAINEST = {
    "product": "linear", "state_product": "linear", "packing": "packed", "join": "no", "join_order": 0,
    "bias": "two", "sums": "whole", "split": 0, "at_once": False, "activation": 0,
    "candidate_activation": 0, "update": 0,
    "activations": "default", "clip": None, "coupled": "", "peepholes": "", "reset": "after",
    "update_takes_new": False, "layers": 1, "nesting": "apart", "stacks": False, "hoist": False,
    "layout": "batch", "out": "batch", "read": "index", "collect": "stack", "direction": "forward",
    "backwards": "list", "time_index": "down", "merge": "cat", "initial": "given", "mask": "no",
    "padding": "hold", "outputs": "y", "dynamic": "no", "opset": 14, "folding": True, "number": 0,
}


def vary(axis, values, **others):
    """A change for each value of an axis, with other changes that all of them need."""
    extra = "".join(f"_{other}" for other in others.values() if isinstance(other, str))
    return {f"{axis}_{value}{extra}".replace("__", "_"): {axis: value, **others} for value in values}


def changes_of(kind):
    """Each change by a name of its own."""
    return {"plain": {}, **changes_of_products(kind), **changes_of_activations(), **changes_of_time(),
            **changes_of_layers(), **own_changes(kind)}


def changes_of_products(kind):
    """Orders, products, splits and biases."""
    changes = vary("order", ORDERS[kind][::5] if kind == "LSTM" else ORDERS[kind])
    for product in PRODUCTS:
        changes[f"products_{product}"] = {"product": product, "state_product": product}
        changes[f"apart_{product}"] = {"product": product, "state_product": product, "packing": "separate"}
    for form, product in (("columns", "linear"), ("interleaved", "linear_interleaved"), ("planes", "planes"),
                          ("middle", "einsum_ghi"), ("last", "einsum_hgi")):
        for number, way in enumerate(SPLITS[form]):
            changes[f"split_{form}_{way}"] = {"product": product, "state_product": product, "split": number}
    return {**changes, **vary("packing", ["separate", "pairs", "candidate_apart"]), **vary("join", ["xh", "hx"]),
            **vary("bias", ["none", "one", "state"]), "bias_some": {"bias": "some", "packing": "separate"},
            **vary("sums", ["apart"])}


def changes_of_activations():
    """Activations spelled otherwise, and others."""
    changes = {**vary("activation", range(1, 11)), **vary("candidate_activation", range(1, 8)),
               **vary("activations", [name for name in torch_build.ACTIVATION_SETS if name != "default"])}
    for name, (gate, candidate, _) in torch_build.ACTIVATION_SETS.items():
        if gate != "sigmoid":
            for way in range(1, len(SPELLINGS[gate])):
                changes[f"gate_{name}_{way}"] = {"activations": name, "activation": way}
        elif candidate != "tanh":
            for way in range(1, len(SPELLINGS[candidate])):
                changes[f"candidate_{name}_{way}"] = {"activations": name, "candidate_activation": way}
    for way in range(len(CLIPS)):
        changes[f"clip_{way}"] = {"clip": 0.5, "update": way}
    return changes


def changes_of_time():
    """Layouts, reads, collected outputs, initial states, masks."""
    changes = {**vary("layout", ["time", "channel"]), **vary("out", ["time", "channel"]),
               **vary("read", ["select", "unbind", "narrow", "split", "index_select", "slice", "moved"]),
               **vary("collect", ["cat", "moved", "assign", "grow", "last"]),
               **vary("initial", ["new", "zeros", "full", "fixed", "learned", "one_row"]),
               **vary("outputs", ["head", "states"]), **vary("dynamic", ["batch"]),
               **vary("opset", [11, 12, 13, 15, 16, 17]), **vary("folding", [False]), **vary("hoist", [True])}
    for mask in ("table", "table_batch", "compare", "inverted", "negated"):
        for padding in ("hold", "zeros"):
            changes[f"mask_{mask}_{padding}"] = {"mask": mask, "padding": padding}
    changes["mask_backward"] = {"mask": "table", "direction": "backward"}
    changes["mask_both"] = {"mask": "compare", "direction": "both", "padding": "zeros"}
    return changes


def changes_of_layers():
    """Directions and layers."""
    changes = {**vary("backwards", ["list", "flip", "front", "turned"], direction="backward"),
               **vary("backwards", ["list", "flip", "front", "turned"], direction="both")}
    for collect in ("assign", "grow", "last"):
        changes[f"both_{collect}"] = {"direction": "both", "collect": collect}
        changes[f"backward_{collect}"] = {"direction": "backward", "collect": collect}
    return {**changes, "both_sum": {"direction": "both", "merge": "sum"},
            "both_states": {"direction": "both", "outputs": "states"},
            "backward_up": {"direction": "backward", "time_index": "up"},
            "layers_apart": {"layers": 2}, "layers_together": {"layers": 2, "nesting": "together"},
            "layers_both": {"layers": 2, "direction": "both"}, "layers_stack": {"layers": 2, "stacks": True},
            "layers_zeros": {"layers": 2, "initial": "zeros"},
            "directions_stack": {"direction": "both", "stacks": True}}


def own_changes(kind):
    """Changes that only one kind of cell has."""
    if kind == "LSTM":
        return {**{f"update_{way}": {"update": way} for way in range(1, len(CELL_UPDATES))},
                **{f"coupled_forget_{way}": {"coupled": "i", "update": way}
                   for way in range(len(COUPLED_BY_FORGET))},
                **{f"coupled_input_{way}": {"coupled": "f", "update": way}
                   for way in range(len(COUPLED_BY_INPUT))},
                **{f"peepholes_{gates}": {"peepholes": gates} for gates in ("ifo", "if", "o", "i", "fo")},
                "at_once_last": {"at_once": True, "order": "ifog"},
                "at_once_first": {"at_once": True, "order": "gifo"},
                "at_once_planes": {"at_once": True, "order": "ifog", "product": "planes",
                                   "state_product": "planes"}}
    if kind == "GRU":
        return {**{f"update_{way}": {"update": way} for way in range(1, len(BLENDS))},
                **{f"update_new_{way}": {"update": way, "update_takes_new": True} for way in range(len(BLENDS))},
                **{f"before_{packing}_{join}": {"reset": "before", "packing": packing, "join": join}
                   for packing in ("packed", "separate", "candidate_apart") for join in ("no", "xh", "hx")},
                "before_hoisted": {"reset": "before", "hoist": True}, "after_addcmul": {"join_order": 1}}
    return {}


def spellings():
    """Each change of each kind of cell that fits."""
    found = []
    for kind in GATES:
        for name, change in changes_of(kind).items():
            choice = {"kind": kind, "order": GATES[kind], **PLAINEST, **change}
            if torch_build.is_valid(choice):
                found.append(Spelling(f"single_{kind.lower()}_{name}", f"single changes: {kind}",
                                      lambda choice=choice: torch_build.build(choice, False),
                                      expected_nodes(choice), note_of(change),
                                      also=other_nodes(choice)))
    return found
