"""How notebooks show models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any


def _table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    def row(tag: str, cells: Iterable[object]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    lines = [row("th", header), *(row("td", cells) for cells in rows)]
    return "<table>" + "".join(lines) + "</table>"


def inspection_html(facts: Mapping[str, Any]) -> str:
    """Returns tables of a model's ports, operators and recurrent layers."""
    ports = [(kind, port["name"], port["type"]) for kind in ("inputs", "outputs")
             for port in facts[kind]]
    parts = [_table(("", "name", "type"), ports)]
    counts = sorted(facts["ops"].items(), key=lambda entry: (-entry[1], entry[0]))
    parts.append(_table(("operator", "count"), counts))
    layers = facts["recurrent_layers"]
    if layers:
        parts.append(_table(layers[0].keys(), (layer.values() for layer in layers)))
    parameters = facts["parameters"]
    parts.append(
        f"<p>{parameters['elements']:,} numbers in {parameters['tensors']:,} parameters</p>"
    )
    return "".join(parts)
