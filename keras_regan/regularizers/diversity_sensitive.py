"""Diversity-sensitive: distance of samples over that of their latents."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import boolean
from keras_regan._validation import positive_float
from keras_regan.regularizers import _distances
from keras_regan.regularizers.pair_regularizer import PairRegularizer
from keras_regan.regularizers.pair_regularizer import pairs_of

_EPSILON = 1e-5


@register
class DiversitySensitive(PairRegularizer):
    """Rewards samples for differing where their latents differ, to a bound.

    For a generator that ignores its latents, above all one with a second
    input that already says most. The reward grows evenly up to the bound,
    where `ModeSeeking` is steep at collapse only.

    Formula: `-factor * mean_i(min(dx_i / (dz_i + 1e-5), bound))`

    `dx_i = mean|x_i - x'_i|` over the elements of a sample, `x'` its partner,
    and `dz_i` likewise of the latents that they were made from.

    Cost: one subtraction per sample and latent; with conditions a second
    pass of the generator, or none (`compile(samples_per_condition=2)`).

    Which bound? Nothing else ends the reward when outputs are unbounded. Two
    standard normal latents differ by 1.13 per element on average, and so do
    two samples of data with unit variance: a ratio of 1, the default. Data in
    [-1, 1] cannot have a mean ratio above 0.89, so there the default leaves
    all diversity that is real within reach. For data on another scale,
    multiply by that scale.

    Args:
        factor: Non-negative float. Defaults to `8.0`, the authors' for
            images, where their adversarial loss stands beside a
            reconstruction; begin with less in a plain GAN.
        bound: Positive float, or `None` for no bound. Pairs of a larger
            ratio are not driven further apart. Defaults to `1.0`.
        detach_partner: Bool. Whether each pair moves only its first sample,
            as the authors' does; with `False` both move, which doubles the
            gradient on average. Defaults to `True`.
        **kwargs: `across_conditions` and `name`, as in `PairRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        latents: Tensor of shape `(batch, ...)`: what each was made from.

    Returns:
        Scalar tensor, not positive; zero for a batch of one.

    Raises:
        TypeError: If `bound` is not a number or `detach_partner` not a bool.
        ValueError: If `bound` is not positive.

    Example:
    >>> regularizer = keras_regan.regularizers.DiversitySensitive(0.5)
    >>> samples, latents = np.array([[0.0], [3.0]]), np.array([[1.0], [-1.0]])
    >>> float(regularizer(samples, latents))
    -0.5

    Reference: [Yang et al., 2019](https://arxiv.org/abs/1901.09024), DSGAN.
    Differs from the authors' code: the bound binds, pair by pair, where theirs
    is off by default and, when on, clamps the negated mean from above and so
    never does anything. With `bound=None` and conditions it is their code to
    the digit; without conditions, the partner is the neighbour in the same
    batch. That the paper bounds each ratio we have from memory.
    """

    called_with = ("samples", "latents")

    def __init__(
        self,
        factor: float = 8.0,
        *,
        bound: float | None = 1.0,
        detach_partner: bool = True,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.bound = bound if bound is None else positive_float(bound, "bound")
        self.detach_partner = boolean(detach_partner, "detach_partner")

    def call(  # type: ignore[override]  # As `called_with` says.
        self, samples: Tensor, latents: Tensor, conditions: int | Tensor = 1
    ) -> Tensor:
        """Returns the negative mean of the bounded ratios."""
        rows, latents = map(_distances.as_rows, (samples, latents))
        rows, partners = pairs_of(rows, conditions)
        if self.detach_partner:
            partners = ops.stop_gradient(partners)
        ratios = _distances.mean_absolute(rows, partners) / (
            _distances.mean_absolute(*pairs_of(latents, conditions)) + _EPSILON
        )
        if self.bound is not None:
            ratios = ops.minimum(ratios, self.bound)
        return -ops.mean(ratios)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "bound": self.bound,
            "detach_partner": self.detach_partner,
        }
