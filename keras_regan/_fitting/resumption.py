"""How a call of `fit` goes on where an earlier one stopped."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import keras

from keras_regan import _backend
from keras_regan._backend.keras_internals import fitting
from keras_regan._checks.batches import length
from keras_regan._fitting.position import Position
from keras_regan._validation import boolean


class Resumption:
    """Finds out where `fit` begins, and what of the data it passes over.

    Keras resumes at the beginning of an epoch, `BackupAndRestore` with the
    weights of a later batch if it was told to save some. Here the position
    that was saved with those weights decides.

    Args:
        position: Where the model is.
        resume: Whether to go on there.
        x: The data of `fit`.
        arguments: Its other arguments. `initial_epoch` is set.
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
                    "beside `resume=True`, which goes on where the model is. "
                    f"Received: initial_epoch={arguments['initial_epoch']}"
                )
            arguments["initial_epoch"] = position.epoch_and_batch[0]
            _warn_if_complete(position, arguments.get("epochs", 1))

    @property
    def passes_over(self) -> bool:
        """Whether this call of `fit` passes over batches without training."""
        return self._train_function is not None

    def begin(self, model: keras.Model) -> None:
        """Takes note of what callbacks loaded when the training began."""
        self._resume = self._resume or self._position.loaded
        if self._position.loaded:
            fitting.set_initial_epoch(model, self._position.epoch_and_batch[0])

    def begin_epoch(self, model: keras.Model, epoch: int) -> None:
        """Says where the model is, and passes over what it has had."""
        batch = 0
        if self._resume:
            self._resume = False
            batch = self._position.epoch_and_batch[1]
            self._pass_over(model, self._batches_before(epoch), batch)
        else:
            self._position.random_states = []
        self._position.go_to(epoch, batch)

    def _restore_random_states(self) -> None:
        """Lets what is random and no variable go on, once.

        Loading alone does not: it would disturb a program that only wants to
        look at a model.
        """
        states, self._position.random_states = (
            self._position.random_states,
            [],
        )
        if states:
            _backend.set_random_states(states)

    def end(self, model: keras.Model) -> None:
        """Leaves nothing behind that a later `fit` would stumble over."""
        fitting.set_initial_epoch(model, None)
        if self._train_function is not None:
            fitting.set_train_function(model, self._train_function)

    def _batches_before(self, epoch: int) -> int:
        """Returns how far into the data an epoch begins.

        With `steps_per_epoch`, an epoch goes on where the last one ended, and
        begins anew where the data did.
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
                "would have to be passed over, which Keras does not allow on "
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
    """Warns of a call of `fit` that has nothing left to do."""
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
        train_function: That of Keras's trainer.
        before: Batches to take ahead of the first call.
        batches: Batches that calls take without training.
        at_once: Batches a call takes.
        logs: What such a call returns as its logs.
        begin: Called as soon as the last batch was passed over: the next
            epoch may begin before one is trained on.
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
    """Returns how many batches the data has, or `None` if it does not say."""
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
