"""ONNX operators by PyTorch's functions, as far as spellings use them, so that they can be differentiated.

An operator is a function of its node's attributes and inputs; inputs that are left out are None. The attribute
`real` is the type with which all floating-point types are computed."""

import torch
import torch.nn.functional as F
from onnx import TensorProto

TYPES = {TensorProto.INT64: torch.int64, TensorProto.INT32: torch.int32, TensorProto.BOOL: torch.bool}


def ints(value):
    """A list of integers, given as a list or as a tensor."""
    return value.reshape(-1).tolist() if torch.is_tensor(value) else value


def settings(attributes, inputs, name, place):
    """A list that older opsets have as attribute `name`, newer ones as the input at `place`."""
    if len(inputs) > place and inputs[place] is not None:
        return ints(inputs[place])
    return attributes.get(name)


def cast(attributes, x):
    if attributes["to"] == TensorProto.FLOAT16:
        x = x.half()
    return x.to(TYPES.get(attributes["to"], attributes["real"]))


def clip(attributes, x, low=None, high=None):
    low = attributes.get("min") if low is None else low
    high = attributes.get("max") if high is None else high
    if low is not None:
        x = torch.maximum(x, torch.as_tensor(low, dtype=x.dtype))
    return x if high is None else torch.minimum(x, torch.as_tensor(high, dtype=x.dtype))


def constant_of_shape(attributes, shape):
    value = attributes.get("value")
    if value is None:
        return torch.zeros(ints(shape), dtype=attributes["real"])
    return value.reshape(()).expand(ints(shape)).clone()


def cut(attributes, data, starts=None, ends=None, axes=None, steps=None):
    starts = attributes["starts"] if starts is None else ints(starts)
    ends = attributes["ends"] if ends is None else ints(ends)
    axes = attributes.get("axes") if axes is None else ints(axes)
    steps = [1] * len(starts) if steps is None else ints(steps)
    for axis, start, end, step in zip(axes or range(len(starts)), starts, ends, steps):
        places = list(range(data.shape[axis]))[start if start > -2 ** 40 else None:
                                               end if abs(end) < 2 ** 40 else None:step]
        data = data.index_select(axis, torch.tensor(places, dtype=torch.int64))
    return data


def depth(attributes, indices, count, values):
    hot = F.one_hot(indices.long(), int(count)).bool()
    return torch.where(hot, values[1], values[0]).movedim(-1, attributes.get("axis", -1))


def expand(attributes, x, shape):
    return x * torch.ones(ints(shape), dtype=x.dtype) if x.dtype != torch.bool else \
        x | torch.zeros(ints(shape), dtype=torch.bool)


def gather(attributes, data, indices):
    axis = attributes.get("axis", 0) % data.dim()
    indices = torch.where(indices < 0, indices + data.shape[axis], indices).long()
    return data[(slice(None),) * axis + (indices,)]


def gather_elements(attributes, data, indices):
    return data.gather(attributes.get("axis", 0), indices.long())


def gemm(attributes, a, b, c=None):
    a = a.t() if attributes.get("transA") else a
    b = b.t() if attributes.get("transB") else b
    y = attributes.get("alpha", 1.0) * (a @ b)
    return y if c is None else y + attributes.get("beta", 1.0) * c


def pad(attributes, x, pads=None, value=None):
    pads = attributes.get("pads") if pads is None else ints(pads)
    both = list(zip(pads[:x.dim()], pads[x.dim():]))
    return F.pad(x, [end for pair in reversed(both) for end in pair],
                 value=0.0 if value is None else float(value))


def pool_sum(function):
    def reduce(attributes, *inputs):
        axes = settings(attributes, inputs, "axes", 1)
        axes = list(range(inputs[0].dim())) if axes is None else axes
        return function(inputs[0], axes, bool(attributes.get("keepdims", 1)))
    return reduce


def reshape(attributes, x, shape):
    return x.reshape([x.shape[k] if extent == 0 else extent for k, extent in enumerate(ints(shape))])


def reverse_sequence(attributes, x, lengths):
    time, batch = attributes.get("time_axis", 0), attributes.get("batch_axis", 1)
    rows = x.movedim((time, batch), (0, 1))
    parts = [torch.cat([rows[:n, k].flip([0]), rows[n:, k]]) for k, n in enumerate(ints(lengths))]
    return torch.stack(parts, 1).movedim((0, 1), (time, batch))


def scatter_elements(attributes, data, indices, updates):
    return data.scatter(attributes.get("axis", 0), indices.long(), updates)


def scatter_nd(attributes, data, indices, updates):
    return data.index_put(tuple(indices.long().unbind(-1)), updates)


