"""Keras's callbacks that look for one loss, where a GAN logs two."""

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
    """Shows the sum of both losses to a `TerminateOnNaN`, which reads one.

    Args:
        terminate: What ends the training.
    """

    def __init__(self, terminate: keras.callbacks.TerminateOnNaN):
        super().__init__()
        self._terminate = terminate

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Lets it look at a batch."""
        if logs:
            loss = logs["d_loss"] + logs["g_loss"]
            self._terminate.on_train_batch_end(batch, {**logs, "loss": loss})


def for_two_losses(callbacks: Any, logged: list[str]) -> list[OnEitherLoss]:
    """Returns what the callbacks of `fit` need besides to see both losses.

    Args:
        callbacks: What `fit` was given.
        logged: The names in the logs.

    Raises:
        ValueError: If a callback monitors the one loss that there is not. It
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
            f"`{type(callback).__name__}`. Expected what a GAN logs, and its "
            "direction, as `monitor='val_d_loss', mode='min'`; a metric of "
            "`compile` says more about samples. The logs hold "
            f"{', '.join(logged)}, and with `validation_data` the same with "
            f"`val_` before it. Received: monitor='{monitor}'"
        )
