"""The two networks, as a step calls them."""

from collections.abc import Callable
from typing import Any

import keras

from keras_regan import _backend
from keras_regan._backend.keras_internals.layers import losses_of_latest_call
from keras_regan._backend.keras_internals.layers import regularized_variables
from keras_regan._checks.call_arguments import argument_names
from keras_regan._checks.call_arguments import call_arguments
from keras_regan._checks.interface import Interface
from keras_regan._checks.slow_convolutions import slow_layers
from keras_regan._dtypes import at_least_float32
from keras_regan._typing import Tensor
from keras_regan.augmentations import Augmentation
from keras_regan.penalties.step_context import Generated


class Networks:
    """A generator and a discriminator, each called with the conditions.

    In training, an augmentation is part of the discriminator: all calls go
    through it. Gradient penalties are therefore taken at samples that are not
    augmented, and no penalty can forget the augmentation.

    Args:
        generator: Model that takes latents, conditions or both.
        discriminator: Model that takes samples, or samples and conditions.
        interface: The `Interface` of the two models.
        draw_latents: Function that takes a number and a seed.
        augmentation: The augmentation of the discriminator's inputs in
            training, or `None`.

    Attributes:
        heads: The number of tensors of logits that the discriminator returns.
        moved_by_discriminator: The variables that a pass of the discriminator
            may change: seeds and statistics of its layers.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        interface: Interface,
        draw_latents: Callable[[Any, Any], Tensor],
        augmentation: Augmentation | None = None,
    ):
        self._generator = generator
        self._discriminator = discriminator
        self._interface = interface
        self.heads = interface.heads
        self.draw_latents = draw_latents
        self._augmentation = augmentation
        self._with_several_arguments = [
            network
            for network in (generator, discriminator)
            if argument_names(network)
        ]
        self._regularized = {
            id(network): len(regularized_variables(network))
            for network in (generator, discriminator)
        }
        # Keras's own transposed convolutions need reverse mode.
        self._forwards = _backend.transposes_slowly() and not slow_layers(
            generator
        )
        self.moved_by_discriminator = discriminator.non_trainable_variables

    def generate(
        self, latents: Tensor, conditions: Any, training: bool
    ) -> Generated:
        """Returns samples, without a gradient at their latents."""
        inputs = self._interface.generator_inputs(latents, conditions)
        samples, losses = self._called(self._generator, inputs, training)
        return Generated(at_least_float32(samples), latents, losses)

    def generate_differentiably(
        self, latents: Tensor, conditions: Any, training: bool
    ) -> Generated:
        """Returns samples with a function for their gradient at the latents."""
        if latents is None:
            return self.generate(latents, conditions, training)

        def samples_and_losses(latents):
            made = self.generate(latents, conditions, training)
            return made.samples, made.losses

        samples, losses, latent_gradient = _backend.call_with_input_gradient(
            samples_and_losses, latents, forwards=self._forwards
        )
        return Generated(samples, latents, losses, latent_gradient)

    def discriminate(
        self,
        samples: Tensor,
        conditions: Any,
        training: bool,
        seed: keras.random.SeedGenerator,
    ) -> tuple[Tensor | list[Tensor], tuple[dict[str, Any], list[Tensor]]]:
        """Returns the discriminator's results for samples.

        They are `(logits, (outputs, losses))`: a tensor of logits, or a list
        with one for each head; its other outputs, by name; and the scalars
        that its layers added.
        """
        if training and self._augmentation is not None:
            samples = self._augmentation(samples, seed)
        inputs = self._interface.discriminator_inputs(samples, conditions)
        outputs, losses = self._called(self._discriminator, inputs, training)
        others = {}
        if isinstance(outputs, dict):
            others = {k: v for k, v in outputs.items() if k != "logits"}
            outputs = outputs["logits"]
        if not isinstance(outputs, list | tuple):
            return at_least_float32(outputs), (others, losses)
        logits = [at_least_float32(head) for head in outputs]
        return logits if len(logits) > 1 else logits[0], (others, losses)

    def judged_conditions(self, conditions: Any) -> list[Tensor]:
        """Returns the conditions that the discriminator takes."""
        return self._interface.judged_conditions(conditions)

    def _called(self, network, inputs, training):
        """Returns outputs and the losses that layers added in this call."""
        args: list[Any] = [inputs]
        named: dict[str, Any] = {}
        if network in self._with_several_arguments:
            args, named = call_arguments(network, inputs)
        outputs = network(*args, **named, training=training)
        return outputs, losses_of_latest_call(
            network, self._regularized[id(network)]
        )
