"""The axes of height, width and channels of images."""

import keras
from keras import ops

from keras_regan._typing import Tensor


def spatial_axes() -> tuple[int, int]:
    """Returns the axes of height and width."""
    if keras.config.image_data_format() == "channels_first":
        return (2, 3)
    return (1, 2)


def channel_axis() -> int:
    """Returns the axis of the channels."""
    return 1 if keras.config.image_data_format() == "channels_first" else 3


def positions(samples: Tensor, axis: int) -> Tensor:
    """Returns 0, 1, ... along an axis, of shape 1 along all others."""
    size = ops.shape(samples)[axis]
    shape = [1, 1, 1, 1]
    shape[axis] = size
    return ops.reshape(ops.arange(size, dtype="int32"), shape)


def share(ratio: float, size: int | Tensor) -> int | Tensor:
    """Returns the whole number nearest to `ratio * size`, halves rounded up.

    A size is a tensor if it is unknown in a graph of TensorFlow.
    """
    if isinstance(size, int):
        return int(ratio * size + 0.5)
    return ops.cast(ratio * ops.cast(size, "float32") + 0.5, "int32")
