"""Normalized diversification: samples keep the geometry of the latents."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import positive_float
from keras_regan.regularizers import _distances
from keras_regan.regularizers.sample_regularizer import SampleRegularizer


@register
class NormalizedDiversification(SampleRegularizer):
    """Penalizes pairs that are closer, for their latents, than others are.

    For a generator that maps distant latents to the same mode. Each sample's
    distances to the others are divided by their sum, so the scale of the
    samples does not matter and nothing can run away: a generator that shrinks
    all distances alike pays nothing, one that folds some pairs together does.

    Formula: `factor * sum_ij(relu(alpha * Z_ij - X_ij)) / (n * (n - 1))`

    `X_ij = ||x_i - x_j|| / sum_k ||x_i - x_k||`, the sum held constant in the
    gradient; `Z` likewise of the latents; `n` the batch size.

    Cost: two `(batch, batch)` distance matrices; no further forward pass.

    Which factor? Normalized distances are about `1 / n`, so the mean over
    pairs is small by nature: it cannot exceed `alpha / (n - 1)`. With the
    default of 100 and a batch of about 80, the term is at most 1, the size of
    an adversarial loss, and a fraction of that for samples that vary. Scale
    the factor with the batch size. The authors' 10,000 belongs to optimizer
    steps of its own, where Adam divides any factor out again.

    Args:
        factor: Non-negative float. Defaults to `100.0`.
        alpha: Positive float. How much of the latents' normalized distance
            the samples have to keep. Defaults to `0.8`.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        latents: Tensor of shape `(batch, ...)`: what each was made from.

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

    Reference: [Liu et al., 2019](https://arxiv.org/abs/1904.03608).
    Differs from the authors' code: it is added to the generator's loss instead
    of taking turns with it, and distances come from the Gram matrix with a
    small number inside the root, so that the gradient at equal samples is
    finite. It is zero there, and where all samples are equal the term is small,
    because all distances then are that number: it moves a generator that
    nearly collapsed, not one that did.
    """

    called_with = ("samples", "latents")

    def __init__(
        self,
        factor: float = 100.0,
        *,
        alpha: float = 0.8,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.alpha = positive_float(alpha, "alpha")

    def call(self, samples: Tensor, latents: Tensor) -> Tensor:
        """Returns the mean hinge over all pairs."""
        distance = _normalized_distances(samples)
        wanted = self.alpha * _normalized_distances(latents)
        return _distances.mean_of_pairs(ops.relu(wanted - distance))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "alpha": self.alpha}


def _normalized_distances(samples: Tensor) -> Tensor:
    """Returns all distances over the sum of their row, held constant."""
    rows = _distances.as_rows(samples)
    matrix = _distances.without_diagonal(
        _distances.all_root_mean_squares(rows, rows)
    )
    total = ops.sum(matrix, axis=-1, keepdims=True) + _distances.EPSILON
    return matrix / ops.stop_gradient(total)
