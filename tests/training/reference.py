"""Training in numpy, for the truth of the cases in this folder: the operators of ONNX in double precision,
losses, optimizers. Gradients are complex steps, d f / d w = imag f(w + i h) / h with h = 1e-30: exact to the
last digits, and knowing nothing of any rule of differentiation. So every function here takes complex arrays.
Formulas: the operators' own in ONNX, losses and optimizers as in docs/training.md.
"""

import numpy as np
import onnx.helper

STEP = 1e-30


def where_positive(x, then, otherwise):
    return np.where(np.real(x) > 0, then, otherwise)


def absolute(x):
    return where_positive(x, x, -x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_softmax(x, axis):
    shifted = x - np.max(np.real(x), axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis, keepdims=True))


def recurrent(step, count_states):
    """LSTM, GRU or RNN out of `step`(gates of the input, states, recurrent weight and bias, attributes)."""

    def run(attrs, x, weight, recurrent_weight, bias=None, lengths=None, *initial):
        times, batch = x.shape[:2]
        directions, _, hidden = recurrent_weight.shape
        lengths = np.full(batch, times) if lengths is None else lengths
        initial = [*initial, *[None] * count_states][:count_states]
        start = [np.zeros((directions, batch, hidden)) if s is None else s for s in initial]
        outputs = np.zeros((times, directions, batch, hidden), complex)
        last = np.zeros((count_states, directions, batch, hidden), complex)
        for d in range(directions):
            backwards = attrs.get("direction") == b"reverse" or d == 1
            both = np.zeros(2 * weight.shape[1]) if bias is None else bias[d]
            states = [s[d] for s in start]
            for t in range(times)[:: -1 if backwards else 1]:
                lives = (t < lengths)[:, None]
                new = step(x[t], states, weight[d], recurrent_weight[d], np.split(both, 2), attrs)
                states = [np.where(lives, n, old) for n, old in zip(new, states)]
                outputs[t, d] = np.where(lives, states[0], 0)
            last[:, d] = states
        return outputs, *last

    return run


def lstm_step(x, states, weight, recurrent_weight, biases, _):
    h, c = states
    i, o, f, candidate = np.split(x @ weight.T + h @ recurrent_weight.T + sum(biases), 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, states, weight, recurrent_weight, biases, attrs):
    (h,) = states
    (xz, xr, xh) = np.split(x @ weight.T + biases[0], 3, axis=1)
    rows = np.split(recurrent_weight, 3)
    bias = np.split(biases[1], 3)
    z = sigmoid(xz + h @ rows[0].T + bias[0])
    r = sigmoid(xr + h @ rows[1].T + bias[1])
    if attrs.get("linear_before_reset"):
        candidate = np.tanh(xh + r * (h @ rows[2].T + bias[2]))
    else:
        candidate = np.tanh(xh + (r * h) @ rows[2].T + bias[2])
    return ((1 - z) * candidate + z * h,)


def rnn_step(x, states, weight, recurrent_weight, biases, _):
    return (np.tanh(x @ weight.T + states[0] @ recurrent_weight.T + sum(biases)),)


def slice_axes(_, x, starts, ends, axes):
    for start, end, axis in zip(starts, ends, axes):
        x = np.take(x, range(x.shape[axis])[start:end], axis)
    return x


def squeeze(_, x, axes):
    return np.squeeze(x, tuple(axes))


def unsqueeze(_, x, axes):
    return np.expand_dims(x, tuple(axes))


def gemm(attrs, a, b, c):
    return a @ (b.T if attrs.get("transB") else b) + c


