"""A factor that changes while training runs."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Tensor


@register
class AdjustableFactor(keras.optimizers.schedules.LearningRateSchedule):
    """A factor that can be changed in the middle of a training.

    Use it wherever a factor may be a schedule: `R1(AdjustableFactor(1.0))`, or
    `Scheduled(PairwiseDistance(1.0), factor=AdjustableFactor(0.1))` around a
    regularizer that is not a penalty. `keras_regan.callbacks.AdaptiveFactor`
    adjusts it to hold a share of the gradient or a diversity,
    `keras_regan.callbacks.RaiseFactor` raises it when a training collapses,
    and your own code can set `value`. The factor is a variable: changing it
    compiles nothing again, and it is saved with the model.

    Args:
        value: Positive float. The factor at first.

    Call arguments:
        step: Ignored.

    Returns:
        Scalar tensor, the current factor.

    Raises:
        TypeError: If `value` is not a number.
        ValueError: If `value` is not positive and finite.

    Example:
    >>> factor = keras_regan.penalties.AdjustableFactor(0.1)
    >>> entry = keras_regan.penalties.Scheduled(
    ...     keras_regan.regularizers.PairwiseDistance(1.0), factor=factor)
    >>> factor.value = 0.2
    >>> round(factor.value, 6)
    0.2
    """

    def __init__(self, value: float):
        value = _validation.positive_float(value, "value")
        self._variable = keras.Variable(
            value, dtype="float32", trainable=False, name="adjustable_factor"
        )

    def __repr__(self) -> str:
        return f"AdjustableFactor(value={self.value!r})"

    @property
    def value(self) -> float:
        """The current factor, as a float that can be set."""
        return float(ops.convert_to_numpy(self._variable.value))

    @value.setter
    def value(self, value: float) -> None:
        self._variable.assign(_validation.positive_float(value, "value"))

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables that are saved with the model."""
        return [self._variable]

    def __call__(self, step: Tensor) -> Tensor:
        """Returns the current factor."""
        return ops.convert_to_tensor(self._variable.value)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"value": self.value}
