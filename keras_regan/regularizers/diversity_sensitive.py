"""Diversity-sensitive: the ratio of sample distances to latent distances."""

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
    """Rewards samples for differing when their latents do, up to a bound.

    Use it for a generator that ignores its latents, above all a conditional
    one whose condition already determines most of the sample. The reward grows
    linearly up to the bound, whereas `ModeSeeking` is steep only near
    collapse.

    Formula: `-factor * mean_i(min(dx_i / (dz_i + 1e-5), bound))`

    `dx_i = mean|x_i - x'_i|` over the elements of a sample, where `x'_i` is
    its partner, and `dz_i` is the same for the latents that they were made
    from.

    Cost: one subtraction per sample and latent; with conditions a second
    pass of the generator, or none (`compile(samples_per_condition=2)`).

    Which bound? Nothing else limits the reward when outputs are unbounded. Two
    standard normal latents differ by 1.13 per element on average, and so do
    two samples of data with unit variance: a ratio of 1, the default. Data in
    [-1, 1] cannot have a mean ratio above 0.89, so there the default does not
    cut off any diversity of the data. For data on another scale, multiply by
    that scale.

    Args:
        factor: Non-negative float. Defaults to `8.0`, which the authors use
            for images, with a reconstruction loss beside the adversarial one;
            begin with less in a plain GAN.
        bound: Positive float, or `None` for no bound. Pairs with a larger
            ratio are not driven further apart. Defaults to `1.0`.
        detach_partner: Bool. Whether only the first sample of each pair gets a
            gradient, as in the authors' code; with `False` both do, which
            doubles the gradient on average. Defaults to `True`.
        **kwargs: `across_conditions` and `name`, as in `PairRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        latents: Tensor of shape `(batch, ...)`: the latents of each sample.

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
    Differs from the authors' code: the bound takes effect, on each pair;
    theirs is off by default and, when on, clamps the negated mean from above,
    which never has an effect. With `bound=None` and conditions the values are
    exactly those of their code; without conditions, the partner is the
    neighbour in the same batch. We state from memory that the paper bounds
    each ratio.
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
