"""Images of any height and width, and how often they can be halved."""

import numbers
from collections.abc import Sequence
from typing import Any

from keras_regan import _validation
from keras_regan.networks._image_layers import channel_axis

Size = tuple[int, int]


def size_and_channels_of_pair(
    sample_shape: Sequence[int], condition_shape: Sequence[int]
) -> tuple[Size, int, int]:
    """Returns the common size of two images, and the channels of each.

    Raises:
        ValueError: If one is not an image that can be halved twice, or if
            their sizes differ.
    """
    size, channels = _size_and_channels(sample_shape, "sample_shape")
    condition_size, condition_channels = _size_and_channels(
        condition_shape, "condition_shape"
    )
    if size != condition_size:
        raise ValueError(
            _validation.message(
                "condition_shape",
                "an image of the height and width of `sample_shape`, "
                f"{size[0]} and {size[1]}",
                condition_shape,
            )
        )
    return size, channels, condition_channels


def usual_halvings(size: Size) -> int:
    """Returns how often an image can be halved with 4 pixels or more left.

    It is at least twice, even if fewer than 4 pixels are left.
    """
    return max(2, _halvings(size, smallest=4))


def checked_halvings(
    value: Any, argument: str, size: Size, default: int
) -> int:
    """Returns a number of halvings that leaves whole pixels.

    `None` means the default.

    Raises:
        ValueError: If an image of `size` cannot be halved that often.
        TypeError: If it is not an integer.
    """
    if value is None:
        return default
    halvings = _validation.positive_integer(value, argument)
    most = _halvings(size, smallest=1)
    if halvings > most:
        height, width = size
        raise ValueError(
            _validation.message(
                argument,
                f"at most {most}, as often as an image of {height}x{width} "
                "pixels can be halved",
                value,
            )
        )
    return halvings


def _halvings(size: Size, smallest: int) -> int:
    halvings = 0
    while all(x % 2 == 0 and x // 2 >= smallest for x in size):
        size = (size[0] // 2, size[1] // 2)
        halvings += 1
    return halvings


def _size_and_channels(
    image_shape: Sequence[int], argument: str
) -> tuple[Size, int]:
    if _is_shape(image_shape):
        shape = [int(length) for length in image_shape]
        channels = shape.pop(0 if channel_axis() == 1 else 2)
        if all(length % 4 == 0 for length in shape):
            return (shape[0], shape[1]), channels
    order = "(height, width, channels)"
    if channel_axis() == 1:
        order = "(channels, height, width)"
    raise ValueError(
        _validation.message(
            argument,
            f"the shape of an image, {order}, whose height and width are "
            "multiples of 4",
            image_shape,
        )
    )


def _is_shape(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and len(value) == 3
        and all(
            isinstance(length, numbers.Integral)
            and not isinstance(length, bool)
            and int(length) > 0
            for length in value
        )
    )
