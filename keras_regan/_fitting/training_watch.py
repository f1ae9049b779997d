"""Callbacks that every call of `fit` has."""

from typing import Any

import keras

from keras_regan._backend.keras_internals import fitting
from keras_regan._checks.conditions import Conditions
from keras_regan._fitting.position import Position
from keras_regan._fitting.resumption import Resumption

# No step follows a bad batch, so it is enough to check now and then; a check
# makes JAX wait.
_EVERY = 100


class TrainingWatch(keras.callbacks.Callback):
    """Updates a model's position, and ends a training with bad data.

    It must come first, because other callbacks save the model at the end of an
    epoch.

    Args:
        position: The position of the model.
        resumption: The `Resumption` of this call of `fit`.
    """

    def __init__(self, position: Position, resumption: Resumption):
        super().__init__()
        self._position = position
        self._resumption = resumption

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Sets the position."""
        self._epoch = epoch
        self._resumption.begin_epoch(self.model, epoch)

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks now and then whether all batches could be trained on."""
        if batch and batch % _EVERY == 0:
            self._look(self.model)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks once more, and counts the epoch."""
        model = self.model
        self._look(model)
        steps = self.params.get("steps")
        batch = self._position.epoch_and_batch[1]
        was_stopped = model.stop_training and steps and batch < steps
        if not was_stopped:
            self._position.go_to(epoch + 1)

    def _look(self, model: keras.Model) -> None:
        # The caller has read `self.model` before: JAX's trainer updates the
        # variables when a callback reads it.
        index = self._position.first_bad_batch_index
        if index is not None:
            raise not_finite(
                self._epoch, index, model.name, model._game.beside_samples
            )


class BeginningWatch(keras.callbacks.Callback):
    """Starts a training where an earlier callback has restored the model.

    It must come last.

    Args:
        resumption: The `Resumption` of this call of `fit`.
    """

    def __init__(self, resumption: Resumption):
        super().__init__()
        self._resumption = resumption

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Reads the restored position."""
        self._resumption.begin(self.model)


def not_finite(
    epoch: int, batch: int, name: str, conditions: Conditions | None
) -> ValueError:
    """Returns the error for a batch that ends a training."""
    labels = received = ""
    if conditions is not None and not conditions.are_labels:
        labels = " and conditions"
    for condition in [] if conditions is None else conditions.each:
        if condition.count is not None:
            kind = "labels" if condition.is_label else "integers"
            labels += f" and {kind} from {condition.least} to "
            labels += f"{condition.count - 1}"
            received = f" or another {kind[:-1]}"
    return ValueError(
        f"The data holds NaN or infinity{received} in batch {batch} of epoch "
        f"{epoch}, both counted from 0. Expected finite samples{labels}. No "
        f"step was taken on it or after it: {name} is as it was before."
    )


def watched(
    callbacks: Any, first: TrainingWatch, *last: keras.callbacks.Callback
) -> Any:
    """Returns the callbacks of `fit` with others at the start and the end."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        ours = (type(first), *map(type, last))
        given = fitting.callbacks_in(callbacks)
        others = [c for c in given if not isinstance(c, ours)]
        for callback in (first, *last):
            callback.set_model(callbacks.model)
            callback.set_params(callbacks.params)
        fitting.set_callbacks(callbacks, [first, *others, *last])
        return callbacks
    others = [] if callbacks is None else keras.tree.flatten(callbacks)
    return [first, *others, *last]
