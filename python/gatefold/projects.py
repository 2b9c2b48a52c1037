"""Projects: folders with a model, its data, and what came of them. docs/learn.md describes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gatefold import _gatefold
from gatefold.sources import Path


class Project(_gatefold.Project):
    """A folder that holds a model, its data and what came of them."""

    def prepare(
        self,
        texts: str | Iterable[str],
        *,
        tokens: str = "",
        min_count: int = 1,
        lower_case: bool = False,
        validation: float = 0.1,
        seed: int = 0,
    ) -> dict[str, int]:
        """Makes vocabulary, arrays and models of texts, as `gatefold prepare` does.

        texts: files, each perhaps with columns: "names.tsv:1,2"
        tokens: "char", "word" or "bpe:8000"; by default what suits the template
        validation: the share of the examples that is held back
        Returns how many examples there are for training and for validation, and how many tokens and
        targets.
        """
        settings = {
            "tokens": tokens,
            "min_count": min_count,
            "lower_case": lower_case,
            "validation": validation,
            "seed": seed,
        }
        return self._prepare([texts] if isinstance(texts, str) else list(texts), settings)


def new(
    template: str,
    folder: Path,
    *,
    rnn: str | None = None,
    embedding: int | None = None,
    hidden: int | None = None,
    layers: int | None = None,
    bidirectional: bool | None = None,
    dropout: float | None = None,
    tie: bool | None = None,
    attention: str | None = None,
    heads: int | None = None,
    window: int | None = None,
    inputs: int | None = None,
    outputs: int | None = None,
    seed: int | None = None,
) -> Project:
    """Makes a project in a folder, as `gatefold new` does; templates() lists the templates.

    Where the sizes of the model depend on the data, prepare makes it.
    """
    settings: dict[str, Any] = {
        "rnn": rnn,
        "embedding": embedding,
        "hidden": hidden,
        "layers": layers,
        "bidirectional": bidirectional,
        "dropout": dropout,
        "tie": tie,
        "attention": attention,
        "heads": heads,
        "window": window,
        "inputs": inputs,
        "outputs": outputs,
        "seed": seed,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    _gatefold.Project._create(template, folder, given)
    return Project(folder)
