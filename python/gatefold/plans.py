"""Training plans: what the parts of them have in common, and their text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Union

from gatefold.sources import Path


class PlanPart:
    """A part of a training plan: its type and its settings; None stands for the default."""

    type = ""

    def __init__(self, **settings: Any) -> None:
        self._settings = {name: value for name, value in settings.items() if value is not None}

    def to_plan(self) -> dict[str, Any]:
        """Returns the settings as a training plan has them."""
        return {"type": self.type, **self._settings}

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self._settings.items())
        return f"gatefold.{type(self).__name__}({settings})"


Patterns = Union[str, Iterable[str]]
Named = Union[str, Mapping[str, Any]]


def plan_text(
    spec: Path | Mapping[str, Any] | None,
    *,
    loss: Named | None,
    optimizer: PlanPart | Named | None,
    schedule: PlanPart | Named | None,
    trainable: Patterns | None,
    states: Mapping[str, str] | None,
    dropout: Mapping[str, float] | None,
    padding: Mapping[str, int] | None,
    target: str | None,
    **settings: Any,
) -> str:
    """Makes the text of a training plan: that of the spec, and over it what is given."""
    plan: dict[str, Any] = {}
    if isinstance(spec, Mapping):
        plan.update(spec)
    elif spec is not None:
        with open(spec, encoding="utf-8") as file:
            plan.update(json.load(file))
    for name, part in (("loss", loss), ("optimizer", optimizer), ("lr_schedule", schedule)):
        if isinstance(part, str):
            plan[name] = {"type": part}
        elif isinstance(part, PlanPart):
            plan[name] = part.to_plan()
        elif part is not None:
            plan[name] = dict(part)
    if optimizer is not None or schedule is not None:
        plan.pop("lr_per_step", None)
    if trainable is not None:
        plan.pop("trainable", None)
    if states is not None:
        plan["carried"] = [{"output": o, "input": i} for o, i in states.items()]
    if dropout is not None:
        plan["dropout"] = [{"pattern": pattern, "p": p} for pattern, p in dropout.items()]
    if padding is not None:
        plan["padding"] = dict(padding)
    if target is not None:
        plan["target"] = {"name": target}
    plan.update({name: value for name, value in settings.items() if value is not None})
    return json.dumps(plan)
