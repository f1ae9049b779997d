"""The pulling-away term: features in orthogonal directions."""

from typing import Any

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.regularizers import _distances
from keras_regan.regularizers.pair_regularizer import PairRegularizer


@register
class PullingAway(PairRegularizer):
    """Penalizes samples that point in the same direction.

    It is meant for features of the discriminator:
    `keras_regan.penalties.OnFeatures(PullingAway())`. It is bounded, so a
    generator gains nothing by moving ever further away from the data.

    Formula: `factor * mean_{i != j}(cos(s_i, s_j)^2)`, `s` the flattened
    samples or features.

    Cost: one Gram matrix, of the batch or of the elements, whichever is
    smaller.

    How low can it get? It can reach zero only if there are as many dimensions
    as samples. With fewer, `d` of them, the mean stays above
    `(n - d) / (d * (n - 1))`, which is about one half for two-dimensional
    samples. Independent normal features have a mean of `1 / d`; behind a ReLU,
    where features cannot be negative and so never point away from each other,
    it is 0.1 in any dimension. Therefore take features before the activation.
    Only directions count: samples at different distances from the origin are
    the same to it, and samples with exactly the same direction get no
    gradient.

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
    section 2.4. The authors published no code; we know their weight of 0.1
    from memory and from a public implementation. Differs from the
    implementations we know: rows of zeros have a cosine of zero instead of an
    undefined one, and the smaller Gram matrix is used.
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
