"""Checks that the generator can make the values of the data."""

import warnings
from typing import Any

import keras
from keras import ops

from keras_regan._output_range import Range
from keras_regan._output_range import last_activation
from keras_regan._output_range import output_range
from keras_regan._typing import Tensor

_UNIT = (0.0, 1.0)
_SYMMETRIC = (-1.0, 1.0)
_BYTES = (0.0, 255.0)
_RESCALING: dict[tuple[Range | None, Range], str] = {
    (_BYTES, _SYMMETRIC): "x / 127.5 - 1.0",
    (_BYTES, _UNIT): "x / 255.0",
    (_UNIT, _SYMMETRIC): "2.0 * x - 1.0",
    (_SYMMETRIC, _UNIT): "(x + 1.0) / 2.0",
    (_SYMMETRIC, (0.0, None)): "(x + 1.0) / 2.0",
}
_NOTHING_SEEN = (float("inf"), float("-inf"))
# How far values may lie beyond an end, as a share of the range, because
# resizing images overshoots.
_TOLERANCE = 0.1
# Values from zero on are treated as bytes if the largest one is above this.
_LEAST_BYTE = 64.0


class SeenValues:
    """The extreme values of the first batch of a training with a step.

    The step finds them, because not every source can be asked for its first
    batch twice. It is a plain object, because Keras would treat its variables
    as weights.

    Args:
        network: The generator. If its range is unknown, nothing is recorded.
    """

    def __init__(self, network: keras.Model):
        self.possible = output_range(network)
        self.activation = last_activation(network)
        self._extremes = keras.Variable(
            _NOTHING_SEEN,
            dtype="float32",
            trainable=False,
            name="extremes_seen",
            aggregation="only_first_replica",
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables that a step changes, for the trainer."""
        return [] if self.possible is None else [self._extremes]

    def forget(self) -> None:
        """Resets the extremes for a new training."""
        self._extremes.assign(_NOTHING_SEEN)

    def record(self, samples: Tensor) -> None:
        """Records the extremes of the first batch; called inside the step."""
        if self.possible is None:
            return
        seen = self._extremes.value
        extremes = ops.stack([ops.min(samples), ops.max(samples)])
        extremes = ops.cast(extremes, "float32")
        self._extremes.assign(ops.where(seen[0] > seen[1], extremes, seen))

    @property
    def extremes(self) -> tuple[float, float] | None:
        """The lowest and the highest value; `None` if there was no step."""
        # A copy, because NumPy cannot read variables of several replicas.
        seen = ops.convert_to_numpy(ops.copy(self._extremes.value))
        lowest, highest = seen.tolist()
        return (lowest, highest) if lowest <= highest else None


class ValueWatch(keras.callbacks.Callback):
    """Warns once of data with values that the generator cannot make.

    It checks after the first batch, and at the end of the epoch if there was
    no step on that batch. A hook at the end of batches would make every step
    wait for its logs, which Keras otherwise passes on in a thread.

    Args:
        seen: The values that the steps record.
    """

    def __init__(self, seen: SeenValues):
        super().__init__()
        self._seen = seen

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Resets the values of an earlier training."""
        self._seen.forget()
        self._looks_left = 0 if self._seen.possible is None else 2

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks the values of the first step before the second batch."""
        if batch and self._looks_left == 2:
            self._look()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks again if there were no values before."""
        if self._looks_left:
            self._look()

    def _look(self) -> None:
        self._looks_left -= 1
        # JAX's trainer updates the variables when a callback reads the model.
        _ = self.model
        seen = self._seen.extremes
        if seen is not None and self._seen.possible is not None:
            self._looks_left = 0
            text = misfit(*seen, self._seen.possible, self._seen.activation)
            if text:
                warnings.warn(text, stacklevel=2)


def misfit(
    lowest: float, highest: float, possible: Range, activation: str | None
) -> str | None:
    """Returns the warning for data that a generator cannot make.

    Args:
        lowest: The lowest value in the data.
        highest: The highest value in the data.
        possible: The range of the generator's values.
        activation: The last activation of the generator.

    Returns:
        The text of a warning, or `None` if the data fits.
    """
    low, high = possible
    tolerance = _TOLERANCE * (highest - lowest)
    beyond = lowest < low - tolerance or (
        high is not None and highest > high + tolerance
    )
    of_unit = 0.0 <= lowest < _TOLERANCE and 1.0 - _TOLERANCE < highest
    if not beyond and not (of_unit and possible == _SYMMETRIC):
        return None
    end = "upwards" if high is None else f"to {high:g}"
    rescaling = _RESCALING.get((_usual(lowest, highest), possible))
    advice = (
        f"as with `{rescaling}`"
        if rescaling
        else "or let the generator end without an activation"
    )
    return (
        f"The data has values from {lowest:.4g} to {highest:.4g}, and the "
        f"generator, which ends in {activation}, makes values from {low:g} "
        f"{end}. Rescale the data, {advice}."
    )


def _usual(lowest: float, highest: float) -> tuple[float, float] | None:
    """Returns the range that data with these extremes usually has."""
    if lowest >= 0.0 and _LEAST_BYTE < highest <= 255.0:
        return _BYTES
    for low, high in (_UNIT, _SYMMETRIC):
        margin = _TOLERANCE * (high - low)
        if low - margin <= lowest and highest <= high + margin:
            return low, high
    return None
