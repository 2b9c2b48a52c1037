"""An ONNX graph as a PyTorch module, for timing: the model's nodes by PyTorch's functions, the
recurrent ones by its layers, whose weights are parameters in PyTorch's own order. What follows from
constants and shapes is computed once. An operator, or a form of one, that has no counterpart here
raises NotImplementedError."""
import functools

import numpy
import torch
from onnx import helper, numpy_helper

functional = torch.nn.functional
GATE_ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}  # PyTorch's among ONNX's.


def unsupported(node, what=""):
    raise NotImplementedError(f"{node.op_type} {what}".strip())


def numbers(value):
    """A list of integers, which may be given as a tensor or be missing."""
    return value.flatten().tolist() if torch.is_tensor(value) else value


def gather(data, indices, axis=0):
    if not torch.is_tensor(indices):
        return data.select(axis, indices)
    if axis == 0 and isinstance(data, torch.nn.Parameter):
        return functional.embedding(indices.long(), data)
    return data[(slice(None),) * (axis % data.dim()) + (indices.long(),)]


def cut(data, starts, ends, axes=None, steps=None):
    starts, ends = numbers(starts), numbers(ends)
    axes = numbers(axes) or range(len(starts))
    for axis, start, end, step in zip(axes, starts, ends, numbers(steps) or [1] * len(starts)):
        if step < 1:
            raise NotImplementedError("Slice backwards")
        places = range(data.shape[axis])[start:end:step]
        data = data.narrow(axis, places.start, max(0, places.stop - places.start)) \
            if step == 1 else data.index_select(axis, torch.tensor(list(places)))
    return data


def reshape(data, shape, allowzero=0):
    if allowzero:
        raise NotImplementedError("Reshape with allowzero")
    return data.reshape([data.shape[i] if extent == 0 else extent
                         for i, extent in enumerate(numbers(shape))])


def squeeze(data, axes=None):
    if axes is None:
        return data.squeeze()
    for axis in sorted((axis % data.dim() for axis in numbers(axes)), reverse=True):
        data = data.squeeze(axis)
    return data


def unsqueeze(data, axes):
    axes = numbers(axes)
    for axis in sorted(axis % (data.dim() + len(axes)) for axis in axes):
        data = data.unsqueeze(axis)
    return data


def gemm(a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):
    a, b = a.t() if transA else a, b.t() if transB else b
    return alpha * (a @ b) if c is None else torch.addmm(c, a, b, beta=beta, alpha=alpha)


def convolve(x, weight, bias=None, pads=None, strides=None, dilations=None, group=1, **other):
    rank = x.dim() - 2
    pads = pads or [0] * 2 * rank
    if other.get("auto_pad", b"NOTSET") != b"NOTSET" or pads[:rank] != pads[rank:]:
        raise NotImplementedError("Conv with other padding before than behind")
    function = getattr(functional, f"conv{rank}d")
    return function(x, weight, bias, strides or 1, pads[:rank], dilations or 1, group)


def normalize(x, scale, bias=None, axis=-1, epsilon=1e-5, stash_type=1):
    axis %= x.dim()
    return functional.layer_norm(x, x.shape[axis:], scale, bias, epsilon)


def reduce_mean(x, axes=None, keepdims=1):
    return x.mean(numbers(axes) or list(range(x.dim())), keepdim=bool(keepdims))


def divide(x, y):
    return x / y if torch.is_floating_point(x) else torch.div(x, y, rounding_mode="trunc")


