"""What a generator makes, as images: their shape and their values."""

import math

import keras
import numpy as np

from keras_regan import _validation

_TOLERANCE = 0.01
_USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


def channels_last(
    images: np.ndarray, argument: str = "samples", kind: str = "generated"
) -> np.ndarray:
    """Returns images with the channels last, whatever Keras is set to.

    Raises:
        ValueError: If they are not images of 1 or 3 channels.
    """
    shape = images.shape
    if keras.config.image_data_format() == "channels_first":
        order = "(count, channels, height, width)"
        if images.ndim == 4:
            images = images.transpose(0, 2, 3, 1)
    else:
        order = "(count, height, width, channels)"
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            _validation.message(
                f"{argument}.shape",
                f"{kind} images of shape {order} with 1 or 3 channels",
                shape,
            )
        )
    return images


def beyond(
    images: np.ndarray, value_range: tuple[float, float]
) -> tuple[float, float] | None:
    """Returns the extreme finite values if they leave the range.

    By more than rounding does: 1 % of the width of the range.
    """
    finite = images[np.isfinite(images)]
    if not finite.size:
        return None
    lowest, highest = float(finite.min()), float(finite.max())
    return None if _within(lowest, highest, value_range) else (lowest, highest)


def usual_range(lowest: float, highest: float) -> tuple[float, float]:
    """Returns the range that values between the two probably have."""
    for value_range in _USUAL_RANGES:
        # What is below the range by 1 % of 255 has another range.
        if _within(lowest, highest, value_range) and (
            lowest >= value_range[0] - _TOLERANCE
        ):
            return value_range
    return math.floor(lowest), math.ceil(highest)


def _within(lowest, highest, value_range):
    low, high = value_range
    tolerance = _TOLERANCE * (high - low)
    return low - tolerance <= lowest and highest <= high + tolerance
