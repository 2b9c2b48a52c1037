"""The interface of onnxruntime, so that a program changes one import.

What onnxruntime has beyond this raises NotImplementedError, or AttributeError for names, with a
sentence that says what to use instead. Errors in models and inputs are gatefold.Error.
"""

from __future__ import annotations

import enum
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gatefold._gatefold import Error
from gatefold.models import Model, load
from gatefold.sources import Path

if TYPE_CHECKING:
    from gatefold._gatefold import ArrayLike, Output, Port

_PROVIDER = "CPUExecutionProvider"
_NO_PROFILE = "nothing is profiled; `gatefold bench MODEL --ops` measures steps"

#: Names of onnxruntime that are not here, each with what to do instead.
absent_names = {
    "IOBinding": "run reads arrays in place already, and computes outputs in those it returns",
    "OrtDevice": "there is the CPU only",
    "OrtValue": "give numpy arrays, or whatever speaks DLPack",
    "SparseTensor": "sparse tensors are not supported",
    "training": "use gatefold.Trainer",
}


class ExecutionMode(enum.Enum):
    """How nodes of one run are ordered: Gatefold runs them one after another."""

    ORT_SEQUENTIAL = 0
    ORT_PARALLEL = 1


class GraphOptimizationLevel(enum.Enum):
    """How much a model is optimized: ORT_DISABLE_ALL not at all, all others fully."""

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_ALL = 99


class SessionOptions:
    """How an InferenceSession loads and runs a model.

    intra_op_num_threads: threads of one run; 0: as many as the process may use
    graph_optimization_level: see GraphOptimizationLevel
    optimized_model_filepath: where to write the optimized model; empty: nowhere
    Settings that only concern memory and logging of onnxruntime are taken and change nothing.
    """

    __slots__ = (
        "_dims",
        "enable_cpu_mem_arena",
        "enable_mem_pattern",
        "enable_mem_reuse",
        "enable_profiling",
        "execution_mode",
        "graph_optimization_level",
        "inter_op_num_threads",
        "intra_op_num_threads",
        "log_severity_level",
        "log_verbosity_level",
        "logid",
        "optimized_model_filepath",
        "profile_file_prefix",
        "use_deterministic_compute",
    )

    def __init__(self) -> None:
        self._dims: dict[str, int] = {}
        self.enable_cpu_mem_arena = True
        self.enable_mem_pattern = True
        self.enable_mem_reuse = True
        self.enable_profiling = False
        self.execution_mode = ExecutionMode.ORT_SEQUENTIAL
        self.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
        self.inter_op_num_threads = 0
        self.intra_op_num_threads = 0
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.logid = ""
        self.optimized_model_filepath = ""
        self.profile_file_prefix = ""
        self.use_deterministic_compute = False

    def add_free_dimension_override_by_name(self, name: str, size: int) -> None:
        """Sets the size of a named extent."""
        self._dims[name] = size

    def add_free_dimension_override_by_denotation(self, denotation: str, size: int) -> None:
        """Is not there."""
        raise NotImplementedError("extents have sizes by name, not by denotation")

    def add_session_config_entry(self, key: str, value: str) -> None:
        """Is not there."""
        raise NotImplementedError(f"there are no session configuration entries such as {key!r}")

    def add_initializer(self, name: str, value: object) -> None:
        """Is not there."""
        raise NotImplementedError("the model's file must hold its initializers")

    def register_custom_ops_library(self, path: str) -> None:
        """Is not there."""
        raise NotImplementedError("operators outside ONNX cannot be added")


class RunOptions:
    """Settings of one run; those of onnxruntime concern logging only and change nothing."""

    __slots__ = (
        "log_severity_level",
        "log_verbosity_level",
        "logid",
        "only_execute_path_to_fetches",
    )

    def __init__(self) -> None:
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.logid = ""
        self.only_execute_path_to_fetches = False


class NodeArg:
    """An input or output: name, shape (numbers, names, None), and type as "tensor(float)"."""

    def __init__(self, port: Port) -> None:
        self.name = port.name
        self.shape = [] if port.shape is None else list(port.shape)
        self.type = _type_text(port.type)

    def __repr__(self) -> str:
        return f"NodeArg(name={self.name!r}, type={self.type!r}, shape={self.shape})"


class ModelMetadata:
    """What a model's file says beside its graph."""

    def __init__(self, model: Model) -> None:
        self.custom_metadata_map = model.metadata
        self.producer_name = model.producer
        self.graph_name = model.name


