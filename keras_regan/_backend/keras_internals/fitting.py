"""Changes to a model in the course of `fit`."""

from collections.abc import Callable
from typing import Any


def set_initial_epoch(model: Any, epoch: int | None) -> None:
    """Sets the first epoch of a running `fit`, or clears it.

    Why: a callback may restore a model when `fit` has been called already, and
        the training then has to continue in the epoch of the model.
        `BackupAndRestore` sets the epoch in this way, but it may be older.
    When it is gone: look for how `keras.callbacks.BackupAndRestore` sets the
        first epoch, and do the same.
    """
    model._initial_epoch = epoch


def train_function_of(model: Any) -> Callable[..., Any]:
    """Returns the function that a trainer calls for every batch.

    Why: as for `set_train_function`.
    When it is gone: as for `set_train_function`.
    """
    return model.train_function


def set_train_function(model: Any, function: Callable[..., Any]) -> None:
    """Replaces the function that a trainer calls for every batch.

    Why: a training that continues in the middle of an epoch has to skip
        batches that the model has seen, and only this function gets batches.
    When it is gone: cut the data before `fit` gets it: slice arrays and data
        sets, and take batches from generators.
    """
    model.train_function = function


def trained_on_nothing(error: UnboundLocalError) -> bool:
    """Tells whether `fit` failed because there was no batch.

    Why: on JAX, Keras reads the logs of the last step even if there was none.
    When it is gone: drop this function and the `except` that uses it if Keras
        returns an empty history, for which there is an error already. If Keras
        raises another error, look for that one.
    """
    return "'logs'" in str(error)


def differentiates_compiled_twice(error: RuntimeError) -> bool:
    """Tells whether PyTorch refused a gradient of a gradient of a program.

    Why: PyTorch has no class for this error, which says nothing of Keras's
        `jit_compile`.
    When it is gone: compile a GAN with `R1` and `jit_compile=True`. If it
        trains, drop this function; otherwise look for what it raises.
    """
    text = str(error)
    return "double backward" in text or "donated_buffer" in text


def callbacks_in(callback_list: Any) -> list[Any]:
    """Returns the callbacks that a `keras.callbacks.CallbackList` calls.

    Why: as for `set_callbacks`.
    When it is gone: as for `set_callbacks`.
    """
    return callback_list.callbacks


def set_callbacks(callback_list: Any, callbacks: list[Any]) -> None:
    """Replaces the callbacks of a `keras.callbacks.CallbackList`.

    Why: `fit` takes such a list, and public methods only add to its end, but
        one of our callbacks has to come first.
    When it is gone: raise for a `CallbackList` in `fit`, and ask for a list.
    """
    callback_list.callbacks = callbacks
