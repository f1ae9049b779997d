"""The two networks, as a step calls them."""

from typing import Any

import keras

from keras_regan import _backend
from keras_regan._backend.keras_internals.layers import losses_of_latest_call
from keras_regan._dtypes import at_least_float32
from keras_regan._typing import Tensor
from keras_regan.augmentations import Augmentation
from keras_regan.penalties.step_context import DiscriminatorOutput
from keras_regan.penalties.step_context import Generated


class Networks:
    """A generator and a discriminator, each called with the conditions.

    An augmentation is part of what the discriminator is in training: all calls
    go through it, so that gradient penalties are taken at samples that are not
    augmented, and no penalty can forget it.

    Args:
        generator: Model from latents, or `[latents, *conditions]`.
        discriminator: Model from samples, or `[samples, *conditions]`.
        takes_conditions: Whether the discriminator takes them too.
        augmentation: What the discriminator's inputs go through in training,
            or `None`.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        takes_conditions: bool,
        augmentation: Augmentation | None = None,
    ):
        self._generator = generator
        self._discriminator = discriminator
        self._takes_conditions = takes_conditions
        self._augmentation = augmentation

    def generate(
        self, latents: Tensor, conditions: Any, training: bool
    ) -> Generated:
        """Returns samples, without a gradient at their latents."""
        samples, losses = self._generated(latents, conditions, training)
        return Generated(samples, latents, losses)

    def generate_differentiably(
        self, latents: Tensor, conditions: Any, training: bool
    ) -> Generated:
        """Returns samples, with what gives their gradient at the latents."""
        samples, losses, latent_gradient = _backend.call_with_input_gradient(
            lambda latents: self._generated(latents, conditions, training),
            latents,
            forwards=False,
        )
        return Generated(samples, latents, losses, latent_gradient)

    def discriminate(
        self,
        samples: Tensor,
        conditions: Any,
        training: bool,
        seed: keras.random.SeedGenerator,
    ) -> DiscriminatorOutput:
        """Returns logits and what else the discriminator says of samples."""
        if training and self._augmentation is not None:
            samples = self._augmentation(samples, seed)
        if not self._takes_conditions:
            conditions = None
        outputs, losses = _called(
            self._discriminator, samples, conditions, training
        )
        others = {}
        if isinstance(outputs, dict):
            others = {k: v for k, v in outputs.items() if k != "logits"}
            outputs = outputs["logits"]
        return DiscriminatorOutput(at_least_float32(outputs), others, losses)

    def _generated(self, latents, conditions, training):
        samples, losses = _called(
            self._generator, latents, conditions, training
        )
        return at_least_float32(samples), losses


def _called(network, first, conditions, training):
    """Returns a network's outputs, and what its layers added in this call."""
    inputs = with_conditions(first, conditions)
    outputs = network(inputs, training=training)
    return outputs, losses_of_latest_call(network)


def with_conditions(first: Any, conditions: Any) -> Any:
    """Returns the inputs of a network: latents or samples, then conditions."""
    if conditions is None:
        return first
    return [first, *keras.tree.flatten(conditions)]
