"""The preparation of images for a feature network."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._typing import Tensor


def to_levels(images: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Returns whole numbers from 0 to 255, as an image file would hold them."""
    return ops.round(ops.clip(between_levels(images, value_range), 0.0, 255.0))


def between_levels(images: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Returns levels that are not rounded or clipped, so have gradients."""
    low, high = value_range
    return (images - low) * (255.0 / (high - low))


def in_color(images: Tensor, shape: tuple[int | None, ...]) -> Tensor:
    """Returns gray images as RGB if the network takes RGB.

    Args:
        images: Tensor. It is returned unchanged if it is not a batch of
            images.
        shape: The network's input shape.
    """
    if len(images.shape) != 4 or len(shape) != 4:
        return images
    axis = channel_axis(images.shape)
    if images.shape[axis] == 1 and shape[axis] == 3:
        return ops.repeat(images, 3, axis=axis)
    return images


def channel_axis(shape: tuple[int | None, ...]) -> int:
    """Returns the axis of the channels of images or of maps."""
    first = keras.config.image_data_format() == "channels_first"
    return 1 if first else len(shape) - 1


def preprocessing_text(preprocessing: Any) -> str | None:
    """Returns the text for a layer or a function in a protocol."""
    if isinstance(preprocessing, keras.layers.Rescaling):
        return (
            f"Rescaling(scale={preprocessing.scale}, "
            f"offset={preprocessing.offset})"
        )
    return getattr(preprocessing, "__name__", None) or (
        None if preprocessing is None else type(preprocessing).__name__
    )


def checked_value_range(value_range: Any) -> tuple[float, float] | None:
    """Returns two increasing floats, or `None`."""
    if value_range is None:
        return None
    expected = "a tuple of two increasing floats, or `None`"
    is_pair = isinstance(value_range, list | tuple) and len(value_range) == 2
    if not is_pair or not all(map(_validation.is_real_number, value_range)):
        raise TypeError(
            _validation.message("value_range", expected, value_range)
        )
    low, high = value_range
    if not (
        _validation.is_finite(low)
        and _validation.is_finite(high)
        and low < high
    ):
        raise ValueError(
            _validation.message("value_range", expected, value_range)
        )
    return float(low), float(high)


def checked_image_size(image_size: Any) -> tuple[int, int] | None:
    """Returns height and width, or `None`."""
    if image_size is None:
        return None
    sizes = image_size if isinstance(image_size, list | tuple) else [image_size]
    sizes = [_validation.positive_integer(s, "image_size") for s in sizes]
    if len(sizes) > 2:
        raise ValueError(
            _validation.message(
                "image_size", "one or two positive integers", image_size
            )
        )
    return (sizes[0], sizes[-1])
