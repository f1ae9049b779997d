"""A factor of R1 to begin with."""

import math
from collections.abc import Sequence

from keras_regan._validation import message
from keras_regan._validation import positive_integer

# The heuristic formula of the authors' configuration "auto".
_PER_PIXEL = 0.0002


def r1_factor(image_size: int | Sequence[int], batch_size: int) -> float:
    """Returns the factor of R1 that images of a size are begun with.

    The first answer to which gamma is right. The best one depends on the data
    as well, so try a few factors around it, up to ten times less and more.

    Formula: `0.0002 * pixels / batch_size`

    Args:
        image_size: Positive integer, the side of a square image, or height and
            width.
        batch_size: Positive integer. Images in one step, on all devices
            together.

    Returns:
        Float, the factor of `R1`, `R2` and their approximations, whatever
        their `interval`.

    Raises:
        TypeError: If a size is not an integer.
        ValueError: If a size is not positive, or if there are not two.

    Example:
    >>> keras_regan.penalties.r1_factor(256, 64)
    0.2048
    >>> penalty = keras_regan.penalties.R1(
    ...     keras_regan.penalties.r1_factor((64, 96), 32), interval=16)

    Reference: [Karras et al., 2020](https://arxiv.org/abs/2006.06676): the
    rule of their [configuration `auto`](
    https://github.com/NVlabs/stylegan2-ada-pytorch/blob/main/train.py). Their
    gamma is the factor here: both halve the squared norm, sum over pixels,
    scale images to [-1, 1] and multiply by the interval.
    """
    pixels = math.prod(_height_and_width(image_size))
    return _PER_PIXEL * pixels / positive_integer(batch_size, "batch_size")


def _height_and_width(image_size: int | Sequence[int]) -> tuple[int, int]:
    if not isinstance(image_size, Sequence):
        side = positive_integer(image_size, "image_size")
        return side, side
    if len(image_size) != 2 or isinstance(image_size, str):
        expected = "a positive integer, or two for height and width"
        raise ValueError(message("image_size", expected, image_size))
    height, width = (positive_integer(s, "image_size") for s in image_size)
    return height, width
