"""A callback that watches one training of a trial."""

import math
from collections.abc import Callable
from typing import Any

import keras

_LOSSES = ("d_loss", "g_loss")


class TrialWatch(keras.callbacks.Callback):
    """Reports every epoch, and stops a training that is hopeless or broken.

    Args:
        report: Function that takes the number of the epoch and the logs, and
            returns whether to stop.
    """

    def __init__(self, report: Callable[[int, dict[str, float]], bool]):
        super().__init__()
        self._report = report
        self.logs: dict[str, float] = {}
        self.failure: str | None = None
        self.is_pruned = False

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks and reports the logs of an epoch."""
        self.logs = {name: float(value) for name, value in (logs or {}).items()}
        for name in _LOSSES:
            value = self.logs.get(name, 0.0)
            if not math.isfinite(value):
                self.failure = f"{name} was {value} in epoch {epoch + 1}"
                self.model.stop_training = True
                return
        if self._report(epoch, self.logs):
            self.is_pruned = True
            self.model.stop_training = True


def collapse_of(callbacks: list[Any], epochs: int, trained: int) -> str | None:
    """Returns a callback's reason for ending a training, or `None`.

    Args:
        callbacks: Callbacks of the training; a
            `keras_regan.callbacks.CollapseMonitor` keeps `alarms`.
        epochs: Number of epochs that were planned.
        trained: Number of epochs that were trained.
    """
    if trained >= epochs:
        return None
    for callback in callbacks:
        alarms = getattr(callback, "alarms", None)
        if alarms:
            return f"{alarms[-1].kind} in epoch {trained}: {alarms[-1].text}"
    return None
