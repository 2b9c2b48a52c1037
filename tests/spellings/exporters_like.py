"""Families as other exporters and people write ONNX graphs: PyTorch's newer exporter, Paddle, MXNet, Lasagne,
libraries with one buffer of weights; every product, split, order and activation at random."""

from onnx_families import LOOP, ORDERS, OTHER_ACTIVATIONS, SCAN, UNROLLED, preset_spellings
from onnx_products import APART, SPLITS, WHOLE

EVERY = {"product": [*APART, *WHOLE], "split": list(SPLITS), "bias": ["one", "two", "state", "none"],
         "sums": ["whole", "apart"], "activation": [0, 0, 0, 1, 2, 3, 4, 5], "candidate_activation": [0, 0, 1, 2],
         "opset": [12, 13, 14, 16, 17, 18], "layers": [1, 1, 1, 2],
         "weights_at": ["outside", "outside", "inside", "carried"]}
LSTM_ORDERS = {"order": ORDERS["LSTM"]}
GRU_ORDERS = {"order": ORDERS["GRU"], "reset": ["after", "before"], "update_takes_new": [False, True],
              "input_at_once": [True, False]}
DYNAMO = {"product": ["gemm"], "bias": ["two"], "sums": ["whole"], "split": ["split"], "opset": [18],
          "state_first": [True], "constants": ["initializers"], "producer": ["pytorch"],
          "initial": ["expand", "constant"]}
PADDLE = {"product": ["transposed_weight"], "bias": ["two"], "sums": ["whole"], "producer": ["paddle"]}
MXNET = {"product": ["gemm"], "bias": ["two"], "split": ["split", "planes"], "producer": ["mxnet"]}
LASAGNE = {"product": ["matmul"], "hoist": [True], "bias": ["one"], "peepholes": ["ifo", ""], "sums": ["whole"],
           "split": ["slices"]}
BUFFER = {"product": ["flat_buffer", "planes_of_kernel"], "sums": ["apart"], "bias": ["two", "one"]}
# Sequences that are reversed up to their lengths before and run forward; either direction is right.
REVERSED = {"direction": ["backward"], "backwards": ["reverse_sequence"], "mask": [True], "collect": ["last"]}

PRESETS = [
    ("like_dynamo", "LSTM", 5, UNROLLED, DYNAMO),
    ("like_dynamo", "GRU", 4, UNROLLED, DYNAMO, {"update": [2]}),
    ("like_dynamo_scan", "LSTM", 4, SCAN, DYNAMO), ("like_dynamo_scan", "GRU", 4, SCAN, DYNAMO, {"update": [2]}),
    ("like_paddle", "LSTM", 5, UNROLLED, PADDLE), ("like_paddle", "GRU", 5, LOOP, PADDLE, {"update": [2]}),
    ("like_mxnet", "LSTM", 5, UNROLLED, MXNET), ("like_mxnet", "GRU", 5, UNROLLED, MXNET),
    ("like_lasagne", "LSTM", 6, SCAN, LASAGNE),
    ("like_lasagne_loop", "LSTM", 5, LOOP, LASAGNE),
    ("like_one_buffer", "LSTM", 6, UNROLLED, BUFFER), ("like_one_buffer", "GRU", 6, SCAN, BUFFER),
    ("any_unrolled", "LSTM", 25, UNROLLED, EVERY, LSTM_ORDERS),
    ("any_unrolled", "GRU", 20, UNROLLED, EVERY, GRU_ORDERS), ("any_unrolled", "RNN", 10, UNROLLED, EVERY),
    ("any_loop", "LSTM", 25, {**LOOP, "collect": ["scan", "scatter", "grow", "last"]}, EVERY, LSTM_ORDERS),
    ("any_loop", "GRU", 20, {**LOOP, "collect": ["scan", "scatter", "grow", "last"]}, EVERY, GRU_ORDERS),
    ("any_loop", "RNN", 8, LOOP, EVERY),
    ("any_scan", "LSTM", 20, SCAN, EVERY, LSTM_ORDERS), ("any_scan", "GRU", 15, SCAN, EVERY, GRU_ORDERS),
    ("any_scan", "RNN", 8, SCAN, EVERY),
    ("any_peepholes", "LSTM", 8, SCAN, LSTM_ORDERS, {"peepholes": ["ifo", "if", "o"]}),
    ("any_coupled", "LSTM", 8, LOOP, LSTM_ORDERS, {"coupled": ["i", "f"]}),
    ("any_other_activations", "LSTM", 10, SCAN, LSTM_ORDERS, OTHER_ACTIVATIONS),
    ("any_other_activations", "GRU", 8, SCAN, GRU_ORDERS, OTHER_ACTIVATIONS),
    ("any_other_activations", "RNN", 8, UNROLLED, OTHER_ACTIVATIONS),
    ("any_clips", "LSTM", 4, SCAN, LSTM_ORDERS, {"clip": [0.5, 1.0]}),
    ("any_clips", "GRU", 3, UNROLLED, GRU_ORDERS, {"clip": [0.5]}), ("any_clips", "RNN", 3, LOOP, {"clip": [0.5]}),
    ("any_reversed_lengths", "LSTM", 4, SCAN, REVERSED), ("any_reversed_lengths", "GRU", 4, LOOP, REVERSED),
    ("any_lengths", "LSTM", 6, UNROLLED, LSTM_ORDERS, {"mask": [True]}),
    ("any_lengths", "GRU", 6, LOOP, GRU_ORDERS, {"mask": [True]}),
]


def spellings():
    """The spellings of the presets."""
    return preset_spellings("others", PRESETS)
