"""Random shifts by whole pixels."""

from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import unit_float
from keras_regan.augmentations._draws import integers
from keras_regan.augmentations._image_axes import positions
from keras_regan.augmentations._image_axes import share
from keras_regan.augmentations._image_axes import spatial_axes
from keras_regan.augmentations.augmentation import Augmentation


@register
class Translation(Augmentation):
    """Shifts each image by whole pixels and fills the gap with zeros.

    It keeps the discriminator from recognizing images by the position of their
    parts. With a background of zeros the shift is invisible, so the generator
    may learn to shift as well.

    Formula: `T(x)[i, j] = x[i - u, j - v]`, zero outside of the image, `u`
    and `v` uniform integers in `[-m, m]`, `m = round(ratio * size)`.

    Cost: one gather along each of the two axes.

    Args:
        ratio: Float in `[0, 1]`. The longest shift, as a share of height and
            of width, rounded to whole pixels. Defaults to `0.125`.

    Call arguments:
        samples: Images, as for every `Augmentation`.
        seed: `keras.random.SeedGenerator`. Two draws.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If `ratio` is not a number.
        ValueError: If `ratio` is not in `[0, 1]`.

    Example:
    >>> images = np.ones((2, 16, 16, 3), "float32")
    >>> translation = keras_regan.augmentations.Translation()
    >>> moved = translation(images, keras.random.SeedGenerator(0))
    >>> bool(ops.all(moved[:, 2:-2, 2:-2] == 1.0))  # At most 2 pixels.
    True

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738), the
    policy "translation". It agrees with the newest version of the authors'
    code; earlier ones rounded the longest shift down.
    """

    def __init__(self, ratio: float = 0.125):
        self.ratio = unit_float(ratio, "ratio")

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns shifted samples."""
        for axis in spatial_axes():
            longest = share(self.ratio, ops.shape(samples)[axis])
            shifts = integers(samples, -longest, longest, seed)
            samples = _shifted(samples, shifts, axis)
        return samples

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"ratio": self.ratio}


def _shifted(samples: Tensor, shifts: Tensor, axis: int) -> Tensor:
    size = ops.shape(samples)[axis]
    sources = positions(samples, axis) - shifts
    inside = ops.logical_and(sources >= 0, sources < size)
    sources = ops.clip(sources, 0, size - 1)
    moved = ops.take_along_axis(samples, sources, axis=axis)
    return ops.where(inside, moved, ops.zeros_like(moved))
