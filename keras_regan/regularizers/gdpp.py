"""GDPP: matches the spectrum and the structure of a batch to the data."""

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
# Real eigenvalues are divided by their range, but never by less than this.
_LEAST_RANGE = 1e-4


@register
class GDPP(SampleRegularizer):
    """Matches the spread of generated directions to that of real ones.

    The samples of both batches are flattened and scaled to length one, so only
    their directions count. Each batch is described by its Gram matrix: the
    eigenvalues say how much varies, and a term for the structure says what
    varies. GDPP cannot make samples more varied than the data. It is meant for
    features of the discriminator: `keras_regan.penalties.OnFeatures(GDPP())`.

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

    Which structure? `"eigenvectors"` is the published one. An eigenvector of a
    Gram matrix has one number for each position in the batch, so this form
    compares the i-th generated with the i-th real sample: the same samples in
    another order give another loss. Where eigenvalues are equal, the
    eigenvectors can be any basis of their space. `"second_moment"`, the
    default, is our remedy: it depends neither on the order nor on the
    eigensolver, takes batches of different sizes, and is zero if the batches
    agree. It equals a maximum mean discrepancy with the kernel `cos^2`,
    diagonal included, so for finite batches its mean is a little above zero.
    It also limits how far the eigenvalues can differ: their term is at most
    `1e-4 * n` times as large.

    Args:
        factor: Non-negative float. Defaults to `0.5`.
        structure: `"second_moment"` or `"eigenvectors"`. Defaults to
            `"second_moment"`.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        real: Tensor of shape `(real_batch, ...)`. With
            `structure="eigenvectors"` both batches must have the same size.

    Returns:
        Scalar tensor. With `"second_moment"` it is not negative, apart from
        rounding.

    Raises:
        ValueError: If `structure` is not one of the two, or if
            `structure="eigenvectors"` is called with batches of different
            sizes.

    Example:
    >>> samples, real = np.array([[2.0, 0.0]]), np.array([[0.0, 3.0]])
    >>> float(keras_regan.regularizers.GDPP(0.5)(samples, real))
    1.0

    Reference: [Elfeki et al., 2019](https://arxiv.org/abs/1812.00068). Differs
    from the authors' code: `"second_moment"`; with `"eigenvectors"`, the
    absolute cosine instead of the cosine, because an eigensolver may return
    either sign, and that choice would decide whether two directions attract or
    repel; gradients at eigenvalues that rounding cannot tell apart are finite;
    eigenvalues that are all equal weigh zero; and eigenvalues of batches of
    different sizes are compared per sample. The authors' factor of 0.5 also
    halves the adversarial loss.
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
                "`structure='eigenvectors'` needs batches of the same size. "
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
    # A solver may raise on values that are not finite; the loss should become
    # NaN instead.
    _, vectors = ops.eigh(ops.where(ops.isfinite(gram), gram, 0.0))
    return vectors


def _eigenvalues(gram: Tensor, vectors: Tensor) -> Tensor:
    """Returns the eigenvalues, with a gradient that is always finite."""
    return ops.sum(vectors * ops.matmul(gram, vectors), axis=0)


def _with_gradient(vectors: Tensor, values: Tensor, gram: Tensor) -> Tensor:
    """Returns the same eigenvectors with a first-order gradient.

    To first order, an eigenvector moves towards each other eigenvector by
    their entry in the changed matrix, divided by the gap between the
    eigenvalues. Gaps as small as the rounding error, which grows with the sum
    of the eigenvalues, are damped. Larger gaps are not, because near collapse
    the gaps are small but still have to count.
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

    Eigenvalues grow with the batch, so the real ones are scaled to the size of
    the generated batch. The missing ones of the smaller batch are zero.
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
