"""Gatefold as a backend of ONNX: the interface of onnx.backend.base. Needs the package onnx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper
from onnx.backend.base import Backend, BackendRep, Device, DeviceType, namedtupledict
from onnx.mapping import NP_TYPE_TO_TENSOR_TYPE

from gatefold.models import Model, load


class GatefoldBackendRep(BackendRep):  # type: ignore[misc]
    """A model that is ready to run."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Runs the model on a list of arrays in the order of its inputs, or arrays by name."""
        if isinstance(inputs, dict):
            feeds = inputs
        else:
            if isinstance(inputs, numpy.ndarray) and len(self._model.inputs) == 1:
                inputs = [inputs]
            feeds = {port.name: array for port, array in zip(self._model.inputs, inputs)}
        outputs = self._model.run(feeds)
        made: tuple[Any, ...] = namedtupledict("Outputs", list(outputs))(*outputs.values())
        return made


class GatefoldBackend(Backend):  # type: ignore[misc]
    """Runs models and single nodes on the CPU."""

    @classmethod
    def is_compatible(cls, model: ModelProto, device: str = "CPU", **kwargs: Any) -> bool:
        """Returns whether the model can be run."""
        try:
            load(model)
        except ValueError:
            return False
        return True

    @classmethod
    def prepare(cls, model: ModelProto, device: str = "CPU", **kwargs: Any) -> GatefoldBackendRep:
        """Compiles a model; settings are those of gatefold.load."""
        super().prepare(model, device, **kwargs)  # Checks the model.
        return GatefoldBackendRep(load(model, **kwargs))

    @classmethod
    def run_model(
        cls, model: ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any
    ) -> tuple[Any, ...]:
        """Compiles a model and runs it once."""
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(
        cls,
        node: NodeProto,
        inputs: Any,
        device: str = "CPU",
        outputs_info: Sequence[tuple[numpy.dtype[Any], tuple[int, ...]]] | None = None,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Runs one node on arrays in the order of its inputs."""
        names = [name for name in node.input if name]
        arrays = [numpy.asarray(array) for array in inputs]
        values = [
            helper.make_tensor_value_info(name, _element_type(array), array.shape)
            for name, array in zip(names, arrays)
        ]
        results = [onnx.ValueInfoProto(name=name) for name in node.output if name]
        graph = helper.make_graph([node], "node", values, results)
        version = kwargs.pop("opset_version", onnx.defs.onnx_opset_version())
        opsets = [helper.make_opsetid("", version)]
        model = helper.make_model(graph, opset_imports=opsets)
        return GatefoldBackendRep(load(model, **kwargs)).run(dict(zip(names, arrays)))

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Returns whether the device is the CPU."""
        try:
            return bool(Device(device).type == DeviceType.CPU)
        except (AttributeError, KeyError, ValueError):
            return False


def _element_type(array: numpy.ndarray[Any, Any]) -> int:
    kind = NP_TYPE_TO_TENSOR_TYPE.get(array.dtype, TensorProto.UNDEFINED)
    return int(kind)


is_compatible = GatefoldBackend.is_compatible
prepare = GatefoldBackend.prepare
run_model = GatefoldBackend.run_model
run_node = GatefoldBackend.run_node
supports_device = GatefoldBackend.supports_device