OPERATORS = {
    "Add": lambda _, a, b: a + b,
    "Concat": lambda attrs, *xs: np.concatenate(xs, attrs["axis"]),
    "Constant": lambda attrs: np.array(*attrs.values()),
    "Div": lambda _, a, b: a / b,
    "Expand": lambda _, x, shape: np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape))),
    "GRU": recurrent(gru_step, 1),
    "Gather": lambda attrs, x, indices: np.take(x, indices, attrs.get("axis", 0)),
    "Gemm": gemm,
    "Identity": lambda _, x: x,
    "LSTM": recurrent(lstm_step, 2),
    "LogSoftmax": lambda attrs, x: log_softmax(x, attrs["axis"]),
    "MatMul": lambda _, a, b: a @ b,
    "Mul": lambda _, a, b: a * b,
    "RNN": recurrent(rnn_step, 1),
    "ReduceMean": lambda attrs, x: np.mean(x, tuple(attrs["axes"]), keepdims=True),
    "Relu": lambda _, x: where_positive(x, x, 0),
    "Reshape": lambda _, x, shape: x.reshape(tuple(shape)),
    "Sigmoid": lambda _, x: sigmoid(x),
    "Slice": slice_axes,
    "Softmax": lambda attrs, x: np.exp(log_softmax(x, attrs["axis"])),
    "Split": lambda attrs, x, parts: np.split(x, np.cumsum(parts)[:-1], attrs["axis"]),
    "Sqrt": lambda _, x: np.sqrt(x),
    "Squeeze": squeeze,
    "Sub": lambda _, a, b: a - b,
    "Tanh": lambda _, x: np.tanh(x),
    "Transpose": lambda attrs, x: np.transpose(x, attrs["perm"]),
    "Unsqueeze": unsqueeze,
}


def evaluate(graph, values):
    """All values of a graph by name, from those of its inputs and initializers."""
    values = {"": None, **values}
    for node in graph.node:
        attrs = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        results = OPERATORS[node.op_type](attrs, *[values[name] for name in node.input])
        results = results if isinstance(results, (tuple, list)) else [results]
        values.update(zip(node.output, results))
    return values


def class_loss(spec, scores, target):
    scores = np.moveaxis(scores, spec.get("class_axis", -1), -1)
    counted = target != spec.get("ignore_index")
    chosen = np.take_along_axis(scores, np.where(counted, target, 0)[..., None], -1)[..., 0]
    return -chosen[counted]


def cross_entropy(spec, scores, target):
    return class_loss(spec, log_softmax(scores, spec.get("class_axis", -1)), target)


def huber(spec, y, target):
    delta = spec["delta"]
    distance = absolute(y - target)
    return where_positive(delta - distance, distance**2 / 2, delta * (distance - delta / 2))


LOSSES = {
    "bce": lambda _, y, t: -(t * np.log(y) + (1 - t) * np.log(1 - y)),
    "bce_with_logits": lambda _, y, t: np.log(1 + np.exp(-absolute(y))) + where_positive(y, y, 0) - y * t,
    "cross_entropy": cross_entropy,
    "huber": huber,
    "l1": lambda _, y, t: absolute(y - t),
    "mse": lambda _, y, t: (y - t) ** 2,
    "nll": class_loss,
}


def loss_of(spec, output, target):
    losses = LOSSES[spec["type"]](spec, output, target)
    return np.sum(losses) if spec["reduction"] == "sum" else np.mean(losses)


def gradients(loss, weights):
    """Of the function `loss` of a dictionary of weights."""
    slopes = {}
    for name, weight in weights.items():
        slopes[name] = np.zeros(weight.shape)
        for index in np.ndindex(weight.shape):
            moved = weight.astype(complex)
            moved[index] += 1j * STEP
            slopes[name][index] = np.imag(loss({**weights, name: moved})) / STEP
    return slopes


def global_norm(slopes):
    return np.sqrt(sum(np.sum(g**2) for g in slopes.values()))


def clipped(slopes, clip_norm, clip_value):
    if clip_value:
        slopes = {name: np.clip(g, -clip_value, clip_value) for name, g in slopes.items()}
    if clip_norm:
        factor = min(1, clip_norm / (global_norm(slopes) + 1e-6))
        slopes = {name: factor * g for name, g in slopes.items()}
    return slopes


def sgd(spec, w, g, slots, rate, t):
    g = g + spec.get("weight_decay", 0) * w
    momentum = spec.get("momentum", 0)
    if not momentum:
        return w - rate * g
    share = 1 if t == 1 else 1 - spec.get("dampening", 0)
    slots["m"] = momentum * slots.get("m", 0) + share * g
    return w - rate * (g + momentum * slots["m"] if spec.get("nesterov") else slots["m"])


