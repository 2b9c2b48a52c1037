"""Training: step by step on arrays, or a whole run on a data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gatefold import _gatefold
from gatefold.history import EpochProgress, History, StepProgress
from gatefold.optimizers import Optimizer
from gatefold.plans import Named, Patterns, plan_text
from gatefold.schedules import Schedule
from gatefold.sources import ModelFile, ModelSource, Path, path_or_bytes

if TYPE_CHECKING:
    from gatefold._gatefold import ArrayLike, NDArray, Port

    Batch = Mapping[str, ArrayLike]


class StepResult(NamedTuple):
    """What a training step computed before its update."""

    loss: float
    gradient_norm: float  #: Before clipping.
    learning_rate: float
    outputs: dict[str, NDArray]  #: Those that the trainer was asked for.


def _listed(patterns: Patterns | None) -> list[str]:
    if patterns is None:
        return []
    return [patterns] if isinstance(patterns, str) else list(patterns)


class Trainer:
    """Trains a model step by step on batches that a program gives.

        trainer = gf.Trainer("model.onnx", loss="cross_entropy", optimizer=gf.Adam(1e-3))
        for batch in batches:
            result = trainer.step(batch)
        trainer.save("trained.onnx")

    A batch holds arrays by the names of the model's inputs, and "target". One thread at a time may
    use a trainer.
    """

    def __init__(
        self,
        model: ModelSource,
        *,
        loss: Named | None = None,
        optimizer: Optimizer | Named | None = None,
        schedule: Schedule | Named | None = None,
        trainable: Patterns | None = None,
        freeze: Patterns | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int | None = None,
        states: Mapping[str, str] | None = None,
        dropout: Mapping[str, float] | None = None,
        padding: Mapping[str, int] | None = None,
        checkpoint_every: int | None = None,
        target: str | None = None,
        spec: Path | Mapping[str, Any] | None = None,
        outputs: Iterable[str] = (),
        dims: Mapping[str, int] | None = None,
        steps: int | None = None,
        steps_per_epoch: int | None = None,
        seed: int = 0,
        threads: int = 1,
        precision: str = "f32",
    ) -> None:
        """Builds the training step of a model.

        loss: its name, or a mapping with "type" and settings such as "output", "ignore_index"
        optimizer, schedule: objects of this module, names, or mappings
        trainable: patterns (*, ?, [...]) for the names of weights; a whole name stands for any
        tensor, weight or not. freeze: patterns of tensors that stay as they are
        clip_norm, clip_value: limits of the norm of all gradients, and of each element
        accumulate: steps whose gradients are averaged for one update
        states: outputs and the inputs that they are carried into from step to step
        dropout: patterns for values, and the probability of an element to be dropped
        padding: tables, and the row of each that has no gradient
        checkpoint_every: time steps that recurrent layers recompute at a time to save memory
        target: the name of the array of targets
        spec: a mapping or file as `gatefold train --spec` takes it; what is given beside it counts
        outputs: those of the model that each step returns
        steps, steps_per_epoch: for schedules that end with the run or count epochs
        """
        self._trainer = _gatefold.Trainer(
            model=path_or_bytes(model),
            plan=plan_text(
                spec,
                loss=loss,
                optimizer=optimizer,
                schedule=schedule,
                trainable=trainable,
                states=states,
                dropout=dropout,
                padding=padding,
                target=target,
                clip_norm=clip_norm,
                clip_value=clip_value,
                accumulate=accumulate,
                checkpoint_every=checkpoint_every,
                steps=steps,
            ),
            trainable=_listed(trainable),
            frozen=_listed(freeze),
            outputs=list(outputs),
            dims=dict(dims or {}),
            steps_per_epoch=steps_per_epoch or 0,
            seed=seed,
            threads=threads,
            precision=precision,
        )
        self.history = History()

    def step(self, batch: Batch) -> StepResult:
        """Takes one step; raises Error and changes nothing if loss or gradients are not finite."""
        result = StepResult(**self._trainer.step(dict(batch)))
        self.history.add_step(self.steps, result)
        return result

    def gradients(self, batch: Batch) -> dict[str, NDArray]:
        """Returns the gradients that the next step would have on a batch, before clipping."""
        return self._trainer.gradients(dict(batch))

    def evaluate(
        self, batches: Batch | Iterable[Batch], metrics: Iterable[str] = ()
    ) -> dict[str, float]:
        """Returns the mean loss over batches and other metrics; nothing changes.

        metrics: "accuracy", "perplexity"
        """
        listed = [batches] if isinstance(batches, Mapping) else batches
        return self._trainer.evaluate([dict(batch) for batch in listed], list(metrics))

    def set_weight(self, name: str, numbers: ArrayLike) -> None:
        """Sets a trained tensor to a copy of these numbers."""
        self._trainer.set_weight(name, numbers)

    def end_epoch(self, loss: float) -> None:
        """Tells the schedule that an epoch has ended with this loss."""
        self._trainer.end_epoch(loss)

    def forget_states(self) -> None:
        """Sets the carried states to zero before the next step."""
        self._trainer.forget_carried()

    def save(self, path: Path) -> None:
        """Writes the model's file with the present weights."""
        self._trainer.save(path)

    def checkpoint(self, folder: Path) -> None:
        """Writes all that is needed to continue bit for bit into a folder."""
        self._trainer.save_checkpoint(folder)

    def resume(self, folder: Path) -> None:
        """Continues from a checkpoint."""
        self._trainer.restore_checkpoint(folder)

    @property
    def weights(self) -> dict[str, NDArray]:
        """Copies of the trained tensors by name."""
        return self._trainer.weights

    @property
    def inputs(self) -> list[Port]:
        """What a batch must hold."""
        return self._trainer.inputs

    @property
    def steps(self) -> int:
        """Steps taken so far."""
        return self._trainer.steps

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return self._trainer.learning_rate


