"""Writes ONNX graphs node by node, as exporters do, in the form that an opset asks for."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, INT32, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL
TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.int64): INT64, np.dtype(np.int32): INT32,
         np.dtype(np.bool_): BOOL}


class GraphWriter:
    """One graph. Bodies share counter and weights with the graph that they belong to. Constants are nodes
    or, with `constants` "initializers", initializers; weights are initializers of the outermost graph, or with
    `weights_inside` of the body that reads them."""

    def __init__(self, opset, constants="nodes", parent=None, weights_inside=False):
        self.opset, self.constants, self.parent = opset, constants, parent
        self.weights_inside = weights_inside
        self.nodes, self.initializers, self.inputs, self.outputs = [], [], [], []
        self._count = parent._count if parent else [0]

    def body(self):
        """A graph inside this one."""
        return GraphWriter(self.opset, self.constants, self, self.weights_inside)

    def fresh(self, name):
        """A name that no other value has."""
        self._count[0] += 1
        return f"{name}_{self._count[0]}"

    # -- Values ---------------------------------------------------------------------------------

    def input(self, name, kind, shape):
        """Declares an input; returns its name."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name, kind=FLOAT, shape=None):
        """Delivers a value; an outer one goes through an Identity."""
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def deliver(self, value, name, kind=FLOAT, shape=None):
        """Delivers a value under another name."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.output(name, kind, shape)

    def initializer(self, name, array):
        """Adds an initializer; returns its name."""
        self.initializers.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def weight(self, name, array):
        """A trained tensor; the same name twice is one tensor."""
        graph = self
        while graph.parent and not self.weights_inside:
            graph = graph.parent
        if not any(proto.name == name for proto in graph.initializers):
            graph.initializer(name, np.float32(array))
        return name

    def constant(self, value, kind=np.float32):
        """A constant in the chosen form."""
        array = np.asarray(value, kind)
        name = self.fresh("const")
        if self.constants == "initializers":
            return self.initializer(name, array)
        self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array)))
        return name

    def ints(self, *values):
        """A constant list of int64."""
        return self.constant(values, np.int64)

    # -- Nodes ----------------------------------------------------------------------------------

    def add(self, op, *inputs, **attributes):
        """A node of one output; returns its name."""
        return self.add_many(op, *inputs, outputs=1, **attributes)[0]

    def add_many(self, op, *inputs, outputs, **attributes):
        """A node; returns the names of its outputs."""
        names = [self.fresh(op.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names

    def with_axes(self, op, value, axes, since=13, **attributes):
        """Squeeze, Unsqueeze and, from opset 13, ReduceSum take axes as an input."""
        if self.opset < since:
            return self.add(op, value, axes=list(axes), **attributes)
        return self.add(op, value, self.ints(*axes), **attributes)

    def squeeze(self, value, *axes):
        """A Squeeze of these axes."""
        return self.with_axes("Squeeze", value, axes)

    def unsqueeze(self, value, *axes):
        """An Unsqueeze of these axes."""
        return self.with_axes("Unsqueeze", value, axes)

    def split(self, value, sizes, axis):
        """The parts of these sizes along an axis."""
        count = len(sizes)
        if self.opset < 13:
            return self.add_many("Split", value, outputs=count, axis=axis, split=list(sizes))
        if self.opset >= 18 and len(set(sizes)) == 1:
            return self.add_many("Split", value, outputs=count, axis=axis, num_outputs=count)
        return self.add_many("Split", value, self.ints(*sizes), outputs=count, axis=axis)

    def slice(self, value, start, end, axis, step=1):
        """The elements from start to end along one axis."""
        return self.add("Slice", value, self.ints(start), self.ints(end), self.ints(axis), self.ints(step))

    def reshape(self, value, *extents):
        """A Reshape to constant extents."""
        return self.add("Reshape", value, self.ints(*extents))

    def concat(self, axis, *values):
        """A Concat along an axis."""
        return self.add("Concat", *values, axis=axis)

    def extent(self, value, axis):
        """[1]: an extent, as exporters find it."""
        shape = self.add("Shape", value)
        return self.slice(shape, axis, axis + 1, 0)

    def one_minus(self, value):
        """1 - value."""
        return self.add("Sub", self.constant(1.0), value)

    def sum(self, first, *others):
        """The values added one by one."""
        for other in others:
            first = self.add("Add", first, other)
        return first

    # -- Graphs ---------------------------------------------------------------------------------

    def graph(self, name="graph"):
        """The graph as it stands."""
        return helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.initializers)

    def model(self, producer):
        """The model of the outermost graph."""
        return helper.make_model(self.graph(), opset_imports=[helper.make_opsetid("", self.opset)],
                                 producer_name=producer, ir_version=8)
