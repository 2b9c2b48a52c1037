"""Makes the training cases of this folder: model.onnx, spec.json, data.npz and expected.npz for each.

The models are written as ONNX text; what training does to them is worked out by reference.py, in numpy and
without Gatefold. Needs Debian's python3-onnx and python3-numpy:  /usr/bin/python3 tests/training/make_cases.py
"""

import dataclasses
import json
import pathlib

import numpy as np
import onnx.checker
import onnx.numpy_helper
import onnx.parser

import reference

HERE = pathlib.Path(__file__).parent
OPSET = 17
SGD = {"type": "sgd", "lr": 0.2}
ADAM = {"type": "adam", "lr": 0.02, "beta1": 0.8, "beta2": 0.99, "eps": 1e-4}
ADAMW = {**ADAM, "type": "adamw", "weight_decay": 0.1}
ADAGRAD = {"type": "adagrad", "lr": 0.1, "lr_decay": 0.05, "eps": 1e-2, "initial_accumulator": 0.1}
RMSPROP = {"type": "rmsprop", "lr": 0.01, "alpha": 0.9, "eps": 1e-3}
CLASSES = {"type": "cross_entropy", "output": "scores", "class_axis": -1, "reduction": "mean"}
CHARACTERS = 7


@dataclasses.dataclass
class Case:
    """`model`: float inputs that `data` does not draw and that are not carried are its weights. `data` draws
    what one step needs."""

    name: str
    model: str
    loss: dict
    optimizer: dict
    data: callable
    frozen: dict = dataclasses.field(default_factory=dict)
    steps: int = 6
    clip_norm: float = None
    clip_value: float = None
    carried: list = dataclasses.field(default_factory=list)
    lr_schedule: dict = dataclasses.field(default_factory=lambda: {"type": "constant"})
    checkpoint_every: int = None


def numbers(*shape):
    return lambda rng: np.float32(rng.normal(size=shape))


def classes(count, *shape):
    return lambda rng: rng.integers(count, size=shape)


def draw(**arrays):
    return lambda rng: {name: array(rng) for name, array in arrays.items()}


def texts(times, batch):
    """Characters and the ones that follow them."""

    def data(rng):
        text = rng.integers(CHARACTERS, size=(times + 1, batch))
        return {"tokens": text[:-1], "target": text[1:]}

    return data


def padded(times, batch):
    """Sequences of several lengths; targets beyond their ends are to be ignored."""

    def data(rng):
        lengths = rng.integers(1, times + 1, size=batch)
        target = rng.integers(3, size=(times, batch))
        target[np.arange(times)[:, None] >= lengths] = -100
        x = np.float32(rng.normal(size=(times, batch, 3)))
        return {"x": x, "lengths": np.int32(lengths), "target": target}

    return data


LSTM_TEXT = """
text (int64[times,batch] tokens, float[7,4] embedding, float[1,16,4] W, float[1,16,4] R, float[1,32] B,
      float[4,7] head, float[7] head_bias) => (float[times,batch,7] scores) {
  features = Gather (embedding, tokens)
  states = LSTM <hidden_size = 4> (features, W, R, B)
  one = Constant <value_ints = [1]> ()
  hidden = Squeeze (states, one)
  product = MatMul (hidden, head)
  scores = Add (product, head_bias)
}"""

BILSTM_LENGTHS = """
tagger (float[5,batch,3] x, int32[batch] lengths, float[2,12,3] W, float[2,12,3] R, float[2,24] B,
        float[6,3] head) => (float[5,batch,3] scores) {
  states = LSTM <hidden_size = 3, direction = "bidirectional"> (x, W, R, B, lengths)
  by_row = Transpose <perm = [0,2,1,3]> (states)
  extents = Constant <value_ints = [5,-1,6]> ()
  hidden = Reshape (by_row, extents)
  scores = MatMul (hidden, head)
}"""

GRU_AFTER = """
classifier (float[5,batch,3] x, float[1,12,3] W, float[1,12,4] R, float[1,24] B, float[3,4] head,
            float[3] head_bias) => (float[batch,3] scores) {
  states, last = GRU <hidden_size = 4, linear_before_reset = 1> (x, W, R, B)
  zero = Constant <value_ints = [0]> ()
  hidden = Squeeze (last, zero)
  scores = Gemm <transB = 1> (hidden, head, head_bias)
}"""

GRU_BEFORE = """
regression (float[5,batch,3] x, float[1,12,3] W, float[1,12,4] R, float[1,24] B, float[4,2] head)
    => (float[5,batch,2] y) {
  states = GRU <hidden_size = 4> (x, W, R, B)
  one = Constant <value_ints = [1]> ()
  hidden = Squeeze (states, one)
  y = MatMul (hidden, head)
}"""

