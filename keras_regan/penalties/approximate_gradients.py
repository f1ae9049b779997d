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


class _SlopePenalty(Penalty):
    """Base class of penalties on how logits change along random steps."""

    networks = ("discriminator",)
    repeats_passes = True

    def __init__(
        self,
        factor: Factor = 10.0,
        *,
        deviation: float = 0.1,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.deviation = positive_float(deviation, "deviation")

    def _moved(self, samples: Tensor, context: StepContext) -> Tensor:
        return samples + self.deviation * normal_like(samples, context)

    def _half_squared_slope(self, logits: Tensor, moved: Tensor) -> Tensor:
        change = _of_samples(moved) - _of_samples(logits)
        return 0.5 * ops.mean(ops.square(change / self.deviation))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "deviation": self.deviation}


@register
class ApproximateR1(_SlopePenalty):
    """Penalizes logits that change when noise is added to real samples.

    It is `R1` without the second-order gradient. Use it where that gradient
    needs too much memory or does not exist, as with many fused operations, and
    with smooth activations. With (leaky) ReLU prefer `R1`. On a CPU it is not
    faster. For small noise the two have the same value on average, so
    `ApproximateR1` takes the factors of `R1`.

    In a single step with 64 images, the value is that of `R1` within 15 %, but
    the gradient comes from one random direction: its cosine to that of `R1` is
    only 0.5 in a discriminator with SiLU, and 0.2 in one with leaky ReLU (0.1
    with a deviation of 0.01).

    Formula: `factor / 2 * mean_i(((C(x_i + deviation * e_i) - C(x_i))
    / deviation)^2)`, `e_i` normal, `C` the logit

    Both logits use the same dropout and the same augmentation, so that they
    differ only because of the noise.

    Cost: one more pass through the discriminator.

    Reads: `real` and `real_logits`.

    Args:
        factor: Non-negative float or schedule. The papers' gamma. Defaults to
            `10.0`.
        deviation: Positive float. The standard deviation of the noise, for
            samples in [-1, 1]. Smaller values, such as the papers' 0.01, are
            for smooth activations in full precision: the smaller it is, the
            more the kinks of (leaky) ReLU and the rounding of half precision
            matter. Defaults to `0.1`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `deviation` is not a number.
        ValueError: If `deviation` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(discriminator_regularizers=[
    ...     keras_regan.penalties.ApproximateR1(1.0, interval=4)])

    Reference: [Lin et al., 2025](https://arxiv.org/abs/2501.08316), equation
    9, who divide neither by 2 nor by the noise's variance: their lambda of 100
    and sigma of 0.01 are a factor of 0.02 and a deviation of 0.01 here, in
    general `2 * lambda * sigma^2`. With the variance: [Lin et al., 2025](
    https://arxiv.org/abs/2511.22475), equation 4, whose code adds the noise
    after the augmentation, on a quarter of the batch, and has no 1/2, so that
    their 0.25 is a factor of 0.5 here; [Hyun et al., 2025](
    https://arxiv.org/abs/2509.24935) (GAT), whose code is this formula with a
    gamma of 0.1. Differs from all of them: their deviation is 0.01, in
    transformers with smooth activations. The logit of a map of patches is the
    mean over its patches, as in `R1`; GAT takes the mean of the squares.
    """

    def call(self, context: StepContext) -> Tensor:
        """Returns half the mean squared slope at real samples."""
        moved = context.real_logits_at(self._moved(context.real, context))
        return self._half_squared_slope(context.real_logits, moved)


@register
class ApproximateR2(_SlopePenalty):
    """Penalizes logits that change when noise is added to generated samples.

    It approximates `R2` as `ApproximateR1` approximates `R1`, whose page says
    how closely. Like `R2`, it is used together with the penalty on real
    samples and a relativistic loss.

    Formula: `factor / 2 * mean_i(((C(G(z_i) + deviation * e_i) - C(G(z_i)))
    / deviation)^2)`, `e_i` normal, `C` the logit

    Both logits use the same dropout and the same augmentation.

    Cost: one more pass through the discriminator.

    Reads: `fake` and `fake_logits`.

    Args:
        factor: Non-negative float or schedule. The papers' gamma. Defaults to
            `10.0`.
        deviation: Positive float. The standard deviation of the noise, as in
            `ApproximateR1`. Defaults to `0.1`.
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
    6, and [Hyun et al., 2025](https://arxiv.org/abs/2509.24935) (GAT); see
    `ApproximateR1` for how their factors correspond.
    """

    def call(self, context: StepContext) -> Tensor:
        """Returns half the mean squared slope at generated samples."""
        moved = context.fake_logits_at(self._moved(context.fake, context))
        return self._half_squared_slope(context.fake_logits, moved)


def _of_samples(logits: Tensor) -> Tensor:
    return ops.mean(logit_map(logits), axis=1)
