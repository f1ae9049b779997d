"""Mean and covariance of features with scaled conditions."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Tensor
from keras_regan.metrics._statistics import MomentSums


class JointMoments:
    """Keeps sums of rows of two parts, features and then conditions.

    The factor of the conditions depends on all real samples, so it is known
    only at the end. The moments of scaled rows follow exactly from those of
    unscaled ones.

    Args:
        add_variable: `keras.metrics.Metric.add_variable`.
        size: Elements of the features.
        condition_size: Elements of a condition.
        name: The beginning of the variables' names.
    """

    def __init__(
        self,
        add_variable: Callable[..., keras.Variable],
        size: int,
        condition_size: int,
        name: str,
    ):
        self._size = size
        self._condition_size = condition_size
        self._rows = MomentSums(add_variable, size + condition_size, name)
        self._lengths = MomentSums(add_variable, 2, f"{name}_lengths")

    def update(self, rows: Tensor) -> None:
        """Adds rows."""
        rows = ops.convert_to_tensor(rows)
        self._rows.update(rows)
        parts = (rows[:, : self._size], rows[:, self._size :])
        lengths = [ops.sqrt(ops.sum(ops.square(p), axis=1)) for p in parts]
        self._lengths.update(ops.stack(lengths, axis=1))

    @property
    def count(self) -> int:
        """How many rows were added."""
        return self._rows.count

    def is_finite(self) -> bool:
        """Whether no row had NaN or infinity in it."""
        return self._rows.is_finite()

    def reset(self) -> None:
        """Forgets all rows."""
        self._rows.reset()
        self._lengths.reset()

    def ratio_of_lengths(self) -> float:
        """Returns how many times longer features are than conditions.

        It is one if all conditions are zero, where no factor matters.
        """
        features, conditions = self._lengths.moments()[0]
        return float(features / conditions) if conditions > 0 else 1.0

    def moments(self, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """Returns mean and covariance of rows with conditions times `alpha`."""
        scale = np.ones(self._size + self._condition_size)
        scale[self._size :] = alpha
        mean, covariance = self._rows.moments()
        return scale * mean, scale[:, None] * covariance * scale
