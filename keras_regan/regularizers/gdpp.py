"""GDPP: the spectrum and the structure of a batch, as in the data."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import one_of
from keras_regan.regularizers import _distances
from keras_regan.regularizers.sample_regularizer import SampleRegularizer

_MAGNITUDE_WEIGHT = 1e-4
# What the largest and the smallest eigenvalue of real samples must differ by.
_LEAST_RANGE = 1e-4


@register
class GDPP(SampleRegularizer):
    """Draws the spread of generated directions to that of real ones.

    Both batches are flattened and scaled to length one, so only directions
    count, and each is described by its Gram matrix: by the eigenvalues, how
    much varies, and by a term for the structure, what varies. It cannot make
    samples more varied than the data. Meant for features of the
    discriminator: `keras_regan.penalties.OnFeatures(GDPP())`.

    Formula: `factor * (1e-4 * mean_k((r_k - f_k)^2) + structure)`

    `r` and `f` are the sorted eigenvalues of the Gram matrices of the real and
    of the generated batch, `X X^T` with rows `x_i` of length one. The
    structure is one of:

    ```
    "second_moment":  ||R^T R / n_real - X^T X / n||_F^2
    "eigenvectors":   -sum_k(w_k * |cos(u_k, v_k)|)
    ```

    with `w = (r - min(r)) / (max(r) - min(r))`, and `u_k` and `v_k` the
    eigenvectors of `r_k` and `f_k`.

    Cost: three Gram matrices and two eigendecompositions, cubic in the batch.

    Which structure? `"eigenvectors"` is the published one. An eigenvector of
    a Gram matrix has one number for each position in the batch, so it
    compares the i-th generated with the i-th real sample: another order of
    the same samples is another loss. Where eigenvalues are equal,
    eigenvectors are any basis of their space. `"second_moment"`, the default,
    is our remedy: it sees neither the order nor the eigensolver, takes
    batches of different sizes, and is zero if the batches agree. It equals a
    maximum mean discrepancy with the kernel `cos^2`, diagonal included, so
    for finite batches its mean is a little above zero. Eigenvalues cannot
    differ without it: their term is at most `1e-4 * n` times as large.

    Args:
        factor: Non-negative float. Defaults to `0.5`.
        structure: `"second_moment"` or `"eigenvectors"`. Defaults to
            `"second_moment"`.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        real: Tensor of shape `(real_batch, ...)`. With
            `structure="eigenvectors"` both batches are of one size.

    Returns:
        Scalar tensor. Not negative with `"second_moment"`, but for rounding.

    Raises:
        ValueError: If `structure` is not one of the two, or if
            `structure="eigenvectors"` meets batches of different sizes.

    Example:
    >>> samples, real = np.array([[2.0, 0.0]]), np.array([[0.0, 3.0]])
    >>> float(keras_regan.regularizers.GDPP(0.5)(samples, real))
    1.0

    Reference: [Elfeki et al., 2019](https://arxiv.org/abs/1812.00068). Differs
    from the authors' code: `"second_moment"`; with `"eigenvectors"`, the
    absolute cosine instead of the cosine, because an eigensolver is free to
    return either sign, and a solver's choice would decide whether two
    directions attract or repel; slopes at eigenvalues that rounding cannot
    tell apart are finite; eigenvalues that are all equal weigh zero; and
    eigenvalues of batches of different sizes are compared per sample. The
    authors' factor of 0.5 also halves the adversarial loss.
    """

    called_with = ("samples", "real")

    def __init__(
        self,
        factor: float = 0.5,
        *,
        structure: str = "second_moment",
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.structure = one_of(
            structure, "structure", ("second_moment", "eigenvectors")
        )

    def call(self, samples: Tensor, real: Tensor) -> Tensor:
        """Returns the magnitude and the structure term."""
        rows, real_rows = (
            _distances.unit_rows(_distances.as_rows(x)) for x in (samples, real)
        )
        gram, real_gram = _products(rows, rows), _products(real_rows, real_rows)
        vectors, real_vectors = _eigenvectors(gram), _eigenvectors(real_gram)
        values = _eigenvalues(gram, vectors)
        real_values = _eigenvalues(real_gram, real_vectors)
        magnitude = _MAGNITUDE_WEIGHT * _difference(values, real_values)
        if self.structure == "second_moment":
            return magnitude + (
                ops.mean(ops.square(real_gram))
                + ops.mean(ops.square(gram))
                - 2.0 * ops.mean(ops.square(_products(rows, real_rows)))
            )
        self._check_batches(samples, real)
        cosines = ops.sum(
            _with_gradient(vectors, values, gram)
            * _with_gradient(real_vectors, real_values, real_gram),
            axis=0,
        )
        weights = _between_zero_and_one(real_values)
        return magnitude - ops.sum(weights * _distances.absolute(cosines))

    def _check_batches(self, samples: Tensor, real: Tensor) -> None:
        sizes = samples.shape[0], real.shape[0]
        known = all(isinstance(size, int) for size in sizes)
        if known and sizes[0] != sizes[1]:
            raise ValueError(
                "`structure='eigenvectors'` compares batches of one size. "
                f"Received: {sizes[0]} generated and {sizes[1]} real samples"
            )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "structure": self.structure}


def _products(rows: Tensor, others: Tensor) -> Tensor:
    return ops.matmul(rows, ops.transpose(others))


def _eigenvectors(gram: Tensor) -> Tensor:
    """Returns the eigenvectors as constant columns, in ascending order."""
    gram = ops.stop_gradient(gram)
    # A solver may raise on what is not finite; here a loss may become so.
    _, vectors = ops.eigh(ops.where(ops.isfinite(gram), gram, 0.0))
    return vectors


def _eigenvalues(gram: Tensor, vectors: Tensor) -> Tensor:
    """Returns the eigenvalues, with a gradient that is always finite."""
    return ops.sum(vectors * ops.matmul(gram, vectors), axis=0)


def _with_gradient(vectors: Tensor, values: Tensor, gram: Tensor) -> Tensor:
    """Returns the same eigenvectors with the slope of a small change.

    To first order, an eigenvector moves towards each other one by their
    entry in the changed matrix over the gap between the eigenvalues. Gaps
    that rounding alone may have made are damped: those of the size of its
    error, which grows with the sum of the eigenvalues. Near collapse the gaps
    are small and must count all the same.
    """
    dtype = keras.backend.standardize_dtype(values.dtype)
    total = ops.maximum(ops.sum(ops.stop_gradient(values)), 1.0)
    least_gap = np.finfo(dtype).eps * total
    entries = ops.matmul(ops.transpose(vectors), ops.matmul(gram, vectors))
    change = entries - ops.stop_gradient(entries)
    gaps = ops.stop_gradient(values[None, :] - values[:, None])
    slopes = gaps / (ops.square(gaps) + ops.square(least_gap))
    return vectors + ops.matmul(vectors, slopes * change)


def _difference(values: Tensor, real_values: Tensor) -> Tensor:
    """Returns the mean squared difference of sorted eigenvalues.

    Those of a larger batch are as many times larger, and of a smaller one the
    missing ones are zero.
    """
    size = ops.cast(ops.shape(values)[0], values.dtype)
    real_size = ops.cast(ops.shape(real_values)[0], values.dtype)
    scaled = real_values * (size / real_size)
    padded = ops.concatenate([ops.zeros_like(real_values), values])
    real_padded = ops.concatenate([ops.zeros_like(values), scaled])
    return ops.sum(ops.square(padded - real_padded)) / size


def _between_zero_and_one(values: Tensor) -> Tensor:
    least = ops.min(values)
    return (values - least) / ops.maximum(ops.max(values) - least, _LEAST_RANGE)
