"""A distribution whose modes are known."""

from typing import Any
from typing import Self

import keras
import numpy as np
import numpy.typing as npt

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._representation import as_call


@register
class GaussianMixture:
    """A mixture of round Gaussians, whose modes are known exactly.

    `keras_regan.metrics.ModeCoverage` can count the modes that a generator
    covers, which no data set of images allows. `gaussian_ring` and
    `gaussian_grid` create the usual mixtures.

    Args:
        centers: Array of shape `(modes, dimensions)`.
        deviation: Positive float, the standard deviation of each mode in each
            direction, or one for each mode.
        weights: Sequence of positive floats, how likely the modes are, up to a
            common factor. `None` makes all equally likely. Defaults to `None`.

    Attributes:
        centers: Array of shape `(modes, dimensions)`.
        deviations: Array of shape `(modes,)`.
        weights: Array of shape `(modes,)` that sums to one.

    Raises:
        TypeError: If `deviation` is neither a number nor a sequence.
        ValueError: If an argument has another shape, or values that are not
            finite, or not positive.

    Example:
    >>> mixture = keras_regan.datasets.GaussianMixture(
    ...     [[0.0, 0.0], [4.0, 0.0]], deviation=0.1, weights=[3, 1])
    >>> mixture.sample(1000, seed=0).shape
    (1000, 2)
    >>> mixture.weights
    array([0.75, 0.25])
    """

    __repr__ = as_call

    def __init__(
        self,
        centers: npt.ArrayLike,
        deviation: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
    ):
        self.centers = _array(centers, "centers")
        if self.centers.ndim != 2 or not self.centers.size:
            raise ValueError(
                _validation.message(
                    "centers.shape", "(modes, dimensions)", self.centers.shape
                )
            )
        modes = len(self.centers)
        self.deviation = _deviation(deviation, modes)
        self.deviations = np.broadcast_to(
            np.asarray(self.deviation), (modes,)
        ).copy()
        self._weights_given = (
            None if weights is None else _positive(weights, "weights", modes)
        )
        given = self._weights_given
        likely = np.ones(modes) if given is None else np.asarray(given)
        self.weights = likely / np.sum(likely)

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        """Returns independent samples.

        Args:
            count: Positive integer. The number of samples.
            seed: Non-negative integer. The same seed gives the same samples;
                take another one for validation. Defaults to `0`.

        Returns:
            Array of shape `(count, dimensions)`, float32.
        """
        return self.sample_with_modes(count, seed)[0]

    def sample_with_modes(
        self, count: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the samples of `sample` and the mode of each.

        Args:
            count: Positive integer. The number of samples.
            seed: Non-negative integer. The same seed gives the same samples.
                Defaults to `0`.

        Returns:
            A tuple `(samples, modes)`; modes of shape `(count,)`, int32.
        """
        count = _validation.positive_integer(count, "count")
        random = np.random.default_rng(_validation.random_seed(seed))
        likely = None if self._weights_given is None else self.weights
        modes = random.choice(len(self.centers), size=count, p=likely)
        samples = random.normal(size=(count, self.centers.shape[1]))
        samples *= self.deviations[modes, None]
        samples += self.centers[modes]
        return samples.astype("float32"), modes.astype("int32")

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "centers": self.centers.tolist(),
            "deviation": self.deviation,
            "weights": self._weights_given,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a mixture from the result of `get_config`."""
        return cls(**config)


def _deviation(deviation: Any, modes: int) -> float | list[float]:
    if _validation.is_real_number(deviation):
        return _validation.positive_float(deviation, "deviation")
    return _positive(deviation, "deviation", modes)


def _positive(values: Any, argument: str, modes: int) -> list[float]:
    """Returns one positive float per mode."""
    array = _array(values, argument)
    if array.shape != (modes,) or not (array > 0).all():
        raise ValueError(
            _validation.message(
                argument, f"{modes} positive floats, one per mode", values
            )
        )
    return array.tolist()


def _array(values: Any, argument: str) -> np.ndarray:
    """Returns finite numbers as float64."""
    expected = "finite numbers"
    try:
        array = np.array(keras.ops.convert_to_numpy(values), "float64")
    except (TypeError, ValueError) as error:
        raise TypeError(
            _validation.message(argument, expected, values)
        ) from error
    if not np.isfinite(array).all():
        raise ValueError(_validation.message(argument, expected, values))
    return array
