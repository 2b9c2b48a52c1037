"""What becomes known while a model is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from gatefold import _gatefold


class StepNumbers(Protocol):
    """What a history keeps of a step."""

    @property
    def loss(self) -> float: ...
    @property
    def gradient_norm(self) -> float: ...
    @property
    def learning_rate(self) -> float: ...


class StepProgress(NamedTuple):
    """A step of a run that has just ended."""

    step: int  #: Counted from 1.
    total: int  #: Steps in the run.
    epoch: int
    loss: float
    gradient_norm: float
    learning_rate: float


class EpochProgress(NamedTuple):
    """An epoch of a run that has just ended."""

    epoch: int  #: Counted from 0.
    learning_rate: float  #: Of its last step.
    is_best: bool  #: Whether no loss before was as low.
    metrics: dict[str, float]  #: training_loss, validation_loss, training_accuracy, ...


class History:
    """Losses, rates and other numbers over the steps of training. A notebook draws it."""

    def __init__(self, name: str = "training") -> None:
        self.name = name
        self.fields: dict[str, list[tuple[float, float]]] = {}  #: (step, number) by metric.

    def add(self, step: float, numbers: Mapping[str, float]) -> None:
        """Adds numbers by the names of their metrics."""
        for name, number in numbers.items():
            self.fields.setdefault(name, []).append((float(step), float(number)))

    def add_step(self, number: int, step: StepNumbers) -> None:
        """Adds what every step has."""
        for name in ("loss", "gradient_norm", "learning_rate"):
            self.add(number, {name: getattr(step, name)})

    def __getitem__(self, metric: str) -> list[float]:
        """Returns the numbers of a metric."""
        return [number for _, number in self.fields[metric]]

    def to_svg(self, metric: str = "loss", *, rate: bool = False) -> str:
        """Draws a metric over the steps, with the learning rate if wanted, as SVG."""
        return _gatefold.draw_curve(self.name, self.fields, metric, rate)

    def _repr_svg_(self) -> str | None:
        return self.to_svg() if "loss" in self.fields else None