def split_up(x, split=None, axis=0, num_outputs=None, outputs=1):
    return x.split(numbers(split) or x.shape[axis] // (num_outputs or outputs), axis)


def constant_of_shape(shape, value=None):
    value = torch.zeros(1) if value is None else torch.from_numpy(
        numpy_helper.to_array(value).copy())
    return value.reshape(()).expand(numbers(shape)).clone()


def cast(x, to):
    return x.to(torch.from_numpy(numpy.zeros(0, helper.tensor_dtype_to_np_dtype(to))).dtype)


def top_k(x, k, axis=-1, largest=1, **_):
    return torch.topk(x, int(k), axis, bool(largest))


def one_hot(indices, depth, values, axis=-1):
    if axis not in (-1, indices.dim()):
        raise NotImplementedError("OneHot along another axis than the last")
    hot = functional.one_hot(indices % int(depth), int(depth))
    return torch.where(hot.bool(), values[1], values[0])


def transpose(x, perm=None):
    return x.permute(perm or list(reversed(range(x.dim()))))


FUNCTIONS = {
    "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Pow": torch.pow, "Mod": torch.remainder,
    "Div": divide, "Neg": torch.neg, "Sqrt": torch.sqrt, "Exp": torch.exp, "Log": torch.log, "Abs": torch.abs,
    "Sigmoid": torch.sigmoid, "Tanh": torch.tanh, "Relu": torch.relu, "Erf": torch.erf,
    "Equal": torch.eq, "Less": torch.lt, "Greater": torch.gt, "Not": torch.logical_not,
    "And": torch.logical_and, "Or": torch.logical_or, "Where": torch.where,
    "Identity": lambda x: x, "MatMul": torch.matmul, "Gemm": gemm, "Conv": convolve,
    "LayerNormalization": normalize, "ReduceMean": reduce_mean,
    "ReduceProd": lambda x, axes=None, keepdims=1: x.prod(),
    "Softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "LogSoftmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    "Shape": lambda x, start=0, end=None: torch.tensor(x.shape[start:end], dtype=torch.int64),
    "Concat": lambda *parts, axis: torch.cat(parts, axis), "Split": split_up,
    "Slice": cut, "Gather": gather, "Reshape": reshape, "Squeeze": squeeze,
    "Unsqueeze": unsqueeze, "Transpose": transpose, "TopK": top_k, "OneHot": one_hot,
    "Expand": lambda x, shape: x.expand(torch.broadcast_shapes(x.shape, tuple(numbers(shape)))),
    "ConstantOfShape": constant_of_shape, "Cast": cast,
    "Range": lambda start, end, step: torch.arange(start.item(), end.item(), step.item()),
    "ScatterElements": lambda data, indices, updates, axis=0: data.scatter(axis, indices, updates),
}


# Their constant integers are lists, or numbers, in PyTorch.
TAKE_LISTS = {"Slice", "Reshape", "Squeeze", "Unsqueeze", "Split", "Expand", "ReduceMean", "Gather"}


def function_of(node, attributes):
    if node.op_type == "Constant":
        value = torch.from_numpy(numpy_helper.to_array(attributes["value"]).copy())
        return lambda: value
    if node.op_type not in FUNCTIONS:
        unsupported(node)
    function = FUNCTIONS[node.op_type]
    if node.op_type == "Split":
        attributes.update(outputs=len(node.output))
    return functools.partial(function, **attributes)


class Recurrent(torch.nn.Module):
    """An LSTM, GRU or RNN node by PyTorch's layer of the same name."""

    def __init__(self, node, attributes, weights):
        super().__init__()
        kind = node.op_type
        known = {"hidden_size", "direction", "linear_before_reset", "activations", "layout"}
        if set(attributes) - known or attributes.get("layout", 0) or len(weights) > 3:
            unsupported(node, "with other attributes than PyTorch's layers have")
        if kind == "GRU" and not attributes.get("linear_before_reset"):
            unsupported(node, "without linear_before_reset")
        direction = attributes.get("direction", b"forward")
        activation = attributes.get("activations", [b"Tanh"])[0].decode().lower()
        extra = {"nonlinearity": activation} if kind == "RNN" else {}
        if direction == b"reverse" or (kind != "RNN" and "activations" in attributes):
            unsupported(node, f"with {direction.decode()} direction or activations")
        W, R = weights[:2]
        B = weights[2] if len(weights) > 2 else torch.zeros(len(W), 2 * W.shape[1])
        self.hidden_size = R.shape[2]
        self.layer = getattr(torch.nn, kind)(W.shape[2], self.hidden_size,
                                             bidirectional=len(W) == 2, **extra)
        biases = B.reshape(len(B), 2, -1)
        with torch.no_grad():
            for d, suffix in enumerate(("", "_reverse")[:len(W)]):
                for name, rows in (("weight_ih", W[d]), ("weight_hh", R[d]),
                                   ("bias_ih", biases[d, 0]), ("bias_hh", biases[d, 1])):
                    gates = rows.reshape(len(GATE_ORDER[kind]), self.hidden_size, -1)
                    target = getattr(self.layer, f"{name}_l0{suffix}")
                    target.copy_(gates[list(GATE_ORDER[kind])].reshape(target.shape))

    def forward(self, x, lengths=None, *states):
        states = tuple(state for state in states if state is not None)
        states = (states if len(states) > 1 else states[0]) if states else None
        if lengths is not None:
            total = x.shape[0]
            lengths = lengths.long()
            in_order = bool((lengths[:-1] >= lengths[1:]).all())
            x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=in_order)
        y, last = self.layer(x, states)
        if lengths is not None:
            y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=total)
        y = y.reshape(*y.shape[:2], -1, self.hidden_size).transpose(1, 2)
        return (y, *last) if isinstance(last, tuple) else (y, last)


