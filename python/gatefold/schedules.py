"""Schedules of the learning rate. docs/training.md has their formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gatefold.plans import PlanPart


class Schedule(PlanPart):
    """A schedule and its settings; None stands for the default."""


class Constant(Schedule):
    """The same rate throughout."""

    type = "constant"

    def __init__(self) -> None:
        super().__init__()


class Step(Schedule):
    """Multiplies the rate by gamma after every step_size updates."""

    type = "step"

    def __init__(self, step_size: int, gamma: float | None = None) -> None:
        super().__init__(step_size=step_size, gamma=gamma)


class MultiStep(Schedule):
    """Changes the rate at milestones: to the next of rates, or by gamma.

    milestones count updates, milestone_epochs epochs.
    """

    type = "multistep"

    def __init__(
        self,
        milestones: Sequence[int] | None = None,
        gamma: float | None = None,
        *,
        milestone_epochs: Sequence[int] | None = None,
        rates: Sequence[float] | None = None,
    ) -> None:
        super().__init__(
            milestones=_listed(milestones),
            gamma=gamma,
            milestone_epochs=_listed(milestone_epochs),
            rates=_listed(rates),
        )


class Exponential(Schedule):
    """Multiplies the rate by gamma after every update."""

    type = "exponential"

    def __init__(self, gamma: float) -> None:
        super().__init__(gamma=gamma)


class LinearWarmup(Schedule):
    """Raises the rate in a straight line for warmup_steps updates; then it stays."""

    type = "linear_warmup"

    def __init__(self, warmup_steps: int) -> None:
        super().__init__(warmup_steps=warmup_steps)


class Cosine(Schedule):
    """Lowers the rate to min_lr along half a wave that ends at update total_steps."""

    type = "cosine"

    def __init__(self, total_steps: int | None = None, min_lr: float | None = None) -> None:
        super().__init__(total_steps=total_steps, min_lr=min_lr)


class LinearWarmupCosine(Schedule):
    """LinearWarmup, then Cosine."""

    type = "linear_warmup_cosine"

    def __init__(
        self, warmup_steps: int, total_steps: int | None = None, min_lr: float | None = None
    ) -> None:
        super().__init__(warmup_steps=warmup_steps, total_steps=total_steps, min_lr=min_lr)


class ReduceOnPlateau(Schedule):
    """Multiplies the rate by gamma when the loss of epochs has not improved for `patience` ones.

    A Trainer learns of the losses by end_epoch.
    """

    type = "reduce_on_plateau"

    def __init__(
        self,
        gamma: float | None = None,
        *,
        patience: int | None = None,
        threshold: float | None = None,
        min_lr: float | None = None,
    ) -> None:
        super().__init__(gamma=gamma, patience=patience, threshold=threshold, min_lr=min_lr)


def _listed(numbers: Sequence[Any] | None) -> list[Any] | None:
    return None if numbers is None else list(numbers)