def adam(spec, w, g, slots, rate, t):
    g = g + spec.get("weight_decay", 0) * w
    slots["m"] = spec["beta1"] * slots.get("m", 0) + (1 - spec["beta1"]) * g
    slots["v"] = spec["beta2"] * slots.get("v", 0) + (1 - spec["beta2"]) * g * g
    slots["most"] = np.maximum(slots.get("most", 0), slots["v"])
    v = slots["most"] if spec.get("amsgrad") else slots["v"]
    spread = np.sqrt(v) / np.sqrt(1 - spec["beta2"] ** t) + spec["eps"]
    return w - rate / (1 - spec["beta1"] ** t) * slots["m"] / spread


def adamw(spec, w, g, slots, rate, t):
    w = w * (1 - rate * spec["weight_decay"])
    return adam({**spec, "weight_decay": 0}, w, g, slots, rate, t)


def adagrad(spec, w, g, slots, rate, t):
    g = g + spec.get("weight_decay", 0) * w
    slots["sum"] = slots.get("sum", spec["initial_accumulator"]) + g * g
    return w - rate / (1 + (t - 1) * spec["lr_decay"]) * g / (np.sqrt(slots["sum"]) + spec["eps"])


def rmsprop(spec, w, g, slots, rate, t):
    alpha = spec["alpha"]
    g = g + spec.get("weight_decay", 0) * w
    slots["v"] = alpha * slots.get("v", 0) + (1 - alpha) * g * g
    slots["mean"] = alpha * slots.get("mean", 0) + (1 - alpha) * g
    variance = slots["v"] - slots["mean"] ** 2 if spec.get("centered") else slots["v"]
    slots["m"] = spec.get("momentum", 0) * slots.get("m", 0) + g / (np.sqrt(variance) + spec["eps"])
    return w - rate * slots["m"]


OPTIMIZERS = {"sgd": sgd, "adam": adam, "adamw": adamw, "adagrad": adagrad, "rmsprop": rmsprop}


def rate_of(spec, base, s):
    if spec["type"] == "constant":
        return base
    if spec["type"] == "linear_warmup_cosine":
        warmup, floor = spec["warmup_steps"], spec["min_lr"]
        if s < warmup:
            return base * (s + 1) / warmup
        part = (s - warmup) / (spec["total_steps"] - warmup)
        return floor + (base - floor) * (1 + np.cos(np.pi * part)) / 2
    if spec["type"] == "step":
        return base * spec["gamma"] ** (s // spec["step_size"])
    raise ValueError(spec["type"])


def train(graph, weights, frozen, data, spec):
    """The arrays of expected.npz."""
    losses, norms, record, carried = [], [], {}, {}
    slots = {name: {} for name in weights}
    start = {c["input"]: np.zeros(c["shape"]) for c in spec["carried"]}

    def forward(weights, s, carried):
        return evaluate(graph, {**frozen, **weights, **{name: x[s] for name, x in data.items()}, **carried})

    def loss(weights, s, carried):
        values = forward(weights, s, carried)
        return loss_of(spec["loss"], values[spec["loss"]["output"]], data["target"][s])

    carried = start
    optimizer = spec["optimizer"]
    for s in range(spec["steps"]):
        slopes = gradients(lambda moved: loss(moved, s, carried), weights)
        losses.append(np.real(loss(weights, s, carried)))
        norms.append(global_norm(slopes))
        values = forward(weights, s, carried)
        if s == 0:
            record.update({"grad/" + name: g for name, g in slopes.items()})
            record.update({"out0/" + o.name: np.real(values[o.name]) for o in graph.output})
        carried = {c["input"]: np.real(values[c["output"]]) for c in spec["carried"]}
        rate = rate_of(spec["lr_schedule"], optimizer["lr"], s)
        slopes = clipped(slopes, spec["clip_norm"], spec.get("clip_value"))
        weights = {
            name: OPTIMIZERS[optimizer["type"]](optimizer, w, slopes[name], slots[name], rate, s + 1)
            for name, w in weights.items()
        }
        if s == 0:
            record.update({"after1/" + name: w for name, w in weights.items()})
    record.update({"final/" + name: w for name, w in weights.items()})
    record["loss_after_on_batch0"] = np.real(loss(weights, 0, start))
    record = {name: np.float32(array) for name, array in record.items()}
    return {"losses": np.float32(losses), "losses64": np.float64(losses), "grad_norms": np.float32(norms), **record}
