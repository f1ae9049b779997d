"""Consistency of the discriminator under augmentation."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import one_of
from keras_regan.augmentations import Augmentation
from keras_regan.augmentations import DiffAugment
from keras_regan.augmentations import HorizontalFlip
from keras_regan.augmentations import Translation
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class Consistency(Penalty):
    """Penalizes logits that change when a sample is augmented.

    It teaches the discriminator which changes do not matter. One penalty acts
    on one kind of samples; balanced consistency (bCR) uses two of them:

    ```python
    discriminator_regularizers = [
        keras_regan.penalties.Consistency(10.0),
        keras_regan.penalties.Consistency(10.0, samples="fake"),
    ]
    ```

    Without the second one, the discriminator may learn that augmented samples
    are real, and the generator then makes augmented samples. bCR does not do
    that.

    Formula: `factor * mean((C(x) - C(T(x)))^2)`

    `T` draws a new augmentation for each sample. Gradients flow through both
    logits. Every patch of a map counts.

    Cost: one more pass through the discriminator.

    Reads: `real` and `real_logits`, or `fake` and `fake_logits`.

    Args:
        factor: Non-negative float or schedule. Defaults to `10.0`.
        augmentation: The `Augmentation` of the samples, or `None`. Samples
            that are not images need one that accepts them, such as
            `keras_regan.augmentations.InstanceNoise`. `None` means
            `DiffAugment([HorizontalFlip(), Translation(0.125)])`. Defaults to
            `None`.
        samples: `"real"` or `"fake"`. Defaults to `"real"`.
        name: String. The key in the logs, after `d_`. Defaults to
            `"real_consistency"` or `"fake_consistency"`.
        **kwargs: `interval`, as in `Penalty`.

    Raises:
        TypeError: If `augmentation` is of another kind.
        ValueError: If `samples` is neither of the two, or if `augmentation`
            adapts, as `AdaptiveAugmentation` does.

    Example:
    >>> keras_regan.penalties.Consistency(10.0, samples="fake").name
    'fake_consistency'

    Reference: [Zhang et al., 2019](https://arxiv.org/abs/1910.12027), factor
    10; with generated samples: [Zhao et al., 2020](
    https://arxiv.org/abs/2002.04724), algorithm 1. Differs from public code:
    shifted images are padded with zeros instead of by reflection, and an
    augmentation given to `compile` is applied before this one.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 10.0,
        augmentation: Augmentation | None = None,
        *,
        samples: str = "real",
        name: str | None = None,
        **kwargs: Any,
    ):
        self.samples = one_of(samples, "samples", ("real", "fake"))
        if name is None:
            name = f"{samples}_consistency"
        super().__init__(factor, name=name, **kwargs)
        if augmentation is None:
            augmentation = DiffAugment([HorizontalFlip(), Translation(0.125)])
        if not isinstance(augmentation, Augmentation):
            raise TypeError(
                message(
                    "augmentation",
                    "None or a `keras_regan.augmentations.Augmentation`",
                    augmentation,
                )
            )
        if augmentation.variables:
            raise ValueError(
                message(
                    "augmentation",
                    "an augmentation that does not adapt: only the one given "
                    "to `compile` sees the discriminator's logits",
                    augmentation,
                )
            )
        self.augmentation = augmentation

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean square of the difference of logits."""
        samples = getattr(context, self.samples)
        augmented = self.augmentation(samples, context.seed)
        judged = context.discriminate(augmented)
        logits = getattr(context, f"{self.samples}_logits")
        return ops.mean(ops.square(logits - judged))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        augmentation = keras.saving.serialize_keras_object(self.augmentation)
        return {
            **super().get_config(),
            "augmentation": augmentation,
            "samples": self.samples,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the penalty from the result of `get_config`."""
        config = dict(config)
        config["augmentation"] = keras.saving.deserialize_keras_object(
            config["augmentation"]
        )
        return cls(**config)
