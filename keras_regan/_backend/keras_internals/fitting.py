"""What is done to a model in the course of `fit`."""

from collections.abc import Callable
from typing import Any


def set_initial_epoch(model: Any, epoch: int | None) -> None:
    """Lets a running `fit` begin at an epoch, or forget of one.

    Why: a callback may restore a model when `fit` has been called already,
        and the epoch in which to go on is then that of the model. It is how
        `BackupAndRestore` tells the trainer, whose own epoch may be older.
    When it is gone: look how `keras.callbacks.BackupAndRestore` says where to
        begin, and say it likewise.
    """
    model._initial_epoch = epoch


def train_function_of(model: Any) -> Callable[..., Any]:
    """Returns what a trainer calls for every batch.

    Why: as for `set_train_function`.
    When it is gone: as for `set_train_function`.
    """
    return model.train_function


def set_train_function(model: Any, function: Callable[..., Any]) -> None:
    """Lets a trainer call another function for every batch.

    Why: a training that goes on in the middle of an epoch has to pass over
        batches that the model has had, and only this function sees batches.
    When it is gone: let the data be cut instead, before `fit` has it: arrays
        and data sets at once, and generators by taking from them.
    """
    model.train_function = function


def trained_on_nothing(error: UnboundLocalError) -> bool:
    """Tells whether `fit` failed because there was no batch.

    Why: on JAX, Keras reads the logs of the last step even if there was none.
    When it is gone: drop this function and the `except` that asks it, if Keras
        returns an empty history, for which there is an error already; if it
        raises something else, look for that.
    """
    return "'logs'" in str(error)


def callbacks_in(callback_list: Any) -> list[Any]:
    """Returns the callbacks that a `keras.callbacks.CallbackList` calls.

    Why: as for `set_callbacks`.
    When it is gone: as for `set_callbacks`.
    """
    return callback_list.callbacks


def set_callbacks(callback_list: Any, callbacks: list[Any]) -> None:
    """Lets a `keras.callbacks.CallbackList` call other callbacks.

    Why: `fit` takes such a list, which may only be added to at its end, and
        one of ours has to come first.
    When it is gone: refuse a `CallbackList` in `fit`, and ask for a list.
    """
    callback_list.callbacks = callbacks
