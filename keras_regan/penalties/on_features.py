"""Soft regularization of the discriminator's features of the samples."""

from typing import Any

import keras

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.penalties._called_with import call_with
from keras_regan.penalties._called_with import samples_compared
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.scheduled import Scheduled
from keras_regan.penalties.step_context import OneCondition
from keras_regan.penalties.step_context import StepContext
from keras_regan.regularizers import SampleRegularizer


@register
class OnFeatures(Scheduled):
    """Calls a regularizer of samples with the discriminator's features.

    Two images of the same thing, shifted by a pixel, are far apart as pixels
    and close as features, so a distance between features says more about the
    content. The discriminator has to return
    `{"logits": ..., "features": ...}`; the reference networks do with
    `discriminator_features=True`.

    In `generator_regularizers` it trains the generator to change the samples
    so that their features fit the regularizer. In `discriminator_regularizers`
    it trains the discriminator to change the features.

    Formula: `interval * factor(step) * regularizer(features)` in every
    `interval`-th update, zero in the others. The regularizer's own factor
    stays. With several tensors of features it is the mean over them.

    Cost: the regularizer's; in the generator's step one more pass through the
    discriminator if the regularizer compares with real samples.

    Reads: `fake_features`, and `real_features` if the regularizer compares
    with real samples.

    Args:
        regularizer: A `SampleRegularizer`. It gets the features of generated
            and of real samples in place of the samples, and the latents as
            they are.
        factor: Non-negative float or schedule. Defaults to `1.0`.
        name: String. The key in the logs. Defaults to the regularizer's name
            and `"_on_features"`.
        **kwargs: `interval`, as in `Penalty`.

    Raises:
        TypeError: If `regularizer` is not a `SampleRegularizer`.
        ValueError: In the first step, if the discriminator returns no
            features, if the regularizer compares them with latents and there
            are more samples than rows of features, as behind
            `keras_regan.layers.Packing`, or if it compares them row by row
            with real ones and there are no conditions.

    Example:
    >>> entry = keras_regan.penalties.OnFeatures(
    ...     keras_regan.regularizers.PairwiseDistance(0.1))
    >>> entry.name
    'pairwise_distance_on_features'

    Reference: pairwise terms on features of the discriminator:
    [Zhao et al., 2016](https://arxiv.org/abs/1609.03126), section 2.4;
    [Yang et al., 2019](https://arxiv.org/abs/1901.09024), for inpainting.
    """

    regularizer: SampleRegularizer

    def __init__(
        self,
        regularizer: SampleRegularizer,
        factor: Factor = 1.0,
        *,
        name: str | None = None,
        **kwargs: Any,
    ):
        if not isinstance(regularizer, SampleRegularizer):
            raise TypeError(
                message("regularizer", "a `SampleRegularizer`", regularizer)
            )
        if name is None:
            name = f"{regularizer.name}_on_features"
        super().__init__(regularizer, factor, name=name, **kwargs)

    @property
    def networks(self) -> tuple[str, ...]:  # type: ignore[override]  # Read only.
        """Both networks: the penalty trains the one whose step it is."""
        return Penalty.networks

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean over all tensors of features."""
        compared = samples_compared(self.regularizer)
        if compared is None:
            features = OneCondition(context.fake_features, None, 1)
        else:
            features = context.features_of_one_condition(compared)
        tensors = keras.tree.flatten(features.samples)
        if "latents" in self.regularizer.called_with:
            if features.latents is None:
                features = features._replace(latents=context.latents)
            _check_rows(tensors, features.latents)
        real = [None] * len(tensors)
        if "real" in self.regularizer.called_with:
            real = keras.tree.flatten(context.real_features)

        def value_of(generated: Tensor, beside: Tensor) -> Tensor:
            return call_with(
                self.regularizer,
                context,
                features._replace(samples=generated),
                lambda: beside,
            )

        values = list(map(value_of, tensors, real))
        return sum(values) / len(values)


def _check_rows(features: list[Tensor], latents: Tensor) -> None:
    for tensor in features:
        sizes = tensor.shape[0], latents.shape[0]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                "A regularizer compares latents with features. Expected one "
                "row of features for each sample, which a discriminator that "
                f"packs samples does not return. Received: {sizes[0]} rows of "
                f"features and {sizes[1]} latents"
            )
