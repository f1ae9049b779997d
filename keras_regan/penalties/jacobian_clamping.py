"""A penalty on steps in latent space that change samples too little or much."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import non_negative_float
from keras_regan._validation import positive_float
from keras_regan.penalties._draws import normal_like
from keras_regan.penalties._norms import norms
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class JacobianClamping(Penalty):
    """Keeps the generator's stretching of latent space within bounds.

    Below `minimum`, different latents give nearly the same sample, and modes
    are missing. Above `maximum`, samples change abruptly. In between, the
    penalty is zero. Choose the bounds for your data: the norms grow with the
    number of pixels.

    Formula: `factor * mean_i((max(Q_i, maximum) - maximum)^2
    + (min(Q_i, minimum) - minimum)^2)`

    `Q_i = ||G(z_i) - G(z'_i)|| / ||z_i - z'_i||`, and
    `z'_i = z_i + step_size * d_i / ||d_i||` with `d_i` normal, the norms over
    all elements of a sample.

    Cost: one more pass through the generator.

    Reads: `latents` and `fake`, and generates from other latents.

    Args:
        factor: Non-negative float or schedule. Defaults to `1.0`.
        minimum: Non-negative float. The paper's lambda_min. Defaults to `1.0`.
        maximum: Positive float, not below `minimum`. The paper's lambda_max.
            Defaults to `20.0`.
        step_size: Positive float. How far apart the latents are, the paper's
            epsilon. Defaults to `1.0`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If `minimum` is negative or not finite, if `maximum` is
            below `minimum`, or if `step_size` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(generator_regularizers=[
    ...     keras_regan.penalties.JacobianClamping(maximum=5.0)])

    Reference: [Odena et al., 2018](https://arxiv.org/abs/1802.08768). The
    authors' code could not be consulted, and the defaults and the
    normalization of `d_i` could not be checked against the paper. Public
    reimplementations normalize `d_i`, some of them over the batch.
    """

    networks = ("generator",)

    def __init__(
        self,
        factor: Factor = 1.0,
        *,
        minimum: float = 1.0,
        maximum: float = 20.0,
        step_size: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.minimum = non_negative_float(minimum, "minimum")
        self.maximum = positive_float(maximum, "maximum")
        if self.maximum < self.minimum:
            raise ValueError(
                message(
                    "maximum",
                    f"a float not below `minimum`, which is {self.minimum}",
                    maximum,
                )
            )
        self.step_size = positive_float(step_size, "step_size")

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean of the squared distances to the bounds."""
        latents = context.latents
        directions = normal_like(latents, context)
        directions = directions / norms(directions)[:, None]
        neighbours = latents + self.step_size * directions
        change = context.fake - context.generate(neighbours)
        ratio = norms(change) / norms(latents - neighbours)
        above = ops.maximum(ratio, self.maximum) - self.maximum
        below = ops.minimum(ratio, self.minimum) - self.minimum
        return ops.mean(ops.square(above) + ops.square(below))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "step_size": self.step_size,
        }
