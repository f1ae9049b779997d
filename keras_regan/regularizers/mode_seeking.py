"""Mode seeking: outputs should differ as much as their latents do."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import positive_float
from keras_regan.regularizers import _distances
from keras_regan.regularizers.pair_regularizer import PairRegularizer
from keras_regan.regularizers.pair_regularizer import pairs_of

# Avoids 0 / 0 where both distances are zero, as in a batch of one.
_TINY = 1e-12


@register
class ModeSeeking(PairRegularizer):
    """Penalizes samples that are closer together than their latents.

    Use it for a generator that ignores its latents. The penalty is steep near
    collapse and flat once samples vary, so it needs no bound and little
    tuning. But it does not look at the data, and it never becomes zero.

    Formula: `factor / (mean|x - x'| / mean|z - z'| + epsilon)`, both means
    over all elements of the batch, `x'` a partner of `x`, made from `z'`.

    Cost: one subtraction per sample and latent; with conditions a second
    pass of the generator, or none (`compile(samples_per_condition=2)`).

    Near collapse the value grows to `1 / epsilon` and its slope to the square
    of that: give the optimizer a `clipnorm`, or take a larger `epsilon`, if
    `g_mode_seeking` rises steeply. Samples that are exactly equal get no
    gradient.

    Args:
        factor: Non-negative float. Defaults to `1.0`.
        epsilon: Positive float, added to the ratio. Defaults to `1e-5`.
        **kwargs: `across_conditions` and `name`, as in `PairRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        latents: Tensor of shape `(batch, ...)`: the latents of each sample.

    Returns:
        Scalar tensor; zero for a batch of one, which has no pairs.

    Raises:
        TypeError: If `epsilon` is not a number.
        ValueError: If `epsilon` is not positive.

    Example:
    >>> regularizer = keras_regan.regularizers.ModeSeeking(1.0, epsilon=0.5)
    >>> samples, latents = np.array([[0.0], [3.0]]), np.array([[1.0], [-1.0]])
    >>> float(regularizer(samples, latents))
    0.5

    Reference: [Mao et al., 2019](https://arxiv.org/abs/1903.05628), MSGAN.
    With conditions the values are exactly those of the authors' code; it
    differs in that the discriminator does not judge a second batch. Without
    conditions, the partner is the neighbour in the same batch.
    """

    called_with = ("samples", "latents")

    def __init__(
        self,
        factor: float = 1.0,
        *,
        epsilon: float = 1e-5,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.epsilon = positive_float(epsilon, "epsilon")

    def call(  # type: ignore[override]  # As `called_with` says.
        self, samples: Tensor, latents: Tensor, conditions: int | Tensor = 1
    ) -> Tensor:
        """Returns the reciprocal of the ratio of mean distances."""
        distance, latent_distance = (
            ops.mean(_distances.mean_absolute(*pairs_of(rows, conditions)))
            for rows in map(_distances.as_rows, (samples, latents))
        )
        return latent_distance / (
            distance + self.epsilon * latent_distance + _TINY
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}
