"""Random mirror images."""

from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import unit_float
from keras_regan.augmentations._draws import chosen
from keras_regan.augmentations._image_axes import spatial_axes
from keras_regan.augmentations.augmentation import Augmentation


@register
class HorizontalFlip(Augmentation):
    """Flips images from left to right at random.

    Use it for images whose mirror images could be in the data as well: scenes
    and most objects, but not letters or digits. With a probability of one half
    the discriminator cannot tell the two apart, and the generator will make
    both.

    Formula: `T(x)[i, j] = x[i, width - 1 - j]` with the probability, else `x`.

    Cost: one copy of the samples.

    Args:
        probability: Float in `[0, 1]`. Defaults to `0.5`.

    Call arguments:
        samples: Images, as for every `Augmentation`.
        seed: `keras.random.SeedGenerator`. One draw.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If `probability` is not a number.
        ValueError: If `probability` is not in `[0, 1]`.

    Example:
    >>> image = np.array([1.0, 2.0, 3.0]).reshape((1, 1, 3, 1))
    >>> flip = keras_regan.augmentations.HorizontalFlip(1.0)
    >>> flipped = flip(image, keras.random.SeedGenerator(0))
    >>> [float(value) for value in flipped[0, 0, :, 0]]
    [3.0, 2.0, 1.0]

    Reference: [Karras et al., 2020](https://arxiv.org/abs/2006.06676),
    appendix B. Differs from the authors' code: here the probability is that of
    a flip; theirs is that of choosing at random between both, so `0.5` here is
    their 1.
    """

    def __init__(self, probability: float = 0.5):
        self.probability = unit_float(probability, "probability")

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns samples of which some are flipped."""
        _, width_axis = spatial_axes()
        return ops.where(
            chosen(samples, self.probability, seed),
            ops.flip(samples, axis=width_axis),
            samples,
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"probability": self.probability}
