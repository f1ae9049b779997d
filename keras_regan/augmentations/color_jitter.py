"""Random brightness, saturation and contrast."""

from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import non_negative_float
from keras_regan._validation import unit_float
from keras_regan.augmentations._draws import factors
from keras_regan.augmentations._image_axes import channel_axis
from keras_regan.augmentations.augmentation import Augmentation


@register
class ColorJitter(Augmentation):
    """Changes brightness, saturation and contrast of each image at random.

    If colour distinguishes one kind of image from another, do not use it, or
    lower the strengths. Values may leave the range of the data, for real and
    generated images alike; they are not clipped.

    Formula: `x + b`, then `m + s * (x - m)`, then `M + c * (x - M)`, `m` the
    mean over the channels of each pixel, `M` the mean of the image, and
    uniform `b` in `0 ± brightness`, `s` in `1 ± saturation`, `c` in
    `1 ± contrast`.

    Cost: three elementwise operations and two means.

    Args:
        brightness: Non-negative float. The largest number that is added, in
            units of the data. The default is made for images in `[-1, 1]`.
            Defaults to `0.5`.
        saturation: Float in `[0, 1]`. It has no effect on images of one
            channel. Defaults to `1.0`.
        contrast: Float in `[0, 1]`. Defaults to `0.5`.

    Call arguments:
        samples: Images, as for every `Augmentation`.
        seed: `keras.random.SeedGenerator`. One draw for each strength that is
            not zero.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If a strength is not a number.
        ValueError: If `brightness` is negative or not finite, or another
            strength is not in `[0, 1]`.

    Example:
    >>> images = np.zeros((2, 8, 8, 3), "float32")
    >>> jitter = keras_regan.augmentations.ColorJitter()
    >>> brighter = jitter(images, keras.random.SeedGenerator(0))
    >>> bool(ops.all(ops.abs(brighter) <= 0.5))
    True

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738), the
    policy "color". Differs from the authors' code: the three strengths can be
    chosen; the defaults are theirs.
    """

    def __init__(
        self,
        brightness: float = 0.5,
        saturation: float = 1.0,
        contrast: float = 0.5,
    ):
        self.brightness = non_negative_float(brightness, "brightness")
        self.saturation = unit_float(saturation, "saturation")
        self.contrast = unit_float(contrast, "contrast")

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns samples in other colours."""
        if self.brightness:
            samples = samples + factors(samples, 0.0, self.brightness, seed)
        if self.saturation:
            factor = factors(samples, 1.0, self.saturation, seed)
            samples = _about_mean(samples, channel_axis(), factor)
        if self.contrast:
            factor = factors(samples, 1.0, self.contrast, seed)
            samples = _about_mean(samples, (1, 2, 3), factor)
        return samples

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "brightness": self.brightness,
            "saturation": self.saturation,
            "contrast": self.contrast,
        }


def _about_mean(
    samples: Tensor, axes: int | tuple[int, ...], factor: Tensor
) -> Tensor:
    """Returns samples with their distances to a mean multiplied."""
    mean = ops.mean(samples, axis=axes, keepdims=True)
    return mean + factor * (samples - mean)
