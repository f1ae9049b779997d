"""Distances between flattened samples, per element, and means over pairs.

All take rows of shape `(batch, elements)`. "Per element" keeps the meaning of
a number across sample sizes: two images that differ by 0.1 in every pixel are
0.1 apart at any resolution.
"""

from keras import ops

from keras_regan._typing import Tensor

# Inside a square root it keeps the gradient finite at equal samples. Its own
# root, 1e-6, is what two equal samples are apart.
EPSILON = 1e-12


def root_mean_square(x: Tensor, y: Tensor) -> Tensor:
    """Returns the L2 distance of each row pair over the root of its length."""
    return ops.sqrt(ops.mean(ops.square(x - y), axis=-1) + EPSILON)


def mean_absolute(x: Tensor, y: Tensor) -> Tensor:
    """Returns the L1 distance of each row pair over its length."""
    return ops.mean(ops.absolute(x - y), axis=-1)


def all_root_mean_squares(rows: Tensor) -> Tensor:
    """Returns `root_mean_square` of every row pair, shape `(batch, batch)`.

    Through the Gram matrix: `O(batch^2)` memory besides the rows, never
    `(batch, batch, elements)`.
    """
    # Distances do not change with the origin, but rounding does: centered rows
    # lose the fewest digits in the subtraction below.
    centered = rows - ops.mean(rows, axis=0, keepdims=True)
    gram = ops.matmul(centered, ops.transpose(centered))
    squares = ops.sum(ops.square(centered), axis=-1)
    distances = squares[:, None] + squares[None, :] - 2.0 * gram
    elements = ops.cast(ops.shape(rows)[-1], rows.dtype)
    return ops.sqrt(ops.maximum(distances, 0.0) / elements + EPSILON)


def mean_of_all_absolutes(rows: Tensor) -> Tensor:
    """Returns the mean of `mean_absolute` over all pairs of different rows.

    Sorting each element over the batch gives the sum over all pairs in
    `O(batch log(batch))`: the k-th smallest of n values is subtracted from
    `n - k` larger ones and has `k - 1` smaller ones subtracted.
    """
    batch = ops.shape(rows)[0]
    count = ops.cast(batch, rows.dtype)
    ranks = ops.cast(ops.arange(batch), rows.dtype)
    weights = 2.0 * ranks - (count - 1.0)
    per_pair = ops.mean(ops.sort(rows, axis=0) * weights[:, None], axis=-1)
    pairs = ops.maximum(count * (count - 1.0) / 2.0, 1.0)
    return ops.sum(per_pair) / pairs


def mean_of_pairs(matrix: Tensor) -> Tensor:
    """Returns the mean of a square matrix off its diagonal."""
    batch = ops.shape(matrix)[0]
    count = ops.cast(batch, matrix.dtype)
    off_diagonal = 1.0 - ops.eye(batch, dtype=matrix.dtype)
    pairs = ops.maximum(count * (count - 1.0), 1.0)
    return ops.sum(matrix * off_diagonal) / pairs
