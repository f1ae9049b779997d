"""Continues a training where an earlier call of `fit` stopped."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import keras

from keras_regan import _backend
from keras_regan._backend.keras_internals import fitting
from keras_regan._checks.sources import length
from keras_regan._fitting.position import Position
from keras_regan._validation import boolean


class Resumption:
    """Determines where `fit` begins, and which batches it skips.

    Keras resumes at the beginning of an epoch, and `BackupAndRestore` does so
    with the weights of a later batch if it saves within epochs. Here the
    position that was saved with the weights decides.

    Args:
        position: The position of the model.
        resume: Whether to continue there.
        x: The data of `fit`.
        arguments: The other arguments of `fit`. This sets `initial_epoch`.
    """

    def __init__(
        self,
        position: Position,
        resume: bool,
        x: Any,
        arguments: dict[str, Any],
    ):
        self._position = position
        self._resume = boolean(resume, "resume")
        self._steps_per_epoch = arguments.get("steps_per_epoch")
        self._batches = _batches_in(x, arguments)
        self._train_function: Callable[..., Any] | None = None
        position.loaded = False
        if resume:
            if arguments.get("initial_epoch"):
                raise ValueError(
                    "Invalid value for argument `initial_epoch`. Expected none "
                    "with `resume=True`, which continues where the model is. "
                    f"Received: initial_epoch={arguments['initial_epoch']}"
                )
            arguments["initial_epoch"] = position.epoch_and_batch[0]
            _warn_if_complete(position, arguments.get("epochs", 1))

    @property
    def passes_over(self) -> bool:
        """Whether this call of `fit` skips batches without training."""
        return self._train_function is not None

    def begin(self, model: keras.Model) -> None:
        """Continues where a callback has restored the model, if one has."""
        self._resume = self._resume or self._position.loaded
        if self._position.loaded:
            fitting.set_initial_epoch(model, self._position.epoch_and_batch[0])

    def begin_epoch(self, model: keras.Model, epoch: int) -> None:
        """Sets the position, and skips batches that the model has seen."""
        batch = 0
        if self._resume:
            self._resume = False
            batch = self._position.epoch_and_batch[1]
            self._pass_over(model, self._batches_before(epoch), batch)
        else:
            self._position.random_states = []
        self._position.go_to(epoch, batch)

    def _restore_random_states(self) -> None:
        """Restores random state that is not in variables, once.

        Loading alone does not, because it would change the random numbers of
        a program that only looks at a model.
        """
        states, self._position.random_states = (
            self._position.random_states,
            [],
        )
        if states:
            _backend.set_random_states(states)

    def end(self, model: keras.Model) -> None:
        """Undoes the changes that would affect a later `fit`."""
        fitting.set_initial_epoch(model, None)
        if self._train_function is not None:
            fitting.set_train_function(model, self._train_function)

    def _batches_before(self, epoch: int) -> int:
        """Returns the index of the batch at which an epoch begins.

        With `steps_per_epoch`, an epoch continues where the last one ended,
        and starts over when the data does.
        """
        if self._steps_per_epoch is None:
            return 0
        if self._batches is not None:
            epoch %= math.ceil(self._batches / self._steps_per_epoch)
        return epoch * self._steps_per_epoch

    def _pass_over(self, model: keras.Model, before: int, batches: int) -> None:
        if before and not _backend.TRAIN_FUNCTION_TAKES_BATCHES:
            warnings.warn(
                f"With `steps_per_epoch`, {before} batches of earlier epochs "
                "would have to be skipped, which Keras does not allow on "
                "PyTorch: this epoch begins with the first batch of the data.",
                stacklevel=2,
            )
            before = 0
        if not before and not batches:
            self._restore_random_states()
            return
        train_function = fitting.train_function_of(model)
        self._train_function = train_function
        beginning_later = _beginning_later(
            train_function,
            before,
            batches,
            model.steps_per_execution,
            model.get_metrics_result(),
            self._restore_random_states,
        )
        fitting.set_train_function(model, beginning_later)


def _warn_if_complete(position: Position, epochs: int) -> None:
    """Warns if a call of `fit` has nothing left to do."""
    if position.epoch_and_batch[0] >= epochs:
        warnings.warn(
            f"The model has had {position.epoch_and_batch[0]} epochs, so "
            f"`fit` with `resume=True` and `epochs={epochs}` trains nothing, "
            "and its history is empty: `epochs` counts earlier calls too. "
            "Pass a larger number to train on.",
            stacklevel=4,
        )


def _beginning_later(
    train_function: Callable[..., Any],
    before: int,
    batches: int,
    at_once: int,
    logs: dict[str, Any],
    begin: Callable[[], None],
) -> Callable[..., Any]:
    """Returns a train function whose first calls do not train.

    Args:
        train_function: The train function of Keras's trainer.
        before: Number of batches to skip before the first call.
        batches: Number of batches that calls take without training.
        at_once: Number of batches in a call.
        logs: The logs that such a call returns.
        begin: Function to call as soon as the last batch is skipped, because
            the next epoch may begin before a batch is trained on.
    """

    def train_or_pass_over(*arguments: Any) -> Any:
        nonlocal before, batches
        if before:
            _backend.pass_over(arguments, before, logs)
            before = 0
            if not batches:
                begin()
        if batches:
            count = min(batches, at_once)
            batches -= count
            outputs = _backend.pass_over(arguments, count, logs)
            if not batches:
                begin()
            return outputs
        return train_function(*arguments)

    return train_or_pass_over


def _batches_in(x: Any, arguments: dict[str, Any]) -> int | None:
    """Returns the number of batches of the data; `None` if unknown."""
    shape = getattr(x, "shape", None)
    if shape:
        split = arguments.get("validation_split") or 0.0
        if arguments.get("validation_data") is not None:
            split = 0.0
        samples = math.floor(shape[0] * (1.0 - split))
        return math.ceil(samples / (arguments.get("batch_size") or 32))
    if isinstance(x, keras.utils.PyDataset):
        return x.num_batches
    if hasattr(x, "cardinality"):
        batches = int(x.cardinality())
        return batches if batches > 0 else None
    return length(x)