RNN_REVERSE = """
frames (float[5,batch,3] x, float[1,4,3] W, float[1,4,4] R, float[1,8] B, float[4,3] head)
    => (float[batch,3,5] logs) {
  states = RNN <hidden_size = 4, direction = "reverse"> (x, W, R, B)
  one = Constant <value_ints = [1]> ()
  hidden = Squeeze (states, one)
  scores = MatMul (hidden, head)
  all_logs = LogSoftmax <axis = -1> (scores)
  logs = Transpose <perm = [1,2,0]> (all_logs)
}"""

WEIGHT_CHAIN = """
chain (float[4,batch,3] x, float[16,3] weight_ih, float[16,4] weight_hh, float[16] bias_ih,
       float[16] bias_hh) => (float[4,batch,4] y) {
  zero = Constant <value_ints = [0]> ()
  four = Constant <value_ints = [4]> ()
  twelve = Constant <value_ints = [12]> ()
  end = Constant <value_ints = [16]> ()
""" + "".join(
    f"""
  {name}_i = Slice ({source}, zero, four, zero)
  {name}_fg = Slice ({source}, four, twelve, zero)
  {name}_o = Slice ({source}, twelve, end, zero)
  {name}_rows = Concat <axis = 0> ({name}_i, {name}_o, {name}_fg)"""
    for name, source in (("W", "weight_ih"), ("R", "weight_hh"), ("Wb", "bias_ih"), ("Rb", "bias_hh"))
) + """
  W = Unsqueeze (W_rows, zero)
  R = Unsqueeze (R_rows, zero)
  bias = Concat <axis = 0> (Wb_rows, Rb_rows)
  B = Unsqueeze (bias, zero)
  states = LSTM <hidden_size = 4> (x, W, R, B)
  one = Constant <value_ints = [1]> ()
  y = Squeeze (states, one)
}"""

TIED_EMBEDDING = """
tied (int64[times,batch] tokens, float[7,4] embedding, float[1,4,4] W, float[1,4,4] R)
    => (float[times,batch,7] scores) {
  features = Gather (embedding, tokens)
  states = RNN <hidden_size = 4> (features, W, R)
  one = Constant <value_ints = [1]> ()
  hidden = Squeeze (states, one)
  head = Transpose <perm = [1,0]> (embedding)
  scores = MatMul (hidden, head)
}"""

CARRIED_LSTM = """
carried (int64[4,3] tokens, float[1,3,4] h0, float[1,3,4] c0, float[7,4] embedding, float[1,16,4] W,
         float[1,16,4] R, float[1,32] B, float[4,7] head)
    => (float[4,3,7] scores, float[1,3,4] hn, float[1,3,4] cn) {
  features = Gather (embedding, tokens)
  states, hn, cn = LSTM <hidden_size = 4> (features, W, R, B, , h0, c0)
  one = Constant <value_ints = [1]> ()
  hidden = Squeeze (states, one)
  scores = MatMul (hidden, head)
}"""

GRU_BINARY = """
binary (float[4,batch,3] x, float[1,9,3] W, float[1,9,3] R, float[1,18] B, float[3,1] head)
    => (float[4,batch,1] y) {
  states = GRU <hidden_size = 3, linear_before_reset = 1> (x, W, R, B)
  one = Constant <value_ints = [1]> ()
  hidden = Squeeze (states, one)
  scores = MatMul (hidden, head)
  y = Sigmoid (scores)
}"""

PERCEPTRON = """
perceptron (float[batch,5] x, float[6,5] weight, float[6] bias, float[2,6] head, float[2] head_bias)
    => (float[batch,2] y) {
  sums = Gemm <transB = 1> (x, weight, bias)
  hidden = Relu (sums)
  y = Gemm <transB = 1> (hidden, head, head_bias)
}"""

LEARNED_STATES = """
states (float[4,3,2] x, float[1,16,2] W, float[1,16,4] R, float[1,32] B, float[1,1,4] h, float[1,1,4] c)
    => (float[4,3,4] y) {
  extents = Constant <value_ints = [1,3,4]> ()
  h0 = Expand (h, extents)
  c0 = Expand (c, extents)
  states = LSTM <hidden_size = 4> (x, W, R, B, , h0, c0)
  one = Constant <value_ints = [1]> ()
  y = Squeeze (states, one)
}"""

