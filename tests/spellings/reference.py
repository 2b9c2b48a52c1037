"""Runs and trains ONNX graphs by PyTorch, in double precision: what a spelling computes as it is written.

An operator that is not in the table of reference_operators.py raises KeyError."""

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

import reference_recurrent
from reference_operators import OPERATORS


def tensor_of(proto, real):
    """A tensor of the model; floats get the type `real`."""
    array = np.array(numpy_helper.to_array(proto))
    return torch.tensor(array).to(real) if array.dtype.kind == "f" else torch.tensor(array)


class Graph:
    """The model with its float tensors, those of sub-graphs and Constant nodes, too. `tensors` has them by
    name: of several with one name in different sub-graphs, the first."""

    def __init__(self, model, real=torch.float64):
        self.model, self.real = model, real
        self.tensors = {}
        self._places = {}  # By graph or node and name, to the list that holds the tensor.
        self._collect(model.graph)

    def _collect(self, graph):
        for proto in graph.initializer:
            self._add(graph, proto.name, tensor_of(proto, self.real))
        for node in graph.node:
            if node.op_type == "Constant":
                self._add(node, node.output[0], constant_of(node, self.real))
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    self._collect(attribute.g)

    def _add(self, owner, name, tensor):
        self._places[id(owner), name] = holder = [tensor]
        self.tensors.setdefault(name, holder)
        self._owners = getattr(self, "_owners", [])
        self._owners.append(owner)  # Their identities must stay.

    def run(self, inputs):
        """The outputs, in their order."""
        values = {}
        for name, array in inputs.items():
            value = torch.as_tensor(array)
            values[name] = value.to(self.real) if value.is_floating_point() else value
        self._run(self.model.graph, values)
        return [values[output.name] for output in self.model.graph.output]

    def _run(self, graph, values):
        for proto in graph.initializer:
            values[proto.name], = self._places[id(graph), proto.name]
        for node in graph.node:
            results = self._compute(node, values)
            values.update(zip(node.output, results if isinstance(results, Results) else [results]))

    def _compute(self, node, values):
        if node.op_type == "Constant":
            return self._places[id(node), node.output[0]][0]
        inputs = [values[name] if name else None for name in node.input]
        attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        if node.op_type in ("Loop", "Scan", "If"):
            return getattr(self, "_" + node.op_type.lower())(attributes, inputs, values)
        attributes["real"] = self.real
        if node.op_type == "ConstantOfShape" and "value" in attributes:
            attributes["value"] = tensor_of(attributes["value"], self.real)
        if node.op_type in reference_recurrent.STEPS:
            return Results(reference_recurrent.run(node.op_type, attributes, *inputs))
        if node.op_type == "Split":
            attributes["outputs"] = len(node.output)
        results = OPERATORS[node.op_type](attributes, *inputs)
        return Results(results) if node.op_type == "Split" else results

    def _body(self, graph, inputs, values):
        inner = {**values, **dict(zip([value.name for value in graph.input], inputs))}
        self._run(graph, inner)
        return [inner[output.name] for output in graph.output]

    def _if(self, attributes, inputs, values):
        return Results(self._body(attributes["then_branch" if inputs[0] else "else_branch"], [], values))

    def _loop(self, attributes, inputs, values):
        body = attributes["body"]
        most = None if inputs[0] is None else int(inputs[0])
        goes_on = inputs[1] is None or bool(inputs[1])
        states, rows, t = inputs[2:], [], 0
        while goes_on and (most is None or t < most):
            outputs = self._body(body, [torch.tensor(t), torch.tensor(True), *states], values)
            goes_on, states = bool(outputs[0]), outputs[1:1 + len(states)]
            rows.append(outputs[1 + len(states):])
            t += 1
        return Results([*states, *(torch.stack(column) for column in zip(*rows))])

    def _scan(self, attributes, inputs, values):
        count = attributes["num_scan_inputs"]
        states, scanned = inputs[:len(inputs) - count], inputs[len(inputs) - count:]
        axes = attributes.get("scan_input_axes", [0] * count)
        ways = attributes.get("scan_input_directions", [0] * count)
        rows = [list(x.unbind(axis))[::-1 if way else 1] for x, axis, way in zip(scanned, axes, ways)]
        collected = []
        for step in zip(*rows):
            outputs = self._body(attributes["body"], [*states, *step], values)
            states = outputs[:len(states)]
            collected.append(outputs[len(states):])
        columns = list(zip(*collected))
        axes = attributes.get("scan_output_axes", [0] * len(columns))
        ways = attributes.get("scan_output_directions", [0] * len(columns))
        return Results([*states, *(torch.stack(column[::-1 if way else 1], axis)
                                   for column, axis, way in zip(columns, axes, ways))])


class Results(list):
    """The outputs of a node that has several."""


def constant_of(node, real):
    """The tensor of a Constant node."""
    attribute, = node.attribute
    value = helper.get_attribute_value(attribute)
    if isinstance(value, onnx.TensorProto):
        return tensor_of(value, real)
    return torch.tensor(value, dtype=real if attribute.name.startswith("value_float") else torch.int64)


def losses_of_training(model, names, batches, rate, real=torch.float64):
    """The mean squared errors of the first output before each step of plain gradient descent on the
    tensors of these names, and that of the first batch after the last one."""
    graph = Graph(model, real)
    weights = []
    for name in names:
        weights.append(graph.tensors[name][0].requires_grad_(True))
    losses = []
    for batch in [*batches, batches[0]]:
        inputs = {name: array for name, array in batch.items() if name != "target"}
        loss = ((graph.run(inputs)[0] - torch.as_tensor(batch["target"]).to(real)) ** 2).mean()
        losses.append(loss.item())
        if len(losses) > len(batches):
            break
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients):
                if gradient is not None:
                    weight -= rate * gradient
    return losses
