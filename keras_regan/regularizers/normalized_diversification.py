"""Normalized diversification: samples keep the geometry of the latents."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import positive_float
from keras_regan.regularizers import _distances
from keras_regan.regularizers.pair_regularizer import PairRegularizer


@register
class NormalizedDiversification(PairRegularizer):
    """Penalizes pairs of samples that are too close, given their latents.

    Use it for a generator that maps distant latents to the same mode. Each
    sample's distances to the others are divided by their sum, so the scale of
    the samples does not matter and they gain nothing by growing. A generator
    that shrinks all distances alike is not penalized; one that maps some pairs
    together is.

    Formula: `factor * sum_ij(relu(alpha * Z_ij - X_ij)) / (n * (n - 1))`

    `X_ij = ||x_i - x_j|| / sum_k ||x_i - x_k||`, where the sum is a constant
    for the gradient; `Z` is the same for the latents, and `n` is the batch
    size. With conditions, `i`, `j` and `k` run over the samples of one
    condition, and the mean is over all such pairs.

    Cost: two `(batch, batch)` distance matrices. With conditions it needs at
    least three samples of each, since the normalized distance of a single pair
    is always 1: the generator makes two more batches, or its own batch repeats
    each condition (`compile(samples_per_condition=4)`).

    Which factor? Normalized distances are about `1 / n`, so the mean over
    pairs is small by nature: it cannot exceed `alpha / (n - 1)`. With the
    default of 100 and a batch of about 80, the term is at most 1, the size of
    an adversarial loss, and a fraction of that for samples that vary. Scale
    the factor with the batch size. The authors' factor of 10,000 belongs to
    separate optimizer steps, in which Adam cancels any factor.

    Args:
        factor: Non-negative float. Defaults to `100.0`.
        alpha: Positive float. How much of the latents' normalized distance
            the samples have to keep. Defaults to `0.8`.
        **kwargs: `across_conditions` and `name`, as in `PairRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        latents: Tensor of shape `(batch, ...)`: the latents of each sample.

    Returns:
        Scalar tensor, not negative; zero for a batch of one.

    Raises:
        TypeError: If `alpha` is not a number.
        ValueError: If `alpha` is not positive.

    Example:
    >>> regularizer = keras_regan.regularizers.NormalizedDiversification(
    ...     6.0, alpha=1.0)
    >>> samples = np.array([[0.0], [0.0], [1.0]])
    >>> latents = np.array([[0.0], [1.0], [2.0]])
    >>> round(float(regularizer(samples, latents)), 3)
    1.0

    Reference: [Liu et al., 2019](https://arxiv.org/abs/1904.03608). Differs
    from the authors' code: it is added to the generator's loss instead of
    taking turns with it, and distances come from the Gram matrix with a small
    number inside the root, so that the gradient at equal samples is finite.
    The gradient is zero there, and where all samples are equal the term is
    small, because all distances then are that small number. So it helps a
    generator that has nearly collapsed, but not one that has collapsed.
    """

    called_with = ("samples", "latents")
    samples_per_condition = 3

    def __init__(
        self,
        factor: float = 100.0,
        *,
        alpha: float = 0.8,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.alpha = positive_float(alpha, "alpha")

    def call(  # type: ignore[override]  # As `called_with` says.
        self, samples: Tensor, latents: Tensor, conditions: int | Tensor = 1
    ) -> Tensor:
        """Returns the mean hinge over all pairs."""
        distance = _normalized_distances(samples, conditions)
        wanted = self.alpha * _normalized_distances(latents, conditions)
        return _distances.mean_of_pairs(ops.relu(wanted - distance), conditions)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "alpha": self.alpha}


def _normalized_distances(samples: Tensor, conditions: Any) -> Tensor:
    """Returns all distances divided by their row's sum, a constant."""
    rows = _distances.as_rows(samples)
    matrix = _distances.only_pairs(
        _distances.all_root_mean_squares(rows, rows), conditions
    )
    total = ops.sum(matrix, axis=-1, keepdims=True) + _distances.EPSILON
    return matrix / ops.stop_gradient(total)