ATTENTION = """
attention (float[5,batch,3] x, float[2,12,3] W, float[2,12,3] R, float[2,24] B, float[6,6] query, float[6] scale,
           float[6] shift, float[6,3] head, float[] epsilon) => (float[batch,5,3] scores) {
  states = LSTM <hidden_size = 3, direction = "bidirectional"> (x, W, R, B)
  by_row = Transpose <perm = [2,0,1,3]> (states)
  extents = Constant <value_ints = [-1,5,6]> ()
  keys = Reshape (by_row, extents)
  queries = MatMul (keys, query)
  columns = Transpose <perm = [0,2,1]> (keys)
  matches = MatMul (queries, columns)
  shares = Softmax <axis = -1> (matches)
  seen = MatMul (shares, keys)
  sum = Add (keys, seen)
  mean = ReduceMean <axes = [-1]> (sum)
  centered = Sub (sum, mean)
  squares = Mul (centered, centered)
  variance = ReduceMean <axes = [-1]> (squares)
  bounded = Add (variance, epsilon)
  deviation = Sqrt (bounded)
  normal = Div (centered, deviation)
  scaled = Mul (normal, scale)
  shifted = Add (scaled, shift)
  scores = MatMul (shifted, head)
}"""


def unrolled_cells(times):
    """LSTM cells as PyTorch's exporter takes them apart, with the same weights in every step."""
    lines = [
        "cells (float[3,4,2] x, float[16,2] weight_ih, float[16,4] weight_hh, float[16] bias_ih,"
        " float[16] bias_hh, float[3,4] h_0, float[3,4] c_0) => (float[3,4] y) {",
        "parts = Constant <value_ints = [4,4,4,4]> ()",
    ]
    for t in range(times):
        lines += [
            f"index_{t} = Constant <value_int = {t}> ()",
            f"x_{t} = Gather <axis = 1> (x, index_{t})",
            f"from_input_{t} = Gemm <transB = 1> (x_{t}, weight_ih, bias_ih)",
            f"from_state_{t} = Gemm <transB = 1> (h_{t}, weight_hh, bias_hh)",
            f"gates_{t} = Add (from_input_{t}, from_state_{t})",
            f"i_in_{t}, f_in_{t}, g_in_{t}, o_in_{t} = Split <axis = 1> (gates_{t}, parts)",
            f"i_{t} = Sigmoid (i_in_{t})",
            f"f_{t} = Sigmoid (f_in_{t})",
            f"g_{t} = Tanh (g_in_{t})",
            f"o_{t} = Sigmoid (o_in_{t})",
            f"kept_{t} = Mul (f_{t}, c_{t})",
            f"added_{t} = Mul (i_{t}, g_{t})",
            f"c_{t + 1} = Add (kept_{t}, added_{t})",
            f"c_tanh_{t} = Tanh (c_{t + 1})",
            f"h_{t + 1} = Mul (o_{t}, c_tanh_{t})",
        ]
    return "\n".join([*lines, f"y = Identity (h_{times})", "}"])


