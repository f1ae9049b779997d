"""The statistics of features that metrics keep."""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Tensor

# The type of a Keras metric's `add_variable`, as it is called here.
_AddVariable = Callable[..., keras.Variable]


class FeatureStore:
    """Keeps the first rows of features, up to a number set in advance.

    Args:
        add_variable: `keras.metrics.Metric.add_variable`.
        size: Elements of a row.
        capacity: The largest number of rows.
        name: The beginning of the variables' names.
    """

    def __init__(
        self, add_variable: _AddVariable, size: int, capacity: int, name: str
    ):
        self.capacity = capacity
        # Rows beyond the capacity overwrite the last one, which is not used.
        self._rows = add_variable(
            (capacity + 1, size), "zeros", dtype="float32", name=f"{name}_rows"
        )
        # "int": TensorFlow keeps int32 variables off the GPU.
        self._count = add_variable(
            (), "zeros", dtype="int", name=f"{name}_count"
        )

    def update(self, features: Tensor) -> None:
        """Adds rows."""
        count = ops.convert_to_tensor(self._count.value)
        new = ops.arange(ops.shape(features)[0])
        places = count + ops.cast(new, count.dtype)
        places = ops.minimum(places, self.capacity)
        rows = ops.scatter_update(
            self._rows.value, places[:, None], ops.cast(features, "float32")
        )
        self._rows.assign(rows)
        self._count.assign(
            count + ops.cast(ops.shape(features)[0], count.dtype)
        )

    @property
    def count(self) -> int:
        """How many rows are kept."""
        seen = int(ops.convert_to_numpy(self._count.value))
        return min(seen, self.capacity)

    def rows(self) -> np.ndarray:
        """Returns the rows that are kept, float32."""
        return ops.convert_to_numpy(self._rows.value)[: self.count]

    def is_finite(self) -> bool:
        """Whether no row has NaN or infinity in it."""
        return bool(np.isfinite(self.rows()).all())

    def load(self, rows: np.ndarray) -> None:
        """Replaces all rows."""
        kept = np.zeros((self.capacity + 1, rows.shape[1]), "float32")
        kept[: min(len(rows), self.capacity)] = rows[: self.capacity]
        self._rows.assign(kept)
        self._count.assign(min(len(rows), self.capacity))

    def reset(self) -> None:
        """Forgets all rows."""
        self._count.assign(0)


class _CenteredSums:
    """Sums over rows, relative to the mean of the first batch.

    Sums of many float32 numbers lose the digits that a variance needs. Two
    things preserve them here: the origin, and the form of each sum as a pair
    of numbers, of which the second holds the rounding error of the first
    (Knuth's two-sum).

    Args:
        add_variable: `keras.metrics.Metric.add_variable`.
        size: Elements of a row.
        name: The beginning of the variables' names.
        shape: The shape of the result of `second`.
    """

    def __init__(
        self, add_variable: _AddVariable, size: int, name: str, *shape: int
    ):
        def add(part: str, *shape: int) -> keras.Variable:
            return add_variable(
                shape, "zeros", dtype="float32", name=f"{name}_{part}"
            )

        self._count = add("count")
        self._origin = add("origin", size)
        self._first = _PreciseSum(add, "first", size)
        self._second = _PreciseSum(add, "second", *shape)

    def second(self, rows: Tensor) -> Tensor:
        """Returns the sum of a second-order term over rows."""
        raise NotImplementedError

    def update(self, features: Tensor) -> None:
        """Adds rows."""
        features = ops.cast(features, "float32")
        batch = ops.cast(ops.shape(features)[0], "float32")
        origin = ops.where(
            ops.equal(self._count.value, 0.0),
            ops.mean(features, axis=0),
            ops.convert_to_tensor(self._origin.value),
        )
        features = features - origin
        self._origin.assign(origin)
        self._first.add(ops.sum(features, axis=0))
        self._second.add(self.second(features))
        self._count.assign(self._count.value + batch)

    @property
    def count(self) -> int:
        """How many rows were added."""
        return int(ops.convert_to_numpy(self._count.value))

    def is_finite(self) -> bool:
        """Whether no row had NaN or infinity in it."""
        return bool(np.isfinite(self._second.value()).all())

    def reset(self) -> None:
        """Forgets all rows."""
        self._count.assign(0.0)
        for part in (self._first, self._second):
            part.set(np.zeros(part.shape))


class MomentSums(_CenteredSums):
    """Keeps the sums for mean and covariance, and no rows.

    Args:
        add_variable: `keras.metrics.Metric.add_variable`.
        size: Elements of a row.
        name: The beginning of the variables' names.
    """

    def __init__(self, add_variable: _AddVariable, size: int, name: str):
        super().__init__(add_variable, size, name, size, size)

    def second(self, rows: Tensor) -> Tensor:
        """Returns the products of all pairs of elements."""
        return _products(rows)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the mean and the unbiased covariance, float64."""
        offset = self._first.value() / self.count
        origin = ops.convert_to_numpy(self._origin.value).astype("float64")
        products = self._second.value()
        products -= self.count * np.outer(offset, offset)
        return origin + offset, products / (self.count - 1)

    def load(
        self, mean: np.ndarray, covariance: np.ndarray, count: int
    ) -> None:
        """Replaces all sums."""
        origin = mean.astype("float32")
        offset = mean - origin
        self._origin.assign(origin)
        self._count.assign(float(count))
        self._first.set(count * offset)
        self._second.set(
            (count - 1) * covariance + count * np.outer(offset, offset)
        )


class SpreadSums(_CenteredSums):
    """Keeps the sums for the mean squared distance of all pairs.

    That distance is twice the trace of the unbiased covariance, so neither
    rows nor products of features are needed.

    Args:
        add_variable: `keras.metrics.Metric.add_variable`.
        size: Elements of a row.
        name: The beginning of the variables' names.
    """

    def second(self, rows: Tensor) -> Tensor:
        """Returns the sum of squares."""
        return ops.sum(ops.square(rows))

    def mean_squared_distance(self) -> float:
        """Returns the mean over all pairs of different rows."""
        count = self.count
        mean = self._first.value() / count
        spread = self._second.value() - count * np.square(mean).sum()
        return float(2.0 * max(spread, 0.0) / (count - 1))


class _PreciseSum:
    """A sum of float32 tensors with twice the digits."""

    def __init__(self, add_variable, name, *shape):
        self.shape = shape
        self._high = add_variable(f"{name}_high", *shape)
        self._low = add_variable(f"{name}_low", *shape)

    def add(self, value):
        high = ops.convert_to_tensor(self._high.value)
        total = high + value
        rounded = total - high
        lost = (high - (total - rounded)) + (value - rounded)
        self._low.assign(self._low.value + lost)
        self._high.assign(total)

    def value(self):
        high, low = (
            ops.convert_to_numpy(part.value).astype("float64")
            for part in (self._high, self._low)
        )
        return high + low

    def set(self, value):
        high = np.asarray(value, "float32")
        self._high.assign(high)
        self._low.assign((value - high).astype("float32"))


def _products(rows: Tensor) -> Tensor:
    """Returns `rows^T rows`.

    It splits rows into parts of 11 binary digits each, because a matrix
    multiplication in TF32 keeps no more of its factors.
    """
    shifted = 8193.0 * rows
    high = shifted - (shifted - rows)
    low = rows - high
    columns = ops.transpose(high)
    mixed = ops.matmul(columns, low)
    return (
        ops.matmul(columns, high)
        + (mixed + ops.transpose(mixed))
        + ops.matmul(ops.transpose(low), low)
    )
