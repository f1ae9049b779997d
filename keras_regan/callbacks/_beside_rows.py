"""Pictures of conditions and real samples, left of the generated samples."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image

from keras_regan import _validation
from keras_regan._checks.conditions import Condition
from keras_regan.callbacks import _generated_images
from keras_regan.callbacks._drawn_samples import drawn
from keras_regan.callbacks._image_grid import to_uint8


def condition_columns(
    each: Sequence[Condition], told: Sequence[np.ndarray], height: int
) -> list[np.ndarray]:
    """Returns pictures of the conditions that are images of 1 or 3 channels.

    Args:
        each: Descriptions of the conditions.
        told: The rows of the conditions.
        height: Integer. The height that they are resized to; the width follows
            in proportion.

    Returns:
        List of arrays of type uint8 and of shape
        `(rows, height, width, channels)`.
    """
    columns = []
    for condition, rows in zip(each, told, strict=True):
        if not condition.is_image or rows.ndim != 4:
            continue
        try:
            images = _generated_images.channels_last(rows, "conditions")
        except ValueError:  # Not colours; classes of pixels, for instance.
            continue
        pixels = to_uint8(images, _values_of(images))
        columns.append(_resized(pixels, height))
    return columns


def checked_truth(real: Any, rows: int) -> Any:
    """Returns real samples if there is one for each row."""
    if not hasattr(real, "shape") or not real.shape:
        raise TypeError(
            "Invalid value for argument `real`. Expected an array of samples. "
            f"Received: an object of type {type(real).__name__}"
        )
    if real.shape[0] != rows:
        raise ValueError(
            _validation.message(
                "real.shape",
                f"{rows} samples, one for each condition",
                tuple(real.shape),
            )
        )
    return real


def truth_column(
    real: Any, shape: tuple[int, ...], value_range: tuple[float, float]
) -> np.ndarray:
    """Returns pictures of real samples, `(rows, height, width, channels)`.

    Args:
        real: Array of real samples.
        shape: The shape of a generated sample, with the channels last.
        value_range: Tuple of the values of black and white.

    Raises:
        ValueError: If the real samples do not look like generated ones.
    """
    samples = _generated_images.channels_last(
        keras.ops.convert_to_numpy(real).astype("float64"), "real", "real"
    )
    if samples.shape[1:] != shape:
        raise ValueError(
            _validation.message(
                "real.shape",
                f"samples of the shape of generated ones, {shape} with the "
                "channels last",
                np.shape(real),
            )
        )
    seen = _generated_images.beyond(samples, value_range)
    if seen is not None:
        raise ValueError(
            "Invalid value for argument `real`. Expected samples with values "
            f"in value_range={value_range}. Received: values from "
            f"{seen[0]:.4g} to {seen[1]:.4g}"
        )
    return drawn(samples, value_range)


def _values_of(images: np.ndarray) -> tuple[float, float]:
    """Returns the values of black and white in images of any kind."""
    lowest, highest = float(images.min()), float(images.max())
    if images.dtype.kind == "i":
        return min(lowest, 0.0), max(highest, 1.0)
    low, high = _generated_images.usual_range(lowest, highest)
    return low, max(high, low + 1.0)


def _resized(pixels: np.ndarray, height: int) -> np.ndarray:
    if pixels.shape[1] == height:
        return pixels
    width = max(1, round(pixels.shape[2] * height / pixels.shape[1]))
    channels = [
        [
            # Each pixel of a small picture becomes a square.
            np.asarray(
                Image.fromarray(channel).resize(
                    (width, height), Image.Resampling.BOX
                )
            )
            for channel in np.moveaxis(image, -1, 0)
        ]
        for image in pixels
    ]
    return np.moveaxis(np.array(channels), 1, -1)
