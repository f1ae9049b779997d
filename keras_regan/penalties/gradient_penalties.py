"""Penalties on the gradient of the discriminator at its inputs."""

from typing import Any

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan.penalties._norms import mean_squared_norm
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class R1(Penalty):
    """Penalizes the discriminator's squared gradient at real samples.

    Start with this regularizer: it makes training converge locally, works with
    every loss, and makes the discriminator flat at the real samples. Larger
    images need a larger factor: `keras_regan.recipes.r1_factor` gives a first
    one. With `interval=16` it costs next to nothing and works about as well;
    `ApproximateR1` does not need a second-order gradient.

    Formula: `factor / 2 * mean_i(||grad_x C(x_i)||^2)`, `C` the logit, the
    norm over all elements of the sample, the mean over the real batch.

    Cost: a second-order gradient at the real samples; no further forward pass.

    Reads: `real_gradient`.

    Args:
        factor: Non-negative float or schedule. The paper's gamma. Defaults to
            `10.0`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(discriminator_regularizers=[
    ...     keras_regan.penalties.R1(1.0, interval=16)])

    Reference: [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406),
    section 4.1. The 1/2 is the paper's (and StyleGAN's); the authors' code
    leaves it out, so their `reg_param` of 10 is a factor of 20 here. The logit
    of a map of patches is the mean over its patches.
    """

    networks = ("discriminator",)

    def __init__(self, factor: Factor = 10.0, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def call(self, context: StepContext) -> Tensor:
        """Returns half the mean squared norm at real samples."""
        return 0.5 * mean_squared_norm(context.real_gradient)


@register
class R2(Penalty):
    """Penalizes the discriminator's squared gradient at generated samples.

    Together with `R1` it makes the regularized relativistic loss converge. It
    is rarely used alone.

    Formula: `factor / 2 * mean_i(||grad_x C(G(z_i))||^2)`, `C` the logit, the
    norm over all elements of the sample, the mean over the generated batch.

    Cost: a second-order gradient at the generated samples; no further forward
    pass.

    Reads: `fake_gradient`.

    Args:
        factor: Non-negative float or schedule. The paper's gamma. Defaults to
            `10.0`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     loss=keras_regan.losses.Relativistic(),
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.R1(1.0), keras_regan.penalties.R2(1.0)])

    Reference: [Mescheder et al., 2018](https://arxiv.org/abs/1801.04406),
    section 4.1; together with R1: [Huang et al., 2024](
    https://arxiv.org/abs/2501.05441), equation 3. The 1/2 is the papers'; the
    code of the first leaves it out.
    """

    networks = ("discriminator",)

    def __init__(self, factor: Factor = 10.0, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def call(self, context: StepContext) -> Tensor:
        """Returns half the mean squared norm at generated samples."""
        return 0.5 * mean_squared_norm(context.fake_gradient)
