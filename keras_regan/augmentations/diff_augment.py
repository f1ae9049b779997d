"""Differentiable augmentation at full strength."""

from collections.abc import Sequence

import keras

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.augmentations._sequence import AugmentationSequence
from keras_regan.augmentations.augmentation import Augmentation
from keras_regan.augmentations.color_jitter import ColorJitter
from keras_regan.augmentations.cutout import Cutout
from keras_regan.augmentations.translation import Translation


@register
class DiffAugment(AugmentationSequence):
    """Applies several augmentations to every image, one after the other.

    It is the simple remedy for small data sets: it has no state, and nothing
    to tune but the list. With plenty of data, take fewer augmentations, or
    `AdaptiveAugmentation`, which finds out how much is needed.

    Formula: `T(x) = T_k(... T_1(x))`

    Cost: that of its augmentations; no further forward pass.

    Args:
        augmentations: List of `Augmentation`s, or `None` for
            `[ColorJitter(), Translation(), Cutout()]`, the authors' choice
            for little data. Defaults to `None`.

    Call arguments:
        samples: Images, as for every `Augmentation`.
        seed: `keras.random.SeedGenerator`.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If an entry of `augmentations` is not an `Augmentation`.
        ValueError: If `augmentations` is empty.

    Example:
    >>> augmentation = keras_regan.augmentations.DiffAugment([
    ...     keras_regan.augmentations.ColorJitter(),
    ...     keras_regan.augmentations.Translation(0.25),
    ... ])
    >>> images = np.zeros((4, 32, 32, 3), "float32")
    >>> tuple(augmentation(images, keras.random.SeedGenerator(0)).shape)
    (4, 32, 32, 3)

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2006.10738), section
    3.2. Differs from the authors' code: a policy is a list of objects instead
    of a string.
    """

    def __init__(self, augmentations: Sequence[Augmentation] | None = None):
        if augmentations is None:
            augmentations = [ColorJitter(), Translation(), Cutout()]
        super().__init__(augmentations)

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns samples after all augmentations."""
        for augmentation in self.augmentations:
            samples = augmentation(samples, seed)
        return samples
