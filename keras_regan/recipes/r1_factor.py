"""The factor of R1 for a size of images and of batches."""

import math
import numbers
from collections.abc import Sequence

import keras

from keras_regan import _validation


def r1_factor(image_shape: Sequence[int], batch_size: int) -> float:
    """Returns a factor of `R1` to begin with, by a rule of thumb.

    Larger images have more pixels in which the discriminator can be steep, and
    smaller batches are noisier: both need a larger factor. Try a third of it
    and three times as much as well, and more for few or varied images. With
    too small a factor the discriminator becomes too strong; with too large a
    one samples stay blurred.

    Formula: `0.0002 * height * width / batch_size`

    Args:
        image_shape: Sequence of three positive integers. Shape of one image
            in the order of `keras.config.image_data_format()`.
        batch_size: Positive integer. Samples of one step, on all devices.

    Returns:
        Positive float, for `keras_regan.recipes.stylegan2` or for
        `keras_regan.penalties.R1`, `R2` and their approximations, whatever
        their `interval`.

    Raises:
        TypeError: If `batch_size` is not an integer.
        ValueError: If `image_shape` is not the shape of an image, or
            `batch_size` is not positive.

    Example:
    >>> keras_regan.recipes.r1_factor((256, 256, 3), batch_size=64)
    0.2048

    Reference: [the code](https://github.com/NVlabs/stylegan2-ada-pytorch) of
    [Karras et al., 2020](https://arxiv.org/abs/2006.06676), where it is the
    default, for the non-saturating loss. `keras_regan.recipes.r3gan` has other
    factors, by data set.
    """
    if (
        not isinstance(image_shape, Sequence)
        or len(image_shape) != 3
        or not all(_is_length(length) for length in image_shape)
    ):
        raise ValueError(
            _validation.message(
                "image_shape", "the shape of an image", image_shape
            )
        )
    batch_size = _validation.positive_integer(batch_size, "batch_size")
    first = 1 if keras.config.image_data_format() == "channels_first" else 0
    return 0.0002 * math.prod(image_shape[first : first + 2]) / batch_size


def _is_length(value: object) -> bool:
    return (
        isinstance(value, numbers.Integral)
        and not isinstance(value, bool)
        and int(value) > 0
    )
