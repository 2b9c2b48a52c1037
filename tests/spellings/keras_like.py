"""Families as Keras 2 and 3 and TensorFlow 1 compute them and tf2onnx writes them: kernels [I,G*H], gates i f c o
and z r h; unrolled, or Loops with TensorFlow's counters and conditions."""

from onnx_families import LOOP, OTHER_ACTIVATIONS, UNROLLED, preset_spellings

KERAS = {"layout": ["batch", "batch", "time"], "out": ["batch"], "split": ["split"], "state_first": [False],
         "bias": ["last"], "sums": ["whole"], "producer": ["tf2onnx"], "initial": ["zeros", "expand", "tile"],
         "outputs": ["y", "last", "head"]}
LSTM = {"order": ["ifgo"]}
GRU = {"order": ["zrn"], "bias": ["two"], "update": [0]}
GRU_BEFORE = {**GRU, "bias": ["one"], "reset": ["before"], "input_at_once": [True]}
ONE_GATE_EACH = {"product": ["split_kernel"], "bias": ["one"], "sums": ["apart"]}
TF_LOOP = {**LOOP, "counter": ["int32"], "condition": ["both", "less"], "trip": ["many", "extent", "none"],
           "read": ["gather", "slice"], "time_first": [True], "weights_at": ["outside", "outside", "carried"]}
TF1 = {"join": [True], "bias": ["one"], "sums": ["whole"], "split": ["split", "slices"]}
MASKS = {"mask": [True]}
FLAGS = {"activations": ["hard", "default", "hard_sixth", "relu"], "activation": [0, 1, 2, 3]}

PRESETS = [
    ("keras_unrolled", "LSTM", 10, UNROLLED, KERAS, LSTM, FLAGS),
    ("keras_unrolled", "GRU", 8, UNROLLED, KERAS, GRU, FLAGS),
    ("keras_unrolled", "RNN", 4, UNROLLED, KERAS),
    ("keras_implementation_1", "LSTM", 6, UNROLLED, KERAS, LSTM, ONE_GATE_EACH),
    ("keras_implementation_1", "GRU", 8, UNROLLED, KERAS, GRU_BEFORE, ONE_GATE_EACH,
     {"input_at_once": [True, False]}),
    ("keras_reset_before", "GRU", 8, UNROLLED, KERAS, GRU_BEFORE),
    ("keras_loops", "LSTM", 14, TF_LOOP, KERAS, LSTM),
    ("keras_loops", "GRU", 12, TF_LOOP, KERAS, GRU),
    ("keras_loops", "RNN", 4, TF_LOOP, KERAS),
    ("keras_loops_reset_before", "GRU", 6, TF_LOOP, KERAS, GRU_BEFORE),
    ("keras_loops_implementation_1", "LSTM", 5, TF_LOOP, KERAS, LSTM, ONE_GATE_EACH),
    ("keras_3", "LSTM", 8, LOOP, KERAS, LSTM, {"bias": ["last", "one"], "hoist": [False, True],
                                               "activations": ["default", "hard_sixth"], "activation": [0, 1, 2]}),
    ("keras_3", "GRU", 6, LOOP, KERAS, GRU, {"hoist": [False, True]}),
    ("keras_masks", "LSTM", 6, TF_LOOP, KERAS, LSTM, MASKS),
    ("keras_masks", "GRU", 5, TF_LOOP, KERAS, GRU, MASKS),
    ("keras_masks_unrolled", "LSTM", 4, UNROLLED, KERAS, LSTM, MASKS),
    ("keras_two_layers", "LSTM", 6, TF_LOOP, KERAS, LSTM, {"layers": [2]}),
    ("keras_two_layers", "GRU", 4, TF_LOOP, KERAS, GRU, {"layers": [2]}),
    ("keras_other_activations", "LSTM", 8, TF_LOOP, KERAS, LSTM, OTHER_ACTIVATIONS),
    ("keras_other_activations", "GRU", 6, TF_LOOP, KERAS, GRU, OTHER_ACTIVATIONS),
    ("tf1_cells", "LSTM", 8, UNROLLED, KERAS, TF1, {"order": ["igfo"], "forget_bias": [True]}),
    ("tf1_cells", "GRU", 6, UNROLLED, KERAS, TF1, {"order": ["rzn"], "reset": ["before"], "update": [0]}),
    ("tf1_cells", "RNN", 3, UNROLLED, KERAS, TF1),
    ("tf1_loops", "LSTM", 8, TF_LOOP, KERAS, TF1, {"order": ["igfo"], "forget_bias": [True],
                                                  "peepholes": ["", "ifo"]}),
    ("tf1_loops", "GRU", 6, TF_LOOP, KERAS, TF1, {"order": ["rzn"], "reset": ["before"], "update": [0]}),
]


def spellings():
    """The spellings of the presets."""
    return preset_spellings("keras", PRESETS)
