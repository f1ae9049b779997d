"""An action that raises a regularizer's factor on an alarm."""

from collections.abc import Sequence

import keras

from keras_regan import _validation
from keras_regan.callbacks._adjustable_factors import adjustable_factor
from keras_regan.callbacks.alarm_actions import Action
from keras_regan.callbacks.alarm_actions import Alarm


class RaiseFactor(Action):
    """Multiplies a regularizer's factor, up to a limit.

    If a generator loses its diversity or ignores its latents, raise the factor
    of a repelling `PairwiseDistance` or of another diversity term. If a
    discriminator wins too easily, raise that of `R1`. The factor has to be a
    `keras_regan.penalties.AdjustableFactor`. The next alarm at the limit stops
    the training.

    Args:
        name: String. The regularizer's name in the logs, such as
            `"g_pairwise_distance"`.
        by: Float above one. The multiplier of the factor, each time. Defaults
            to `2.0`.
        maximum: Positive float. The largest factor. Defaults to `1e3`.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range; before the first step,
            if there is no such regularizer or its factor is not adjustable.

    Example:
    >>> monitor = keras_regan.callbacks.CollapseMonitor(
    ...     np.random.default_rng(0).normal(size=(64, 2)),
    ...     action=keras_regan.callbacks.RaiseFactor("g_pairwise_distance"))
    """

    starts_over = True

    def __init__(self, name: str, by: float = 2.0, maximum: float = 1e3):
        self.name = _validation.log_name(name)
        self.by = _validation.positive_float(by, "by")
        if self.by <= 1.0:
            raise ValueError(_validation.message("by", "a float above one", by))
        self.maximum = _validation.positive_float(maximum, "maximum")

    def begin(self, model: keras.Model, patience: int) -> None:
        """Finds the factor."""
        self._factor = adjustable_factor(model, self.name)

    def act(self, model: keras.Model, alarms: Sequence[Alarm]) -> str:
        """Raises the factor, or stops if it is at its limit."""
        before = self._factor.value
        if before >= self.maximum:
            model.stop_training = True
            return (
                f"The factor of `{self.name}` is at its limit, {before:.3g}. "
                "The training stops."
            )
        self._factor.value = min(before * self.by, self.maximum)
        return (
            f"The factor of `{self.name}` rises from {before:.3g} to "
            f"{self._factor.value:.3g}."
        )
