"""Penalties on the gradient between real and generated samples."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import boolean
from keras_regan._validation import non_negative_float
from keras_regan.penalties._draws import uniform_per_sample
from keras_regan.penalties._norms import mean_squared_norm
from keras_regan.penalties._norms import norms
from keras_regan.penalties._norms import squared_norms
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class WassersteinGradientPenalty(Penalty):
    """Pulls the gradient norm between real and generated samples to one.

    `losses.Wasserstein` needs it: a critic whose slope is one is as steep as
    the distance that it estimates allows. The penalty treats each sample by
    itself, so use `LayerNormalization` instead of `BatchNormalization` in the
    critic. For two-dimensional toy data use a factor of 0.1.

    With `one_sided=True`, a critic that is flatter than `target` is not
    penalized, and results depend less on the factor.

    Formula: `factor * mean_i((||grad_x C(x_i)|| - target)^2)`

    At `x_i = a_i * real_i + (1 - a_i) * fake_i`, `a_i` uniform in [0, 1], `C`
    the logit, the norm over all elements of the sample. If it is one-sided,
    the bracket is `max(0, ||grad_x C(x_i)|| - target)`.

    Cost: one more pass through the discriminator, and its gradient twice.

    Reads: `real` and `fake`.

    Args:
        factor: Non-negative float or schedule. The paper's lambda. Defaults
            to `10.0`.
        target: Non-negative float. The desired norm. Defaults to `1.0`.
        one_sided: Boolean. Whether norms below `target` cost nothing. Defaults
            to `False`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `target` is not a number or `one_sided` is not a boolean.
        ValueError: If `target` is negative or not finite.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     loss=keras_regan.losses.Wasserstein(),
    ...     discriminator_steps=5,
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.WassersteinGradientPenalty(0.1)])

    Reference: [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028),
    section 4; one-sided: [Petzka et al., 2018](
    https://arxiv.org/abs/1709.08894). Differs from the authors' code: 1e-12
    inside the square root keeps the gradient finite where the critic is flat.
    TF-GAN's `target` divides the norm, `(||grad|| / target - 1)^2`: with
    `target=2`, a weight of 10 there is a factor of 2.5 here. The logit of a map
    of patches is the mean over its patches.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 10.0,
        *,
        target: float = 1.0,
        one_sided: bool = False,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.target = non_negative_float(target, "target")
        self.one_sided = boolean(one_sided, "one_sided")

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean squared distance of the norms from the target."""
        excess = norms(_gradient_between(context)) - self.target
        if self.one_sided:
            excess = ops.maximum(excess, 0.0)
        return ops.mean(ops.square(excess))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "target": self.target,
            "one_sided": self.one_sided,
        }


@register
class ZeroCenteredInterpolation(Penalty):
    """Pulls the gradient between real and generated samples to zero.

    A discriminator that is flat between real and generated samples cannot
    memorize single training images. The penalty suits losses with a sigmoid,
    for which a slope of one has no meaning. `R1` does the same at the real
    samples only, and costs less.

    Formula: `factor * mean_i(||grad_x C(x_i)||^2)`

    At `x_i = a_i * real_i + (1 - a_i) * fake_i`, `a_i` uniform in [0, 1], `C`
    the logit, the norm over all elements of the sample.

    Cost: one more pass through the discriminator, and its gradient twice.

    Reads: `real` and `fake`.

    Args:
        factor: Non-negative float or schedule. The paper's lambda. Defaults
            to `10.0`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(discriminator_regularizers=[
    ...     keras_regan.penalties.ZeroCenteredInterpolation(10.0)])

    Reference: [Thanh-Tung et al., 2019](https://arxiv.org/abs/1902.03984).
    Differs from the authors' code: their toy discriminator ends in a sigmoid,
    and they penalize the gradient of the sigmoid, which is at most a quarter
    of the logit's. There is no 1/2, as in their code and unlike `R1`. The logit
    of a map of patches is the mean over its patches.
    """

    networks = ("discriminator",)

    def __init__(self, factor: Factor = 10.0, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean squared norm between the samples."""
        return mean_squared_norm(_gradient_between(context))


@register
class MaxGradientPenalty(Penalty):
    """Penalizes the steepest gradient between real and generated samples.

    A Lipschitz constant is a maximum. This penalty lowers it without
    flattening the discriminator where it is not steep. It learns from only one
    sample of the batch, so the value is noisy with small batches.

    Formula: `factor * max_i(||grad_x C(x_i)||^2)`

    At `x_i = a_i * real_i + (1 - a_i) * fake_i`, `a_i` uniform in [0, 1], `C`
    the logit, the norm over all elements of the sample.

    Cost: one more pass through the discriminator, and its gradient twice.

    Reads: `real` and `fake`.

    Args:
        factor: Non-negative float or schedule. The paper's lambda; its
            authors take `0.1`. Defaults to `10.0`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(discriminator_regularizers=[
    ...     keras_regan.penalties.MaxGradientPenalty(0.1)])

    Reference: [Zhou et al., 2019](https://arxiv.org/abs/1902.05687) (LGAN).
    The formula is that of the [authors' code](
    https://github.com/ZhimingZhou/LGANs-for-reproduce), whose factor is 0.1
    on CIFAR-10; the default of 10 is that of [StudioGAN](
    https://github.com/POSTECH-CVLab/PyTorch-StudioGAN). The authors' code can
    also reuse the steepest points of earlier batches. The logit of a map of
    patches is the mean over its patches.
    """

    networks = ("discriminator",)

    def __init__(self, factor: Factor = 10.0, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def call(self, context: StepContext) -> Tensor:
        """Returns the largest squared norm between the samples."""
        return ops.max(squared_norms(_gradient_between(context)))


def _gradient_between(context: StepContext) -> Tensor:
    """Returns the gradient at random points between pairs of samples."""
    share = uniform_per_sample(context.real, context)
    points = share * context.real + (1.0 - share) * context.fake
    return context.input_gradient(points)
