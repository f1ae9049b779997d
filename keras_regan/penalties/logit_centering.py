"""A penalty that centers logits at zero, for losses that only compare them."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class LogitCentering(Penalty):
    """Keeps real and generated logits on both sides of zero.

    For the relativistic losses, which see only differences of logits: all
    logits together may then drift without bound, which costs accuracy in half
    precision and wastes steps of the optimizer. The penalty leaves the
    differences alone: a pair of logits `d` and `-d` costs nothing.

    Formula: `factor * mean_i((C(x_i) + C(G(z_i)))^2)`

    `C` is the logit; every patch of a map counts.

    Cost: one mean of logits.

    Reads: `real_logits` and `fake_logits`.

    Args:
        factor: Non-negative float or schedule. The paper's lambda_cp. Defaults
            to `0.01`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     loss=keras_regan.losses.Relativistic(),
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.LogitCentering()])

    Reference: [Lin et al., 2025](https://arxiv.org/abs/2511.22475), equation
    7, factor 0.01. After [Karras et al., 2017](
    https://arxiv.org/abs/1710.10196), appendix A.1, who penalize the real
    logits alone.
    """

    networks = ("discriminator",)

    def __init__(self, factor: Factor = 0.01, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean squared sum of the logits of a pair."""
        return ops.mean(ops.square(context.real_logits + context.fake_logits))
