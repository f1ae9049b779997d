"""Pairs of flattened samples: distances, products, and means over pairs.

All functions take rows of shape `(batch, elements)`. "Per element" keeps the
meaning of a number across sample sizes: two images that differ by 0.1 in every
pixel are 0.1 apart at any resolution.
"""

import math
from typing import Any

from keras import ops

from keras_regan._typing import Tensor

# Inside a square root, it keeps the gradient finite where samples are equal.
# The distance of two equal samples is its root, 1e-6.
EPSILON = 1e-12

# What rounding to float32 leaves of a difference of squares that are equal, as
# a share of their sum.
_ROUNDING = 2.0**-22


def as_rows(samples: Tensor) -> Tensor:
    """Returns samples as rows, shape `(batch, elements)`."""
    sizes = samples.shape[1:]
    elements = -1 if None in sizes else math.prod(sizes)
    return ops.reshape(samples, (ops.shape(samples)[0], elements))


def unit_rows(rows: Tensor) -> Tensor:
    """Returns rows of length one; rows of zeros stay zeros."""
    squares = ops.sum(ops.square(rows), axis=-1, keepdims=True)
    return rows / ops.sqrt(ops.maximum(squares, EPSILON))


def absolute(x: Tensor) -> Tensor:
    """Returns the absolute value, with a gradient of zero at zero.

    JAX has a gradient of one there, which would move samples that are equal.
    """
    return x * ops.stop_gradient(ops.sign(x))


def root_mean_square(x: Tensor, y: Tensor) -> Tensor:
    """Returns the root mean square difference of each pair of rows."""
    return ops.sqrt(ops.mean(ops.square(x - y), axis=-1) + EPSILON)


def mean_absolute(x: Tensor, y: Tensor) -> Tensor:
    """Returns the mean absolute difference of each pair of rows."""
    return ops.mean(absolute(x - y), axis=-1)


def mean_square(x: Tensor, y: Tensor) -> Tensor:
    """Returns the mean squared difference of each pair of rows."""
    return ops.mean(ops.square(x - y), axis=-1)


BY_NAME = {"l1": mean_absolute, "l2": root_mean_square}


def all_squares(rows: Tensor, others: Tensor) -> Tensor:
    """Returns the squared L2 distance of every row to every one of `others`.

    It uses the Gram matrix, which takes `O(batch^2)` memory besides the rows,
    and never `(batch, batch, elements)`. Rows that rounding does not tell
    apart, less than a thousandth of their norm from each other, have a distance
    of zero without a gradient: the root of what rounding leaves of it would
    have a gradient many times that of all other pairs.

    Args:
        rows: Tensor of shape `(batch, elements)`.
        others: Tensor of shape `(other_batch, elements)`.

    Returns:
        Tensor of shape `(batch, other_batch)`.
    """
    # Distances do not change with the origin, but rounding does: centered rows
    # lose the fewest digits in the subtraction below.
    origin = ops.stop_gradient(ops.mean(rows, axis=0, keepdims=True))
    rows, others = rows - origin, others - origin
    squares = ops.sum(ops.square(rows), axis=-1)[:, None]
    squares = squares + ops.sum(ops.square(others), axis=-1)[None, :]
    products = ops.matmul(rows, ops.transpose(others))
    differences = squares - 2.0 * products
    # In this direction, NaN stays NaN.
    return ops.where(differences <= _ROUNDING * squares, 0.0, differences)


def all_root_mean_squares(rows: Tensor, others: Tensor) -> Tensor:
    """Returns `root_mean_square` of every row and every one of `others`."""
    elements = ops.cast(ops.shape(rows)[-1], rows.dtype)
    return ops.sqrt(all_squares(rows, others) / elements + EPSILON)


def mean_of_all_root_mean_squares(rows: Tensor) -> Tensor:
    """Returns the mean of `root_mean_square` over pairs of different rows."""
    return mean_of_pairs(all_root_mean_squares(rows, rows))


def mean_of_all_absolutes(rows: Tensor, conditions: int | Tensor = 1) -> Tensor:
    """Returns the mean of `mean_absolute` over all pairs of different rows.

    With several conditions, only pairs within one condition count.

    Sorting each element over the batch gives the sum over all pairs in
    `O(batch log(batch))`: the k-th smallest of n values is subtracted from
    `n - k` larger ones and has `k - 1` smaller ones subtracted.
    """
    if not is_one(conditions):
        elements = ops.shape(rows)[-1]
        rows = ops.reshape(rows, (-1, conditions * elements))
    batch = ops.shape(rows)[0]
    count = ops.cast(batch, rows.dtype)
    ranks = ops.cast(ops.arange(batch), rows.dtype)
    weights = 2.0 * ranks - (count - 1.0)
    per_pair = ops.mean(ops.sort(rows, axis=0) * weights[:, None], axis=-1)
    pairs = ops.maximum(count * (count - 1.0) / 2.0, 1.0)
    return ops.sum(per_pair) / pairs


def is_one(conditions: Any) -> bool:
    """Tells whether all rows share one condition, or have none."""
    return isinstance(conditions, int) and conditions == 1


def only_pairs(matrix: Tensor, conditions: Any) -> Tensor:
    """Sets a square matrix to zero except at pairs within one condition.

    The diagonal becomes zero too. Row `i` and row `i + conditions` have the
    same condition.
    """
    if is_one(conditions):
        return without_diagonal(matrix)
    condition = ops.arange(ops.shape(matrix)[0]) % conditions
    same = ops.equal(condition[:, None], condition[None, :])
    return without_diagonal(matrix) * ops.cast(same, matrix.dtype)


def without_diagonal(matrix: Tensor) -> Tensor:
    """Returns a square matrix with zeros on its diagonal."""
    batch = ops.shape(matrix)[0]
    return matrix * (1.0 - ops.eye(batch, dtype=matrix.dtype))


def count_of_pairs(rows: Tensor, conditions: int | Tensor = 1) -> Tensor:
    """Returns the number of ordered pairs of different rows, but at least 1.

    With several conditions, only pairs within one condition count.
    """
    count = ops.cast(ops.shape(rows)[0], rows.dtype)
    each = count
    if not is_one(conditions):
        each = count / ops.cast(conditions, rows.dtype)
    return ops.maximum(count * (each - 1.0), 1.0)


def mean_of_pairs(matrix: Tensor, conditions: int | Tensor = 1) -> Tensor:
    """Returns the mean of a square matrix over pairs of different rows."""
    pairs = only_pairs(matrix, conditions)
    return ops.sum(pairs) / count_of_pairs(matrix, conditions)


def sum_of_squared_products(
    rows: Tensor, conditions: int | Tensor = 1
) -> Tensor:
    """Returns the sum of `(x^T y)^2` over ordered pairs of different rows.

    With several conditions, only pairs within one condition count.

    The Gram matrices of rows and of columns have the same sum of squares, so
    the smaller one is computed if the shape is known.
    """
    batch, elements = rows.shape
    known = isinstance(batch, int) and isinstance(elements, int)
    if known and elements < batch and is_one(conditions):
        gram = ops.matmul(ops.transpose(rows), rows)
        diagonal = ops.square(ops.sum(ops.square(rows), axis=-1))
        return ops.sum(ops.square(gram)) - ops.sum(diagonal)
    gram = ops.matmul(rows, ops.transpose(rows))
    return ops.sum(ops.square(only_pairs(gram, conditions)))
