"""R1 and R2 from differences of logits, without a second-order gradient."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import positive_float
from keras_regan.losses.adversarial_loss import logit_map
from keras_regan.penalties._draws import normal_like
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class ApproximateR1(Penalty):
    """Penalizes logits that change when noise is added to real samples.

    It is `R1` without its second-order gradient, and on average, for small
    noise, the same number: a factor of `R1` is one of `ApproximateR1`. Take it
    where the second gradient needs too much memory or does not exist, as with
    many fused operations; on a CPU it is not faster than `R1`. It looks in one
    random direction, so its gradient is noisy: measured, with 64 images and
    the default deviation, of a cosine of 0.50 to `R1`'s in a discriminator
    with SiLU, and of 0.09 in one with leaky ReLU, where a smaller deviation
    makes it worse and 0.1 gives 0.22.

    Formula: `factor / 2 * mean_i(((C(x_i + deviation * e_i) - C(x_i))
    / deviation)^2)`, `e_i` normal, `C` the logit

    Both logits come from the same dropout and the same augmentation, so that
    nothing but the noise tells them apart.

    Cost: one more pass through the discriminator.

    Reads: `real` and `real_logits`.

    Args:
        factor: Non-negative float or schedule. The papers' gamma. Defaults to
            `10.0`.
        deviation: Positive float. The standard deviation of the noise. With
            half precision, which rounds logits, and with activations that
            have kinks, take `0.1` for samples in [-1, 1]. Defaults to `0.01`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `deviation` is not a number.
        ValueError: If `deviation` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(discriminator_regularizers=[
    ...     keras_regan.penalties.ApproximateR1(1.0, deviation=0.1)])

    Reference: [Lin et al., 2025](https://arxiv.org/abs/2501.08316), equation
    9, who divide neither by 2 nor by the noise's variance: their lambda of 100
    and sigma of 0.01 are a factor of 0.02 and a deviation of 0.01 here, in
    general `2 * lambda * sigma^2`. With the variance: [Lin et al., 2025](
    https://arxiv.org/abs/2511.22475), equation 4, without the 2 and on a
    quarter of the batch, lambda 0.25; [Hyun et al., 2025](
    https://arxiv.org/abs/2509.24935) (GAT), whose code has this formula with a
    gamma of 0.1. The logit of a map of patches is the mean over its patches,
    as in `R1`; GAT takes the mean of the squares.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 10.0,
        *,
        deviation: float = 0.01,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.deviation = positive_float(deviation, "deviation")

    def call(self, context: StepContext) -> Tensor:
        """Returns half the mean squared slope at real samples."""
        slopes = _slopes(context, "real", self.deviation)
        return 0.5 * ops.mean(ops.square(slopes))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deviation": self.deviation}


@register
class ApproximateR2(Penalty):
    """Penalizes logits that change when noise is added to generated samples.

    It is to `R2` what `ApproximateR1` is to `R1`, and like `R2` it is used
    beside the other, with a relativistic loss.

    Formula: `factor / 2 * mean_i(((C(G(z_i) + deviation * e_i) - C(G(z_i)))
    / deviation)^2)`, `e_i` normal, `C` the logit

    Both logits come from the same dropout and the same augmentation.

    Cost: one more pass through the discriminator.

    Reads: `fake` and `fake_logits`.

    Args:
        factor: Non-negative float or schedule. The papers' gamma. Defaults to
            `10.0`.
        deviation: Positive float. The standard deviation of the noise, as in
            `ApproximateR1`. Defaults to `0.01`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `deviation` is not a number.
        ValueError: If `deviation` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     loss=keras_regan.losses.Relativistic(),
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.ApproximateR1(1.0),
    ...         keras_regan.penalties.ApproximateR2(1.0)])

    Reference: [Lin et al., 2025](https://arxiv.org/abs/2511.22475), equation
    6, and [Hyun et al., 2025](https://arxiv.org/abs/2509.24935) (GAT); how
    factors correspond stands in `ApproximateR1`.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 10.0,
        *,
        deviation: float = 0.01,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.deviation = positive_float(deviation, "deviation")

    def call(self, context: StepContext) -> Tensor:
        """Returns half the mean squared slope at generated samples."""
        slopes = _slopes(context, "fake", self.deviation)
        return 0.5 * ops.mean(ops.square(slopes))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deviation": self.deviation}


def _slopes(context: StepContext, which: str, deviation: float) -> Tensor:
    """Returns how steep the logits are in a random direction each."""
    if which == "real":
        samples, logits = context.real, context.real_logits
    else:
        samples, logits = context.fake, context.fake_logits
    noisy = samples + deviation * normal_like(samples, context)
    moved = context.discriminate(noisy, like=which)
    return (_of_samples(moved) - _of_samples(logits)) / deviation


def _of_samples(logits: Tensor) -> Tensor:
    return ops.mean(logit_map(logits), axis=1)