CASES = [
    Case("lstm_text_adam", LSTM_TEXT, CLASSES, ADAM, texts(5, 3), clip_norm=0.3),
    Case(
        "bilstm_lengths_adamw",
        BILSTM_LENGTHS,
        {**CLASSES, "ignore_index": -100},
        ADAMW,
        padded(5, 4),
        checkpoint_every=2,
    ),
    Case(
        "gru_reset_after_nesterov",
        GRU_AFTER,
        CLASSES,
        {**SGD, "momentum": 0.9, "nesterov": True},
        draw(x=numbers(5, 4, 3), target=classes(3, 4)),
    ),
    Case(
        "gru_reset_before_dampening",
        GRU_BEFORE,
        {"type": "mse", "output": "y", "reduction": "mean"},
        {**SGD, "momentum": 0.8, "dampening": 0.5, "weight_decay": 0.01},
        draw(x=numbers(5, 4, 3), target=numbers(5, 4, 2)),
    ),
    Case(
        "rnn_reverse_adagrad",
        RNN_REVERSE,
        {"type": "nll", "output": "logs", "class_axis": 1, "reduction": "mean"},
        {**ADAGRAD, "weight_decay": 0.01},
        draw(x=numbers(5, 4, 3), target=classes(3, 4, 5)),
        checkpoint_every=3,
    ),
    Case(
        "lstm_cells_amsgrad",
        unrolled_cells(4),
        {"type": "l1", "output": "y", "reduction": "mean"},
        {**ADAM, "amsgrad": True, "beta2": 0.5, "weight_decay": 0.01},
        draw(x=numbers(3, 4, 2), target=numbers(3, 4)),
        frozen={"h_0": np.zeros((3, 4)), "c_0": np.zeros((3, 4))},
    ),
    Case(
        "weight_chain_adam",
        WEIGHT_CHAIN,
        {"type": "huber", "output": "y", "reduction": "mean", "delta": 0.4},
        ADAM,
        draw(x=numbers(4, 3, 3), target=numbers(4, 3, 4)),
    ),
    Case("tied_embedding_sgd", TIED_EMBEDDING, CLASSES, SGD, texts(4, 3)),
    Case(
        "carried_lstm_clip",
        CARRIED_LSTM,
        CLASSES,
        {**SGD, "lr": 1.0},
        texts(4, 3),
        clip_norm=0.1,
        steps=8,
        carried=[
            {"input": "h0", "output": "hn", "shape": [1, 3, 4], "init": "zeros", "detach": True},
            {"input": "c0", "output": "cn", "shape": [1, 3, 4], "init": "zeros", "detach": True},
        ],
    ),
    Case(
        "gru_binary_rmsprop",
        GRU_BINARY,
        {"type": "bce", "output": "y", "reduction": "mean"},
        {**RMSPROP, "centered": True, "momentum": 0.5},
        draw(x=numbers(4, 3, 3), target=lambda rng: np.float32(rng.integers(2, size=(4, 3, 1)))),
    ),
    Case(
        "perceptron_logits_warmup",
        PERCEPTRON,
        {"type": "bce_with_logits", "output": "y", "reduction": "sum"},
        SGD,
        draw(x=numbers(4, 5), target=lambda rng: np.float32(rng.integers(2, size=(4, 2)))),
        steps=8,
        lr_schedule={"type": "linear_warmup_cosine", "warmup_steps": 3, "total_steps": 8, "min_lr": 0.01},
    ),
    Case(
        "learned_states_rmsprop",
        LEARNED_STATES,
        {"type": "mse", "output": "y", "reduction": "sum"},
        {**RMSPROP, "weight_decay": 0.1},
        draw(x=numbers(4, 3, 2), target=numbers(4, 3, 4)),
        lr_schedule={"type": "step", "step_size": 2, "gamma": 0.5},
    ),
    Case(
        "attention_clip_value",
        ATTENTION,
        CLASSES,
        {**SGD, "momentum": 0.9},
        draw(x=numbers(5, 3, 3), target=classes(3, 3, 5)),
        frozen={"epsilon": np.array(1e-5)},
        clip_value=0.02,
    ),
]


def extents_of(value):
    return [d.dim_value for d in value.type.tensor_type.shape.dim]


def make_model(case, drawn, rng):
    """The model, and its weights by name."""
    graph = onnx.parser.parse_graph(case.model)
    given = {*drawn, *(c["input"] for c in case.carried)}
    inputs = [value for value in graph.input if value.name in given]
    weights = {
        value.name: np.float32(rng.uniform(-0.6, 0.6, extents_of(value)))
        for value in graph.input
        if value.name not in {*given, *case.frozen}
    }
    constants = {**weights, **{name: np.float32(array) for name, array in case.frozen.items()}}
    graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in constants.items())
    del graph.input[:]
    graph.input.extend(inputs)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model, weights


def make_spec(case, weights):
    is_sgd = case.optimizer["type"] == "sgd"
    return {
        "name": case.name,
        "steps": case.steps,
        "target": {"name": "target"},
        "loss": case.loss,
        "optimizer": case.optimizer,
        "lr_schedule": case.lr_schedule,
        "clip_norm": case.clip_norm,
        "clip_value": case.clip_value,
        "carried": case.carried,
        "checkpoint_every": case.checkpoint_every,
        "trainable": [{"initializer": name, "shape": w.shape} for name, w in weights.items()],
        "suggested_tolerance": {
            "losses": {"rtol": 1e-5, "atol": 1e-6},
            "grad": {"rel_to_tensor_max": 1e-5},
            "final": {"atol": 1e-5 if is_sgd else 5e-5},
        },
    }


def make(case, seed):
    rng = np.random.default_rng(seed)
    batches = [case.data(rng) for _ in range(case.steps)]
    data = {name: np.stack([batch[name] for batch in batches]) for name in batches[0]}
    model, weights = make_model(case, data, rng)
    spec = make_spec(case, weights)
    expected = reference.train(model.graph, weights, case.frozen, data, spec)
    folder = HERE / case.name
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    (folder / "spec.json").write_text(json.dumps(spec, indent=1) + "\n")
    np.savez_compressed(folder / "data.npz", **data)
    np.savez_compressed(folder / "expected.npz", **expected)
    print(f"{case.name}: {sum(w.size for w in weights.values())} weights, loss", *expected["losses"].round(4))


if __name__ == "__main__":
    for number, case in enumerate(CASES):
        make(case, number)
