"""A penalty on the gradient in the neighbourhood of the real samples."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import non_negative_float
from keras_regan.penalties._draws import uniform_like
from keras_regan.penalties._draws import uniform_per_sample
from keras_regan.penalties._norms import norms
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class DRAGAN(Penalty):
    """Pulls the gradient norm around the real samples to one.

    It keeps the discriminator from rising sharply at single real samples,
    which its authors observe before modes collapse. It needs no generated
    samples and works with every loss.

    Formula: `factor * mean_i((||grad_x C(x_i)|| - target)^2)`

    At `x_i = real_i + a_i * scale * std(real) * u_i`, `a_i` one uniform number
    in [0, 1] for a sample and `u_i` one for each of its elements, `std` over
    all elements of the batch, `C` the logit, the norm over all elements of the
    sample.

    Cost: one more pass through the discriminator, and its gradient twice.

    Reads: `real`.

    Args:
        factor: Non-negative float or schedule. The paper's lambda. Defaults
            to `10.0`.
        scale: Non-negative float. How far from the real samples the
            neighbourhood reaches, in standard deviations of the batch.
            Defaults to `0.5`.
        target: Non-negative float. The desired norm. Defaults to `1.0`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `scale` or `target` is not a number.
        ValueError: If `scale` or `target` is negative or not finite.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(discriminator_regularizers=[
    ...     keras_regan.penalties.DRAGAN(10.0)])

    Reference: [Kodali et al., 2017](https://arxiv.org/abs/1705.07215). Three
    forms are in use, and this is the one of the authors' notebook, whose noise
    is never negative. In the paper the noise is normal around zero and
    unscaled; in Google's compare_gan it is uniform in [-0.5, 0.5] standard
    deviations, without `a_i`, and the points are clipped to [0, 1]. Differs
    from the authors' code: 1e-12 inside the square root keeps the gradient
    finite where the discriminator is flat. The logit of a map of patches is
    the mean over its patches.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 10.0,
        *,
        scale: float = 0.5,
        target: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.scale = non_negative_float(scale, "scale")
        self.target = non_negative_float(target, "target")

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean squared distance of the norms from the target."""
        real = context.real
        reach = self.scale * ops.std(real) * uniform_like(real, context)
        points = real + uniform_per_sample(real, context) * reach
        norm = norms(context.input_gradient(points))
        return ops.mean(ops.square(norm - self.target))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "scale": self.scale,
            "target": self.target,
        }