class InferenceSession:
    """A model that is ready to run; any number of threads may call run at a time."""

    def __init__(
        self,
        path_or_bytes: Path | bytes,
        sess_options: SessionOptions | None = None,
        providers: Sequence[str | tuple[str, Mapping[str, Any]]] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Loads a model. Of the providers, only CPUExecutionProvider is there."""
        self._options = sess_options or SessionOptions()
        _check_options(self._options)
        _check_providers(providers)
        level = self._options.graph_optimization_level
        self._model = load(
            path_or_bytes,
            threads=self._options.intra_op_num_threads or len(os.sched_getaffinity(0)),
            dims=self._options._dims,
            optimize=level != GraphOptimizationLevel.ORT_DISABLE_ALL,
        )
        if self._options.optimized_model_filepath:
            self._model._write(self._options.optimized_model_filepath, None)
        self._outputs = [port.name for port in self._model.outputs]

    def run(
        self,
        output_names: Sequence[str] | None,
        input_feed: Mapping[str, ArrayLike],
        run_options: RunOptions | None = None,
    ) -> list[Output]:
        """Runs the model once; returns the named outputs, or all for None."""
        outputs = self._model.run(dict(input_feed))
        if not output_names:
            return list(outputs.values())
        for name in output_names:
            if name not in outputs:
                known = ", ".join(self._outputs)
                raise Error(f"the model has no output '{name}'; its outputs: {known}")
        return [outputs[name] for name in output_names]

    def get_inputs(self) -> list[NodeArg]:
        """Returns the inputs in the model's order."""
        return [NodeArg(port) for port in self._model.inputs]

    def get_outputs(self) -> list[NodeArg]:
        """Returns the outputs in the model's order."""
        return [NodeArg(port) for port in self._model.outputs]

    def get_overridable_initializers(self) -> list[NodeArg]:
        """Returns none: initializers are no inputs."""
        return []

    def get_modelmeta(self) -> ModelMetadata:
        """Returns what the file says beside its graph."""
        return ModelMetadata(self._model)

    def get_session_options(self) -> SessionOptions:
        """Returns the options."""
        return self._options

    def get_providers(self) -> list[str]:
        """Returns the CPU alone."""
        return [_PROVIDER]

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        """Returns no options for the CPU."""
        return {_PROVIDER: {}}

    def set_providers(
        self,
        providers: Sequence[str | tuple[str, Mapping[str, Any]]] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Checks that the CPU is among the providers."""
        _check_providers(providers)

    def disable_fallback(self) -> None:
        """Does nothing: there is nothing to fall back to."""

    def enable_fallback(self) -> None:
        """Does nothing: there is nothing to fall back to."""

    def io_binding(self) -> object:
        """Is not there."""
        raise NotImplementedError(f"there is no IOBinding: {absent_names['IOBinding']}")

    def run_with_iobinding(self, iobinding: object, run_options: object = None) -> None:
        """Is not there."""
        raise NotImplementedError(f"there is no IOBinding: {absent_names['IOBinding']}")

    def run_with_ort_values(
        self, output_names: object, input_feed: object, run_options: object = None
    ) -> object:
        """Is not there."""
        raise NotImplementedError(f"there is no OrtValue: {absent_names['OrtValue']}")

    def run_async(
        self, output_names: object, input_feed: object, callback: object, user_data: object,
        run_options: object = None,
    ) -> None:
        """Is not there."""
        raise NotImplementedError("call run in a thread; it lets others run meanwhile")

    def end_profiling(self) -> str:
        """Is not there."""
        raise NotImplementedError(_NO_PROFILE)

    def get_profiling_start_time_ns(self) -> int:
        """Is not there."""
        raise NotImplementedError(_NO_PROFILE)


def _type_text(text: str) -> str:
    """Turns "float[2,n]" into "tensor(float)", and "seq(float[2])" into "seq(tensor(float))"."""
    for word in ("seq", "optional"):
        if text.startswith(word + "("):
            return f"{word}({_type_text(text[len(word) + 1 : -1])})"
    return f"tensor({text.partition('[')[0]})"


def _check_options(options: SessionOptions) -> None:
    if options.enable_profiling:
        raise NotImplementedError(_NO_PROFILE)
    if options.inter_op_num_threads > 1 or options.execution_mode == ExecutionMode.ORT_PARALLEL:
        raise NotImplementedError(
            "nodes run one after another, each on intra_op_num_threads threads; leave "
            "inter_op_num_threads and execution_mode as they are"
        )


def _check_providers(
    providers: Sequence[str | tuple[str, Mapping[str, Any]]] | None,
) -> None:
    names = [one if isinstance(one, str) else one[0] for one in providers or [_PROVIDER]]
    if _PROVIDER not in names:
        raise Error(f"there is no provider {names[0]}; there is {_PROVIDER}")
    for name in names:
        if name != _PROVIDER:
            warnings.warn(f"there is no provider {name}; {_PROVIDER} is used", stacklevel=3)


def get_available_providers() -> list[str]:
    """Returns the CPU alone."""
    return [_PROVIDER]


def get_all_providers() -> list[str]:
    """Returns the CPU alone."""
    return [_PROVIDER]


def get_device() -> str:
    """Returns "CPU"."""
    return "CPU"


def set_default_logger_severity(severity: int) -> None:
    """Does nothing: nothing is logged."""


