"""Optimizers, by the names, settings and defaults of torch.optim.

docs/training.md has their formulas.
"""

from __future__ import annotations

from gatefold.plans import PlanPart


class Optimizer(PlanPart):
    """An optimizer and its settings; None stands for the default."""


class SGD(Optimizer):
    """w -= lr g, with momentum m = momentum m + (1 - dampening) g and w -= lr m."""

    type = "sgd"

    def __init__(
        self,
        lr: float | None = None,
        momentum: float | None = None,
        *,
        dampening: float | None = None,
        weight_decay: float | None = None,
        nesterov: bool | None = None,
    ) -> None:
        super().__init__(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
        )


class _Adaptive(Optimizer):
    def __init__(
        self,
        lr: float | None = None,
        betas: tuple[float, float] | None = None,
        *,
        eps: float | None = None,
        weight_decay: float | None = None,
        amsgrad: bool | None = None,
    ) -> None:
        beta1, beta2 = betas if betas is not None else (None, None)
        super().__init__(
            lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad
        )


class Adam(_Adaptive):
    """Divides the mean of gradients by the root of the mean of their squares."""

    type = "adam"


class AdamW(_Adaptive):
    """Adam whose weight decay is apart from the gradients."""

    type = "adamw"


class Adagrad(Optimizer):
    """Divides gradients by the root of the sum of all their squares."""

    type = "adagrad"

    def __init__(
        self,
        lr: float | None = None,
        *,
        lr_decay: float | None = None,
        weight_decay: float | None = None,
        initial_accumulator: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator=initial_accumulator,
            eps=eps,
        )


class RMSprop(Optimizer):
    """Divides gradients by the root of the mean of their squares."""

    type = "rmsprop"

    def __init__(
        self,
        lr: float | None = None,
        *,
        alpha: float | None = None,
        eps: float | None = None,
        weight_decay: float | None = None,
        momentum: float | None = None,
        centered: bool | None = None,
    ) -> None:
        super().__init__(
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
        )
