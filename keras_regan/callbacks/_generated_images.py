"""The shape and the values of generated images or curves."""

import math

import keras
import numpy as np

from keras_regan import _validation
from keras_regan.callbacks._drawn_samples import MOST_CURVES

_TOLERANCE = 0.01
_LEAST_LENGTH = 3
_USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


def channels_last(
    images: np.ndarray, argument: str = "samples", kind: str = "generated"
) -> np.ndarray:
    """Returns samples with the channels last, for any data format of Keras.

    Args:
        images: Array of images, or of curves with or without channels.
        argument: The name of the argument in an error.
        kind: The kind of samples in an error.

    Raises:
        ValueError: If they are neither images of 1 or 3 channels nor curves.
    """
    shape = images.shape
    first = keras.config.image_data_format() == "channels_first"
    if images.ndim == 2:
        images = images[..., np.newaxis]
    elif first and images.ndim in (3, 4):
        images = np.moveaxis(images, 1, -1)
    if not (_are_images(images.shape) or _are_curves(images.shape)):
        sizes = ("height, width", "length")
        orders = [
            f"(count, channels, {s})" if first else f"(count, {s}, channels)"
            for s in sizes
        ]
        raise ValueError(
            _validation.message(
                f"{argument}.shape",
                f"{kind} images of shape {orders[0]} with 1 or 3 channels, or "
                f"curves of shape (count, length) or {orders[1]} with "
                f"{_LEAST_LENGTH} values or more and at most {MOST_CURVES} "
                "channels",
                shape,
            )
        )
    return images


def _are_images(shape):
    return len(shape) == 4 and shape[-1] in (1, 3)


def _are_curves(shape):
    return (
        len(shape) == 3
        and shape[1] >= _LEAST_LENGTH
        and shape[-1] <= MOST_CURVES
    )


def beyond(
    images: np.ndarray, value_range: tuple[float, float]
) -> tuple[float, float] | None:
    """Returns the extreme finite values if they leave the range.

    Rounding is tolerated: 1 % of the width of the range.
    """
    finite = images[np.isfinite(images)]
    if not finite.size:
        return None
    lowest, highest = float(finite.min()), float(finite.max())
    return None if _within(lowest, highest, value_range) else (lowest, highest)


def usual_range(lowest: float, highest: float) -> tuple[float, float]:
    """Returns the usual range of samples with these extreme values."""
    for value_range in _USUAL_RANGES:
        # Values that are below the range by 1 % of 255 have another range.
        if _within(lowest, highest, value_range) and (
            lowest >= value_range[0] - _TOLERANCE
        ):
            return value_range
    return math.floor(lowest), math.ceil(highest)


def _within(lowest, highest, value_range):
    low, high = value_range
    tolerance = _TOLERANCE * (high - low)
    return low - tolerance <= lowest and highest <= high + tolerance
