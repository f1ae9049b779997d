"""Adapts callbacks of Keras that expect one loss to the two of a GAN."""

from typing import Any

import keras

_MONITORING = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.OrbaxCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)
_ONE_LOSS = ("loss", "val_loss")


class OnEitherLoss(keras.callbacks.Callback):
    """Passes the sum of both losses to a `TerminateOnNaN`, which reads one.

    Args:
        terminate: The `TerminateOnNaN`.
    """

    def __init__(self, terminate: keras.callbacks.TerminateOnNaN):
        super().__init__()
        self._terminate = terminate

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Calls it with the logs of a batch."""
        if logs:
            loss = logs["d_loss"] + logs["g_loss"]
            self._terminate.on_train_batch_end(batch, {**logs, "loss": loss})


def for_two_losses(callbacks: Any, logged: list[str]) -> list[OnEitherLoss]:
    """Returns further callbacks, so that those of `fit` see both losses.

    Args:
        callbacks: The callbacks given to `fit`.
        logged: The names in the logs.

    Raises:
        ValueError: If a callback monitors `loss`, which a GAN does not log. It
            would never do anything.
    """
    callbacks = getattr(callbacks, "callbacks", callbacks)
    callbacks = [] if callbacks is None else keras.tree.flatten(callbacks)
    for callback in callbacks:
        if isinstance(callback, _MONITORING):
            _check_monitor(callback, logged)
    return [
        OnEitherLoss(callback)
        for callback in callbacks
        if isinstance(callback, keras.callbacks.TerminateOnNaN)
    ]


def _check_monitor(callback: Any, logged: list[str]) -> None:
    monitor = callback.monitor
    is_used = getattr(callback, "save_best_only", True)
    if (
        is_used
        and monitor in _ONE_LOSS
        and monitor.removeprefix("val_") not in logged
    ):
        raise ValueError(
            "Invalid value for argument `monitor` of "
            f"`{type(callback).__name__}`. Expected a value that a GAN logs, "
            "and its direction, such as `monitor='val_d_loss', mode='min'`; a "
            "metric of `compile` says more about samples. The logs hold "
            f"{', '.join(logged)}, and with `validation_data` the same names "
            f"with the prefix `val_`. Received: monitor='{monitor}'"
        )