class Graph(torch.nn.Module):
    """The graph of a model for inputs like the given ones, as far as `wanted` outputs need it.
    Initializers named in `trainable` are parameters."""

    def __init__(self, graph, trainable, inputs, wanted):
        super().__init__()
        self.constants = {"": None}
        self.steps = []  # Of a function, names of inputs, names of outputs.
        self.layers = torch.nn.ModuleDict()
        self.example = {"": None, **inputs}
        self.by_data = set(inputs)  # Values that depend on inputs or, the last, on parameters.
        self.by_parameters = set()
        for index, initializer in enumerate(graph.initializer):
            value = torch.from_numpy(numpy_helper.to_array(initializer).copy())
            if initializer.name in trainable:
                value = torch.nn.Parameter(value)
                self.register_parameter(f"initializer_{index}", value)
                self.by_parameters.add(initializer.name)
            self.constants[initializer.name] = self.example[initializer.name] = value
        with torch.no_grad():
            for node in graph.node:
                self.add_node(node)
        self.keep_needed(wanted)
        del self.example

    def add_node(self, node):
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs, outputs = list(node.input), list(node.output)
        if node.op_type in GATE_ORDER:
            function = self.layer_for(node, attributes)
            inputs = [inputs[0], *inputs[4:7]]
        else:
            function = function_of(node, attributes)
            inputs = self.with_lists(node.op_type, inputs)
        results = function(*(self.example[name] for name in inputs))
        results = results if isinstance(results, tuple) else (results,)
        self.example.update(zip(outputs, results))
        if node.op_type != "Shape" and not self.by_data.isdisjoint(inputs):
            self.by_data.update(outputs)
        elif node.op_type != "Shape" and not self.by_parameters.isdisjoint(inputs):
            self.by_parameters.update(outputs)
        else:
            self.constants.update(zip(outputs, results))
            return
        self.steps.append((function, inputs, outputs))

    def with_lists(self, op_type, inputs):
        """The inputs with constant integers as lists, where that is what PyTorch takes."""
        names = list(inputs)
        for index, name in enumerate(inputs):
            if op_type not in TAKE_LISTS or name not in self.constants or index == 0 or not name:
                continue
            names[index] = name + " as list"
            value = self.constants[name]
            self.constants[names[index]] = self.example[names[index]] = \
                value.tolist() if op_type == "Gather" and value.dim() == 0 else \
                value if op_type == "Gather" else numbers(value)
        return names

    def layer_for(self, node, attributes):
        """One layer for all nodes with the same weights."""
        names = [name for name in node.input[1:4] if name]
        if not self.by_data.isdisjoint(names) or any(node.input[7:]):
            unsupported(node, "with weights that depend on data, or peepholes")
        key = "_".join(str(self.example[name].data_ptr()) for name in names)
        if key not in self.layers:
            self.layers[key] = Recurrent(node, attributes, [self.example[name] for name in names])
        return self.layers[key]

    def keep_needed(self, wanted):
        needed, steps = set(wanted), []
        for step in reversed(self.steps):
            if not needed.isdisjoint(step[2]):
                steps.append(step)
                needed.update(step[1])
        self.steps = steps[::-1]

    def used_parameters(self):
        """Without initializers that are parts of layers."""
        names = {name for _, inputs, _ in self.steps for name in inputs}
        return [value for name, value in self.constants.items()
                if name in names and isinstance(value, torch.nn.Parameter)] + \
            list(self.layers.parameters())

    def forward(self, inputs):
        values = {**self.constants, **inputs}
        for function, names, outputs in self.steps:
            results = function(*[values[name] for name in names])
            if isinstance(results, tuple):
                values.update(zip(outputs, results))
            else:
                values[outputs[0]] = results
        return values
