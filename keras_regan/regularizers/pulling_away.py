"""The pulling-away term: features in orthogonal directions."""

from typing import Any

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.regularizers import _distances
from keras_regan.regularizers.pair_regularizer import PairRegularizer


@register
class PullingAway(PairRegularizer):
    """Penalizes samples that point into the same direction.

    Meant for features of the discriminator:
    `keras_regan.penalties.OnFeatures(PullingAway())`. It is bounded, so a
    generator cannot run away for it.

    Formula: `factor * mean_{i != j}(cos(s_i, s_j)^2)`, `s` the flattened
    samples or features.

    Cost: one Gram matrix, of the batch or of the elements, the smaller one.

    How low can it get? Zero takes as many dimensions as samples: with fewer,
    `d` of them, the mean stays above `(n - d) / (d * (n - 1))`, so for
    two-dimensional samples about one half. Features that cannot be negative
    never point away from each other: independent normal ones stand at `1 / d`,
    and behind a ReLU at 0.1 in any dimension. Take features before the
    activation. And it counts directions only: samples at different distances
    from the origin are the same to it, and samples of exactly one direction
    get no gradient.

    Args:
        factor: Non-negative float. Defaults to `0.1`.
        **kwargs: `across_conditions` and `name`, as in `PairRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.

    Returns:
        Scalar tensor between zero and `factor`; zero for a batch of one.

    Example:
    >>> samples = np.array([[1.0, 0.0], [3.0, 3.0]])
    >>> round(float(keras_regan.regularizers.PullingAway(1.0)(samples)), 3)
    0.5

    Reference: [Zhao et al., 2016](https://arxiv.org/abs/1609.03126), EBGAN,
    section 2.4. The authors published no code; that their weight is 0.1 we
    have from memory and from a public implementation. Differs from the
    implementations we know: rows of zeros have a cosine of zero instead of
    none, and the smaller Gram matrix is used.
    """

    def __init__(self, factor: float = 0.1, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def call(  # type: ignore[override]  # As `called_with` says.
        self, samples: Tensor, conditions: int | Tensor = 1
    ) -> Tensor:
        """Returns the mean squared cosine over all pairs."""
        rows = _distances.unit_rows(_distances.as_rows(samples))
        products = _distances.sum_of_squared_products(rows, conditions)
        return products / _distances.count_of_pairs(rows, conditions)