class TrainingResult:
    """What has come of a run."""

    def __init__(self, file: ModelFile, result: _gatefold.RunResult, history: History) -> None:
        self._file = file
        self._result = result
        self.history = history

    @property
    def weights(self) -> dict[str, NDArray]:
        """The trained tensors by name."""
        return self._result.weights

    @property
    def steps(self) -> int:
        """Steps taken, those before a resumption included."""
        return self._result.steps

    @property
    def best_loss(self) -> float:
        """Loss of the best epoch; 0 if none has ended."""
        return self._result.best_loss

    def save(self, path: Path) -> None:
        """Writes the model's file with the trained weights."""
        self._result.save(self._file.path, path)

    def _repr_svg_(self) -> str | None:
        return self.history._repr_svg_()


class _Callbacks:
    """Writes the history of a run and calls what the user gave."""

    def __init__(
        self,
        on_step: Callable[[StepProgress], object] | None,
        on_epoch: Callable[[EpochProgress], object] | None,
        show: bool,
    ) -> None:
        self.history = History()
        self._on_step = on_step
        self._on_epoch = on_epoch
        self._show = show
        self._last_step = 0

    def end_step(self, fields: dict[str, Any]) -> object:
        step = StepProgress(**fields)
        self._last_step = step.step
        self.history.add_step(step.step, step)
        return None if self._on_step is None else self._on_step(step)

    def end_epoch(self, fields: dict[str, Any]) -> object:
        named = {name: fields.pop(name) for name in ("epoch", "learning_rate", "is_best")}
        epoch = EpochProgress(**named, metrics=fields)
        self.history.add(self._last_step, fields)
        if self._show:
            numbers = ", ".join(f"{name} {number:.6g}" for name, number in fields.items())
            print(f"epoch {epoch.epoch}: {numbers}{' *' if epoch.is_best else ''}", flush=True)
        return None if self._on_epoch is None else self._on_epoch(epoch)


def train(
    model: ModelSource,
    data: Path | Batch,
    *,
    validation: Path | Batch | None = None,
    loss: Named | None = None,
    optimizer: Optimizer | Named | None = None,
    schedule: Schedule | Named | None = None,
    trainable: Patterns | None = None,
    freeze: Patterns | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    accumulate: int | None = None,
    states: Mapping[str, str] | None = None,
    dropout: Mapping[str, float] | None = None,
    padding: Mapping[str, int] | None = None,
    checkpoint_every: int | None = None,
    target: str | None = None,
    spec: Path | Mapping[str, Any] | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    batch_axes: Mapping[str, int] | None = None,
    bptt: int | None = None,
    corpus: bool = False,
    shuffle: bool = False,
    bucket: bool = False,
    metrics: Iterable[str] = (),
    early_stopping: int | None = None,
    keep_best: bool = False,
    checkpoint: Path | None = None,
    save_every: int | None = None,
    resume: bool = False,
    seed: int = 0,
    threads: int = 1,
    precision: str = "f32",
    progress: bool = False,
    on_step: Callable[[StepProgress], object] | None = None,
    on_epoch: Callable[[EpochProgress], object] | None = None,
    on_checkpoint: Callable[[str], object] | None = None,
) -> TrainingResult:
    """Trains a model on a data set, as `gatefold train` does.

    data, validation: a .npz file, or arrays by the names of the model's inputs and "target"
    loss to spec: as for Trainer
    epochs, steps, batch_size, batch_axes, bptt, corpus, shuffle, bucket, metrics, early_stopping,
    keep_best, checkpoint, save_every, resume: as the options of `gatefold train`
    progress: whether to print a line for each epoch
    on_step, on_epoch, on_checkpoint: called after each; one that returns True ends the run

    Ctrl-C ends the run after a checkpoint, if it writes any, and raises KeyboardInterrupt.
    """
    file = ModelFile(model)
    callbacks = _Callbacks(on_step, on_epoch, progress)
    settings = {
        "epochs": epochs,
        "steps": steps,
        "batch_size": batch_size,
        "batch_axes": None if batch_axes is None else dict(batch_axes),
        "bptt": bptt,
        "corpus": corpus,
        "shuffle": shuffle,
        "bucket": bucket,
        "metrics": list(metrics),
        "early_stopping": early_stopping,
        "keep_best": keep_best,
        "checkpoint": None if checkpoint is None else os.fspath(checkpoint),
        "save_every": save_every,
        "resume": resume,
        "seed": seed,
        "threads": threads,
    }
    result = _gatefold.train(
        model=file.path,
        plan=plan_text(
            spec,
            loss=loss,
            optimizer=optimizer,
            schedule=schedule,
            trainable=trainable,
            states=states,
            dropout=dropout,
            padding=padding,
            target=target,
            clip_norm=clip_norm,
            clip_value=clip_value,
            accumulate=accumulate,
            checkpoint_every=checkpoint_every,
        ),
        trainable=_listed(trainable),
        frozen=_listed(freeze),
        data=dict(data) if isinstance(data, Mapping) else data,
        validation=dict(validation) if isinstance(validation, Mapping) else validation,
        settings={name: value for name, value in settings.items() if value is not None},
        precision=precision,
        on_step=callbacks.end_step,
        on_epoch=callbacks.end_epoch,
        on_checkpoint=on_checkpoint,
    )
    return TrainingResult(file, result, callbacks.history)
