"""Gatefold runs and trains ONNX models on the CPU.

    import gatefold as gf
    model = gf.load("model.onnx")
    y = model.run({"x": x})["y"]

Arrays go in and come out as numpy's; whatever speaks DLPack, such as tensors of PyTorch, goes in,
too. docs/python.md describes it all. Mistakes in what is given raise gatefold.Error.
"""

from gatefold._gatefold import Error, Port, Session, Tensor, Tokenizer, templates
from gatefold._gatefold import version as __version__
from gatefold.history import EpochProgress, History, StepProgress
from gatefold.inference_session import (
    ExecutionMode,
    GraphOptimizationLevel,
    InferenceSession,
    ModelMetadata,
    NodeArg,
    RunOptions,
    SessionOptions,
    get_all_providers,
    get_available_providers,
    get_device,
    set_default_logger_severity,
)
from gatefold.models import (
    Inspection,
    Model,
    TestOutcome,
    TestReport,
    compile,
    inspect,
    load,
    test,
)
from gatefold.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from gatefold.projects import Project, new
from gatefold.schedules import (
    Constant,
    Cosine,
    Exponential,
    LinearWarmup,
    LinearWarmupCosine,
    MultiStep,
    ReduceOnPlateau,
    Schedule,
    Step,
)
from gatefold.training import StepResult, Trainer, TrainingResult, train

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "EpochProgress",
    "Error",
    "ExecutionMode",
    "Exponential",
    "GraphOptimizationLevel",
    "History",
    "InferenceSession",
    "Inspection",
    "LinearWarmup",
    "LinearWarmupCosine",
    "Model",
    "ModelMetadata",
    "MultiStep",
    "NodeArg",
    "Optimizer",
    "Port",
    "Project",
    "RMSprop",
    "ReduceOnPlateau",
    "RunOptions",
    "Schedule",
    "Session",
    "SessionOptions",
    "Step",
    "StepProgress",
    "StepResult",
    "Tensor",
    "TestOutcome",
    "TestReport",
    "Tokenizer",
    "Trainer",
    "TrainingResult",
    "__version__",
    "compile",
    "get_all_providers",
    "get_available_providers",
    "get_device",
    "inspect",
    "load",
    "new",
    "set_default_logger_severity",
    "templates",
    "test",
    "train",
]


def __getattr__(name: str) -> object:
    """Says of what onnxruntime has and this module has not that it is not here."""
    from gatefold.inference_session import absent_names

    if name in absent_names:
        raise AttributeError(f"gatefold has no {name}: {absent_names[name]}")
    raise AttributeError(f"module 'gatefold' has no attribute '{name}'")
