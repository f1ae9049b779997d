"""Formats, sizes and layers that the networks for images share."""

from collections.abc import Sequence

import keras

from keras_regan import _validation
from keras_regan.networks import _initial_weights


def channel_axis() -> int:
    """Returns the axis of the channels under Keras's data format."""
    channels_first = keras.config.image_data_format() == "channels_first"
    return 1 if channels_first else -1


def shape_of(size: int, channels: int) -> tuple[int, ...]:
    """Returns the shape of one square image under Keras's data format."""
    return shape_of_rectangle((size, size), channels)


def shape_of_rectangle(size: tuple[int, int], channels: int) -> tuple[int, ...]:
    """Returns the shape of an image of `(height, width)`, as `shape_of`."""
    if channel_axis() == 1:
        return (channels, *size)
    return (*size, channels)


def size_and_channels(
    image_shape: Sequence[int], sizes: tuple[int, ...]
) -> tuple[int, int]:
    """Returns the size and the number of channels of a square image.

    Raises:
        ValueError: If its size is none of `sizes`, or if it has neither one
            nor three channels.
    """
    if isinstance(image_shape, Sequence):
        for size in sizes:
            for channels in (1, 3):
                if tuple(image_shape) == shape_of(size, channels):
                    return size, channels
    raise ValueError(
        _validation.message(
            "image_shape",
            f"the shape of a square image with a size of {sizes} and "
            f"1 or 3 channels, in the order {keras.config.image_data_format()}",
            image_shape,
        )
    )


def batch_normalization() -> keras.layers.Layer:
    """Returns a layer whose averages follow a network that changes quickly."""
    return keras.layers.BatchNormalization(
        axis=channel_axis(), momentum=0.9, epsilon=1e-5
    )


def leaky_relu() -> keras.layers.Layer:
    """Returns the activation that `_initial_weights` are scaled for."""
    return keras.layers.LeakyReLU(negative_slope=_initial_weights.SLOPE)
