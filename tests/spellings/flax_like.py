"""Families as flax, Haiku and Equinox compute them and exporters of JAX write them: Scans, Loops that index
with wrapped numbers and write rows into the output, and unrolled steps."""

from onnx_families import LOOP, SCAN, UNROLLED, preset_spellings

JAX = {"producer": ["jax"], "split": ["slices_to_the_end", "split", "slices"], "opset": [13, 15, 17, 18],
       "layout": ["time", "batch"], "constants": ["initializers", "nodes"]}
JAX_LOOP = {**LOOP, "counter": ["int64", "int32", "iteration"], "collect": ["scatter", "scatter", "scan", "last"],
            "read": ["wrapped", "gather", "slice"], "condition": ["less", "true"], "trip": ["none", "extent", "many"]}
DENSE = {"product": ["dense"], "sums": ["apart"], "bias": ["state", "two"], "order": ["ifgo"]}
OPTIMIZED = {"product": ["concatenated"], "sums": ["whole", "apart"], "bias": ["state"], "order": ["ifgo"]}
GRU = {"product": ["dense", "dense", "concatenated"], "sums": ["apart"], "bias": ["some", "two", "one"],
       "order": ["rzn"], "update": [1, 0]}
HAIKU_LSTM = {"join": [True], "bias": ["one"], "order": ["igfo"], "forget_bias": [True], "product": ["matmul"]}
HAIKU_GRU = {"order": ["zrn"], "reset": ["before"], "input_at_once": [True], "bias": ["one"],
             "update_takes_new": [True], "update": [0, 1], "product": ["matmul", "einsum_of_columns"],
             "sums": ["whole", "apart"]}
EQUINOX = {"product": ["columns_of_states", "einsum", "transposed_weight"], "bias": ["one", "two"],
           "sums": ["whole", "apart"]}
SIMPLE = {"product": ["dense", "matmul", "einsum_of_columns"], "bias": ["one", "two"], "sums": ["apart"]}

PRESETS = [
    (f"flax_{name}_{label}", kind, count, form, JAX, preset)
    for label, form, counts in (("scan", SCAN, 1.0), ("loop", JAX_LOOP, 1.0), ("unrolled", UNROLLED, 0.5))
    for name, kind, preset, count in (
        (name, kind, preset, max(2, int(count * counts))) for name, kind, preset, count in (
            ("dense", "LSTM", DENSE, 8), ("optimized", "LSTM", OPTIMIZED, 6), ("dense", "GRU", GRU, 8),
            ("simple", "RNN", SIMPLE, 5), ("haiku", "LSTM", HAIKU_LSTM, 6), ("haiku", "GRU", HAIKU_GRU, 6),
            ("equinox", "LSTM", {**EQUINOX, "order": ["ifgo"]}, 5),
            ("equinox", "GRU", {**EQUINOX, "order": ["rzn"], "update": [2]}, 5)))
] + [
    ("flax_hoisted_scan", "LSTM", 5, SCAN, JAX, {"hoist": [True]}),
    ("flax_hoisted_scan", "GRU", 5, SCAN, JAX, {"hoist": [True], "reset": ["after", "before"]}),
    ("flax_masked_scan", "LSTM", 5, SCAN, JAX, {"mask": [True]}),
    ("flax_masked_scan", "GRU", 4, SCAN, JAX, {"mask": [True]}),
    ("flax_masked_loop", "LSTM", 4, JAX_LOOP, JAX, {"mask": [True]}),
    ("flax_two_layers_scan", "LSTM", 5, SCAN, JAX, {"layers": [2]}),
    ("flax_weights_inside_scan", "LSTM", 4, SCAN, JAX, {"weights_at": ["inside"]}),
    ("flax_weights_inside_loop", "GRU", 4, JAX_LOOP, JAX, {"weights_at": ["inside"]}),
]


def spellings():
    """The spellings of the presets."""
    return preset_spellings("flax", PRESETS)
