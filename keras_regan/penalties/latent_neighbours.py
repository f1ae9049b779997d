"""Penalties on how logits and samples change with a small latent step.

These are two classes, because the sign, the network and the default differ.
"""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import positive_float
from keras_regan.penalties._draws import normal_like
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class LatentConsistency(Penalty):
    """Keeps the discriminator from telling latent neighbours apart.

    Samples from nearly the same latents should get nearly the same logit. Put
    it in the discriminator's list, together with `LatentDiversity` in the
    generator's list, which keeps the generator from making the same sample
    from both.

    Formula: `factor * mean((C(G(z)) - C(G(z + deviation * e)))^2)`

    `e` is normal, `C` the logit; every patch of a map counts.

    Cost: one more pass through each network; the generator is not
    differentiated.

    Reads: `latents` and `fake_logits`; generates from other latents and calls
    the discriminator on the result.

    Args:
        factor: Non-negative float or schedule. The paper's lambda_dis.
            Defaults to `20.0`.
        deviation: Positive float. The standard deviation of the step.
            Defaults to `0.05`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `deviation` is not a number.
        ValueError: If `deviation` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.LatentConsistency()],
    ...     generator_regularizers=[keras_regan.penalties.LatentDiversity()])

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2002.04724) (zCR, a
    part of ICR-GAN). Formula and defaults are those of [StudioGAN](
    https://github.com/POSTECH-CVLab/PyTorch-StudioGAN); the authors' own code
    could not be consulted.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 20.0,
        *,
        deviation: float = 0.05,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.deviation = positive_float(deviation, "deviation")

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean squared difference of the logits."""
        samples = ops.stop_gradient(_neighbours(context, self.deviation))
        logits = context.discriminate(samples)
        return ops.mean(ops.square(context.fake_logits - logits))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deviation": self.deviation}


@register
class LatentDiversity(Penalty):
    """Rewards the generator for telling latent neighbours apart.

    The counterpart of `LatentConsistency`, for the generator's list. Alone it
    is another way to more varied samples, like
    `regularizers.PairwiseDistance`, but for latents that are close together.

    Only the range of the samples bounds the reward: use it with an output
    activation such as tanh and a small factor.

    Formula: `-factor * mean((G(z) - G(z + deviation * e))^2)`

    `e` is normal, the mean over the batch and all elements of the samples.

    Cost: one more pass through the generator.

    Reads: `latents` and `fake`, and generates from other latents.

    Args:
        factor: Non-negative float or schedule. The paper's lambda_gen.
            Defaults to `0.5`.
        deviation: Positive float. The standard deviation of the step.
            Defaults to `0.05`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Returns:
        Scalar tensor, never positive.

    Raises:
        TypeError: If `deviation` is not a number.
        ValueError: If `deviation` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.LatentConsistency()],
    ...     generator_regularizers=[keras_regan.penalties.LatentDiversity()])

    Reference: [Zhao et al., 2020](https://arxiv.org/abs/2002.04724) (zCR, a
    part of ICR-GAN). Formula and defaults are those of [StudioGAN](
    https://github.com/POSTECH-CVLab/PyTorch-StudioGAN); the authors' own code
    could not be consulted.
    """

    networks = ("generator",)

    def __init__(
        self,
        factor: Factor = 0.5,
        *,
        deviation: float = 0.05,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.deviation = positive_float(deviation, "deviation")

    def call(self, context: StepContext) -> Tensor:
        """Returns minus the mean squared difference of the samples."""
        samples = _neighbours(context, self.deviation)
        return -ops.mean(ops.square(context.fake - samples))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deviation": self.deviation}


def _neighbours(context: StepContext, deviation: float) -> Tensor:
    """Returns samples from latents close to those of the step."""
    noise = normal_like(context.latents, context)
    return context.generate(context.latents + deviation * noise)
