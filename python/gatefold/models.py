"""Models: loaded, compiled, inspected, tested."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gatefold import _gatefold
from gatefold._gatefold import Session
from gatefold.sources import ModelSource, Path, path_or_bytes

if TYPE_CHECKING:
    from gatefold._gatefold import ArrayLike


class Model(_gatefold.Model):
    """A compiled model; see load. Any number of threads may run it at a time."""

    def session(self, states: Mapping[str, str] | None = None) -> Session:
        """Makes a stream of calls that carries states from call to call.

        states: which output is carried into which input, as {"hn": "h0"}; None: those that the
        model's file names.
        """
        return self._session(None if states is None else dict(states))

    def _repr_html_(self) -> str:
        tables = Inspection(json.loads(self._describe()))._repr_html_()
        return (self._repr_svg_() or "") + tables


class Inspection(dict[str, Any]):
    """What there is to say about a model without running it; a notebook shows it as tables."""

    def _repr_html_(self) -> str:
        from gatefold.notebook import inspection_html

        return inspection_html(self)


class TestOutcome(NamedTuple):
    """How one test ended."""

    kind: str  #: "model", "training" or "pass"
    path: str
    verdict: str  #: "passed", "failed" or "skipped"
    message: str  #: Why; empty for most tests that passed.
    seconds: float


class TestReport(list[TestOutcome]):
    """How the tests of some folders ended; true if none failed."""

    def count(self, verdict: object) -> int:
        """Returns how many tests ended "passed", "failed" or "skipped"."""
        return sum(outcome.verdict == verdict for outcome in self)

    def __bool__(self) -> bool:
        return self.count("failed") == 0

    def __repr__(self) -> str:
        counts = (f"{self.count(verdict)} {verdict}" for verdict in ("passed", "failed", "skipped"))
        return f"<{', '.join(counts)}>"


def load(
    model: ModelSource,
    *,
    threads: int = 1,
    dims: Mapping[str, int] | None = None,
    precision: str = "f32",
    kernels: str = "fastest",
    values: Mapping[str, ArrayLike] | None = None,
    optimize: bool = True,
) -> Model:
    """Reads a model and compiles it.

    model: a path, bytes, a file object or an onnx.ModelProto
    threads: of one run
    dims: sizes for named extents, as {"batch": 1}; what depends only on them is computed now
    precision: "f32", or the format to which operands of matrix products are rounded, "bf16", "int8"
    kernels: "onednn" or "own" for oneDNN's or Gatefold's own wherever there are both
    values: arrays for inputs that become constants
    optimize: whether to fuse and simplify
    """
    return Model(
        path_or_bytes(model),
        threads=threads,
        dims=dict(dims or {}),
        precision=precision,
        kernels=kernels,
        values=dict(values or {}),
        optimize=optimize,
    )


def compile(
    model: Model | ModelSource,
    output: Path,
    *,
    states: Mapping[str, str] | None = None,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, ArrayLike] | None = None,
) -> None:
    """Writes a model as it is after fusing and simplifying, as plain ONNX.

    output: the file; ONNX text if its name ends in .onnxtxt
    states: outputs and the inputs that sessions carry them into, to be named in the file; None: as
    the model's own file says
    dims, values: as for load; a loaded model has its own
    """
    if isinstance(model, Model):
        if dims or values:
            raise _gatefold.Error("the model is loaded already; give dims and values to load")
        loaded = model
    else:
        loaded = load(model, dims=dims, values=values)
    loaded._write(output, None if states is None else dict(states))


def inspect(
    model: Model | ModelSource, *, dims: Mapping[str, int] | None = None
) -> Inspection:
    """Returns inputs, outputs, operators, parameters, states and recurrent layers of a model.

    A file is described as it is, a loaded model as it was compiled.
    """
    if isinstance(model, Model):
        if dims:
            raise _gatefold.Error("the model is loaded already; give dims to load")
        return Inspection(json.loads(model._describe()))
    return Inspection(json.loads(_gatefold.inspect(path_or_bytes(model), dict(dims or {}))))


def test(
    folders: Path | Iterable[Path],
    *,
    filter: str = "",
    threads: int = 1,
    precision: str = "f32",
    rtol: float = 1e-3,
    atol: float = 1e-5,
) -> TestReport:
    """Runs every test at and below the folders, each in a process of its own.

    A test is a folder with model.onnx and test_data_set_0, or one that says how to train a model
    and what must come of it.
    filter: a shell pattern for the names of the tests' folders
    """
    paths = [folders] if isinstance(folders, (str, os.PathLike)) else list(folders)
    outcomes = _gatefold.test(
        folders=paths,
        filter=filter,
        threads=threads,
        precision=precision,
        rtol=rtol,
        atol=atol,
    )
    return TestReport(TestOutcome(*outcome) for outcome in outcomes)