def split(attributes, *inputs):
    axis, x = attributes.get("axis", 0), inputs[0]
    sizes = settings(attributes, inputs, "split", 1)
    if sizes is None:
        sizes = [-(-x.shape[axis] // attributes["outputs"])] * attributes["outputs"]
        sizes[-1] = x.shape[axis] - sum(sizes[:-1])
    return list(torch.split(x, sizes, axis))


def split_to_sequence(attributes, x, sizes=None):
    """PyTorch's exporter gives unbind a size of 1 beside keepdims = 0, and means both."""
    axis = attributes.get("axis", 0)
    parts = list(torch.split(x, 1 if sizes is None else int(sizes) if sizes.dim() == 0 else ints(sizes), axis))
    has_single_rows = sizes is None or sizes.dim() == 0 and int(sizes) == 1
    return [part.squeeze(axis) for part in parts] if has_single_rows and not attributes.get("keepdims", 1) \
        else parts


def squeeze(attributes, *inputs):
    axes, x = settings(attributes, inputs, "axes", 1), inputs[0]
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True) if axes else []:
        x = x.squeeze(axis)
    return x if axes else x.squeeze()


def transpose(attributes, x):
    return x.permute(attributes.get("perm", list(reversed(range(x.dim())))))


def unsqueeze(attributes, *inputs):
    axes, x = settings(attributes, inputs, "axes", 1), inputs[0]
    for axis in sorted(axis % (x.dim() + len(axes)) for axis in axes):
        x = x.unsqueeze(axis)
    return x


def plain(function):
    """A function that knows no attributes."""
    return lambda attributes, *inputs: function(*inputs)


def divide(x, y):
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


def concat_from_sequence(attributes, parts):
    join = torch.stack if attributes.get("new_axis") else torch.cat
    return join(parts, attributes["axis"])


def inserted(parts, value, place=None):
    place = len(parts) if place is None else int(place) % (len(parts) + 1)
    return parts[:place] + [value] + parts[place:]


OPERATORS = {
    "Cast": cast, "Clip": clip, "ConstantOfShape": constant_of_shape, "Slice": cut, "OneHot": depth,
    "Expand": expand, "Gather": gather, "GatherElements": gather_elements, "Gemm": gemm, "Pad": pad, "Reshape": reshape,
    "ReverseSequence": reverse_sequence, "ScatterElements": scatter_elements, "ScatterND": scatter_nd,
    "Split": split, "SplitToSequence": split_to_sequence, "Squeeze": squeeze, "Transpose": transpose,
    "Unsqueeze": unsqueeze, "ConcatFromSequence": concat_from_sequence,
    "ReduceSum": pool_sum(lambda x, axes, keep: x.sum(axes, keep)),
    "ReduceMean": pool_sum(lambda x, axes, keep: x.mean(axes, keep)),
    "ReduceMax": pool_sum(lambda x, axes, keep: x.amax(axes, keep)),
    "ReduceMin": pool_sum(lambda x, axes, keep: x.amin(axes, keep)),
    "Concat": lambda attributes, *parts: torch.cat(parts, attributes["axis"]),
    "Flatten": lambda attributes, x: x.flatten(attributes.get("axis", 1)),
    "Shape": lambda attributes, x: torch.tensor(x.shape)[attributes.get("start", 0):attributes.get("end")],
    "Einsum": lambda attributes, *parts: torch.einsum(attributes["equation"].decode(), *parts),
    "Conv": lambda attributes, x, w, b=None: F.conv1d(x, w, b),
    "Softmax": lambda attributes, x: torch.softmax(x, attributes.get("axis", -1)),
    "LeakyRelu": lambda attributes, x: F.leaky_relu(x, attributes.get("alpha", 0.01)),
    "Elu": lambda attributes, x: F.elu(x, attributes.get("alpha", 1.0)),
    "HardSigmoid": lambda attributes, x: torch.clamp(
        attributes.get("alpha", 0.2) * x + attributes.get("beta", 0.5), 0, 1),
    "Range": lambda attributes, start, end, step: torch.arange(start.item(), end.item(), step.item(),
                                                               dtype=start.dtype),
    "Tile": lambda attributes, x, repeats: x.repeat(ints(repeats)),
    "Size": plain(lambda x: torch.tensor(x.numel())), "Identity": plain(lambda x: x),
    "Equal": plain(torch.eq), "Less": plain(torch.lt), "Greater": plain(torch.gt), "Not": plain(torch.logical_not),
    "LessOrEqual": plain(torch.le), "GreaterOrEqual": plain(torch.ge), "And": plain(torch.logical_and),
    "Or": plain(torch.logical_or), "Add": plain(torch.add), "Sub": plain(torch.sub), "Mul": plain(torch.mul),
    "Div": plain(divide), "Pow": plain(lambda x, y: torch.pow(x, y.to(x.dtype))), "Neg": plain(torch.neg),
    "Ceil": plain(torch.ceil), "Floor": plain(torch.floor), "Exp": plain(torch.exp), "Log": plain(torch.log),
    "Sqrt": plain(torch.sqrt), "Abs": plain(torch.abs),
    "Reciprocal": plain(torch.reciprocal), "Sigmoid": plain(torch.sigmoid), "Tanh": plain(torch.tanh),
    "Sinh": plain(torch.sinh), "Cosh": plain(torch.cosh), "Sign": plain(torch.sign), "Erf": plain(torch.erf),
    "Relu": plain(torch.relu), "Softsign": plain(F.softsign), "Softplus": plain(F.softplus),
    "HardSwish": plain(F.hardswish), "Sum": plain(lambda *parts: sum(parts)), "MatMul": plain(torch.matmul),
    "Max": plain(lambda *parts: _fold(torch.maximum, parts)),
    "Min": plain(lambda *parts: _fold(torch.minimum, parts)),
    "Where": plain(torch.where), "SequenceEmpty": plain(lambda: []), "SequenceInsert": plain(inserted),
    "SequenceAt": plain(lambda parts, place: parts[int(place)]),
    "SequenceLength": plain(lambda parts: torch.tensor(len(parts))),
    "SequenceConstruct": plain(lambda *parts: list(parts)),
}


def _fold(function, parts):
    result = parts[0]
    for part in parts[1:]:
        result = function(result, part)
    return result
