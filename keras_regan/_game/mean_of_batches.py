"""Means over an epoch, at the least cost in each step."""

from typing import Optional

import keras
from keras import ops

from keras_regan._typing import Tensor


class MeanOfBatches(keras.metrics.Metric):
    """The mean over all samples, from the means over batches.

    What `keras.metrics.Mean` does with scalars and their weights, in half as
    many operations: on PyTorch, a small network's step shows the difference.

    Args:
        name: The name in the logs.
        beside: A mean that is always updated together with this one, and
            counts the samples of both; `None` for one that counts by itself.
    """

    def __init__(self, name: str, beside: Optional["MeanOfBatches"] = None):
        super().__init__(name=name)
        self.total = self.add_variable((), initializer="zeros", name="total")
        self._counts = beside is None
        self.count: keras.Variable = (
            self.add_variable((), initializer="zeros", name="count")
            if beside is None
            else beside.count
        )

    def update_state(self, mean: Tensor, batch_size: Tensor) -> None:
        """Takes a batch in, which counts by its size, a float."""
        self.total.assign_add(ops.cast(mean, self.dtype) * batch_size)
        if self._counts:
            self.count.assign_add(batch_size)

    def result(self) -> Tensor:
        """Returns the mean so far, zero before the first batch."""
        # A count is a whole number.
        return self.total / ops.maximum(self.count, 1.0)
