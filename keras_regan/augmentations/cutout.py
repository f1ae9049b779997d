"""Random blank areas."""

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
class Cutout(Augmentation):
    """Sets a part of each image to zero.

    It keeps the discriminator from judging by a single detail. Of the three
    augmentations of `DiffAugment` it hides the most: with plenty of data,
    leave it out first.

    Formula: `T(x)[i, j] = 0` where `u <= i < u + h` and `v <= j < v + w`,
    `x[i, j]` elsewhere; `h` and `w` are `ratio` times height and width, and
    the center is uniform over the image, so that borders cut off up to half of
    each side.

    Cost: one elementwise operation.

    Args:
        ratio: Float in `[0, 1]`. The sides of the blank area, as a share of
            height and of width, rounded to whole pixels. Defaults to `0.5`.

    Call arguments:
        samples: Images, as for every `Augmentation`.
        seed: `keras.random.SeedGenerator`. Two draws.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If `ratio` is not a number.
        ValueError: If `ratio` is not in `[0, 1]`.

    Example:
    >>> images = np.ones((2, 8, 8, 3), "float32")
    >>> cut = keras_regan.augmentations.Cutout()(
    ...     images, keras.random.SeedGenerator(0))
    >>> blank = ops.sum(cut == 0.0, axis=(1, 2, 3)) // 3
    >>> bool(ops.all(blank >= 4) and ops.all(blank <= 16))
    True

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738), the
    policy "cutout". It agrees with the newest version of the authors' code;
    earlier ones rounded the sides down.
    """

    def __init__(self, ratio: float = 0.5):
        self.ratio = unit_float(ratio, "ratio")

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns samples with a blank area."""
        rows, columns = (
            self._blank(samples, axis, seed) for axis in spatial_axes()
        )
        blank = ops.logical_and(rows, columns)
        return ops.where(blank, ops.zeros_like(samples), samples)

    def _blank(
        self, samples: Tensor, axis: int, seed: keras.random.SeedGenerator
    ) -> Tensor:
        size = ops.shape(samples)[axis]
        length = share(self.ratio, size)
        # An even length has its center between two pixels, so one place more.
        centers = integers(samples, 0, size - length % 2, seed)
        distances = positions(samples, axis) - centers + length // 2
        return ops.logical_and(distances >= 0, distances < length)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"ratio": self.ratio}
