"""The mode of a mixture that a sample belongs to."""

import math
from typing import Any
from typing import Protocol

import numpy as np
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.metrics._chi_distribution import deviations_holding

# The share of a plane's Gaussian that lies within three deviations.
_SHARE = 1.0 - math.exp(-4.5)
# The most differences of coordinates of one sample that are in memory at once.
_ELEMENTS = 2**14


class Mixture(Protocol):
    """The attributes of a mixture, as `datasets.GaussianMixture` has them."""

    centers: np.ndarray
    deviations: np.ndarray
    weights: np.ndarray


def checked_mixture(mixture: Any) -> Mixture:
    """Returns `mixture` if it has the attributes of one."""
    names = ("centers", "deviations", "weights")
    if not all(hasattr(mixture, name) for name in names):
        raise TypeError(
            message(
                "mixture",
                "a `keras_regan.datasets.GaussianMixture`",
                mixture,
            )
        )
    return mixture


def usual_deviations(mixture: Mixture) -> float:
    """Returns the radius that holds as large a share as 3 in the plane."""
    return deviations_holding(_SHARE, mixture.centers.shape[1])


def nearest_mode(
    mixture: Mixture, samples: Tensor, deviations_allowed: float
) -> tuple[Tensor, Tensor]:
    """Returns the nearest mode of each sample, and whether it is near enough.

    Distances are in standard deviations of the mode.

    Args:
        mixture: The mixture that the samples should follow.
        samples: Tensor of shape `(batch, ...)`.
        deviations_allowed: The largest distance that is near enough.

    Returns:
        A tuple `(modes, is_good)`, both of shape `(batch,)`.

    Raises:
        ValueError: If samples have another number of elements than centers.
    """
    size = mixture.centers.shape[1]
    if math.prod(samples.shape[1:]) != size:
        raise ValueError(
            message(
                "generated.shape",
                f"samples of {size} elements, like the mixture's",
                tuple(samples.shape),
            )
        )
    rows = ops.reshape(ops.cast(samples, "float32"), (-1, size))
    squares = _squared_distances(
        rows, ops.convert_to_tensor(mixture.centers, "float32")
    ) / ops.convert_to_tensor(np.square(mixture.deviations), "float32")
    modes = ops.argmin(squares, axis=1)
    return modes, ops.min(squares, axis=1) <= deviations_allowed**2


def _squared_distances(rows: Tensor, centers: Tensor) -> Tensor:
    """Returns all squared distances, shape `(rows, centers)`.

    They are computed from differences, because `x^2 - 2 x c + c^2` would lose
    the digits of a distance that is small compared with the coordinates.
    """

    def distances_to(center):
        return ops.sum(ops.square(rows - center), axis=-1)

    if math.prod(centers.shape) <= _ELEMENTS:
        differences = ops.expand_dims(rows, 1) - centers
        return ops.sum(ops.square(differences), axis=-1)
    return ops.transpose(ops.map(distances_to, centers))
