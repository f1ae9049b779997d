"""Augmentation whose probability follows the discriminator's overfitting."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import positive_integer
from keras_regan._validation import unit_float
from keras_regan.augmentations._draws import chosen
from keras_regan.augmentations._sequence import AugmentationSequence
from keras_regan.augmentations.augmentation import Augmentation
from keras_regan.augmentations.color_jitter import ColorJitter
from keras_regan.augmentations.horizontal_flip import HorizontalFlip
from keras_regan.augmentations.translation import Translation


@register
class AdaptiveAugmentation(AugmentationSequence):
    """Applies each augmentation with a probability that follows overfitting.

    The right amount of augmentation depends on the amount of data and changes
    during training. A discriminator that overfits gives positive logits to
    nearly all real images. The probability rises and falls to hold their mean
    sign at `target`; the logs show it as `augmentation_probability`. Use it
    with losses whose discriminator gives real samples positive and generated
    ones negative logits: `NonSaturating`, `Minimax` and `Hinge`. If the
    discriminator returns several tensors of logits, all count equally.

    Formula: `p <- clip(p + sign(r - target) * n / adjustment_images, 0, 1)`
    after every `interval` updates of the discriminator, `r` the mean sign of
    the logits of the `n` real samples in them. Each sample gets each
    augmentation with probability `p`, independently of all others.

    Cost: that of its augmentations, computed for all samples and used for
    some; no further forward pass.

    Args:
        augmentations: List of `Augmentation`s, or `None` for
            `HorizontalFlip`, `Translation`, and brightness, contrast and
            saturation as three `ColorJitter`s, which are applied
            independently of each other. Defaults to `None`.
        target: Float in `[0, 1]`. The mean sign to aim at; a lower one
            augments more. Defaults to `0.6`.
        interval: Positive integer. Updates of the discriminator between two
            adjustments. Defaults to `4`.
        adjustment_images: Positive integer. The number of real samples in
            which the probability can go from 0 to 1 at the fastest. Choose
            fewer for a short training. Defaults to `500_000`.
        initial_probability: Float in `[0, 1]`. Defaults to `0.0`.

    Call arguments:
        samples: Images, as for every `Augmentation`.
        seed: `keras.random.SeedGenerator`. One draw for each augmentation,
            besides the augmentation's own.

    Returns:
        Images of the same shape.

    Raises:
        TypeError: If an entry of `augmentations` is not an `Augmentation`, or
            another argument is not a number of its kind.
        ValueError: If `augmentations` is empty, `target` or
            `initial_probability` is not in `[0, 1]`, or `interval` or
            `adjustment_images` is not positive.

    Example:
    >>> augmentation = keras_regan.augmentations.AdaptiveAugmentation(
    ...     interval=1, adjustment_images=640)
    >>> augmentation.adapt(real_sign=0.9, batch_size=64)
    >>> float(augmentation.logged["augmentation_probability"])
    0.1

    Reference: [Karras et al., 2020](https://arxiv.org/abs/2006.06676), section
    3. Differs from the authors' code: the pipeline is shorter, with none of
    the geometric warps that need wavelet filters (rotation, scaling, shifts by
    fractions of pixels), quarter turns, hue and inverted luminance; cutout is
    off by default in both. Shifts fill up with zeros instead of reflections,
    and strengths of colours are uniform instead of normal or log-normal. The
    authors clamp `p` only from below: above 1 it acts like 1, but takes longer
    to come back. Here each batch counts by its size.
    """

    def __init__(
        self,
        augmentations: Sequence[Augmentation] | None = None,
        *,
        target: float = 0.6,
        interval: int = 4,
        adjustment_images: int = 500_000,
        initial_probability: float = 0.0,
    ):
        if augmentations is None:
            augmentations = [
                HorizontalFlip(),
                Translation(),
                ColorJitter(saturation=0.0, contrast=0.0),
                ColorJitter(brightness=0.0, saturation=0.0),
                ColorJitter(brightness=0.0, contrast=0.0),
            ]
        super().__init__(augmentations)
        self.target = unit_float(target, "target")
        self.interval = positive_integer(interval, "interval")
        self.adjustment_images = positive_integer(
            adjustment_images, "adjustment_images"
        )
        self.initial_probability = unit_float(
            initial_probability, "initial_probability"
        )
        self._probability = _state(
            self.initial_probability, "float32", "augmentation_probability"
        )
        self._sign_sum = _state(0.0, "float32", "real_sign_sum")
        self._image_count = _state(0.0, "float32", "real_image_count")
        self._update_count = _state(0, "int32", "update_count")

    @property
    def variables(self) -> list[keras.Variable]:
        """The probability, and the sums since its last adjustment."""
        return [
            *super().variables,
            self._probability,
            self._sign_sum,
            self._image_count,
            self._update_count,
        ]

    @property
    def logged(self) -> dict[str, Tensor]:
        """The probability, as `augmentation_probability`."""
        return {
            **super().logged,
            "augmentation_probability": self._probability.value,
        }

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Applies each augmentation to some of the samples."""
        probability = self._probability.value
        for augmentation in self.augmentations:
            samples = ops.where(
                chosen(samples, probability, seed),
                augmentation(samples, seed),
                samples,
            )
        return samples

    def adapt(self, real_sign: Tensor, batch_size: int | Tensor) -> None:
        """Adjusts the probability in every `interval`-th call.

        Args:
            real_sign: Scalar. Mean of the signs of the logits of the real
                samples.
            batch_size: Integer. The number of samples in this mean.
        """
        super().adapt(real_sign, batch_size)
        images = ops.cast(batch_size, "float32")
        sign = ops.cast(real_sign, "float32")
        sign_sum = self._sign_sum.value + images * sign
        image_count = self._image_count.value + images
        update_count = self._update_count.value + 1
        due = ops.equal(update_count, self.interval)
        change = ops.sign(sign_sum - self.target * image_count)
        change = change * image_count / self.adjustment_images
        moved = ops.clip(self._probability.value + change, 0.0, 1.0)
        self._probability.assign(ops.where(due, moved, self._probability.value))
        self._sign_sum.assign(ops.where(due, 0.0, sign_sum))
        self._image_count.assign(ops.where(due, 0.0, image_count))
        self._update_count.assign(ops.where(due, 0, update_count))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "target": self.target,
            "interval": self.interval,
            "adjustment_images": self.adjustment_images,
            "initial_probability": self.initial_probability,
        }


def _state(value: float, dtype: str, name: str) -> keras.Variable:
    return keras.Variable(value, dtype=dtype, trainable=False, name=name)
