"""A batch of the data, as one step uses it."""

from typing import Any
from typing import NamedTuple

import keras
from keras import ops

from keras_regan._typing import Tensor


class Batch(NamedTuple):
    """Real samples with their conditions or labels.

    Attributes:
        real: Float tensor `(batch, ...)`.
        conditions: The conditions of the samples, or `None`.
        samples_per_condition: How often each condition occurs. Row `i` and
            row `i + count` then have the same condition, where `count` is the
            number of different ones.
        whole: `None`, or all real samples of the data's batch, each once.
        labels: `None`, or the class of each real sample, which is not an input
            of any network; -1 where it is unknown.
    """

    real: Tensor
    conditions: Any = None
    samples_per_condition: int = 1
    whole: Tensor | None = None
    labels: Tensor | None = None

    @property
    def beside(self) -> Any:
        """The conditions or labels of the samples, or `None`."""
        return self.conditions if self.labels is None else self.labels

    def repeated(self, samples_per_condition: int) -> "Batch":
        """Returns a batch of about this size with repeated conditions."""
        if samples_per_condition == 1:
            return self
        count = -(-ops.shape(self.real)[0] // samples_per_condition)
        real, conditions = keras.tree.map_structure(
            lambda rows: ops.concatenate(
                [rows[:count]] * samples_per_condition
            ),
            (self.real, self.conditions),
        )
        return Batch(real, conditions, samples_per_condition, self.real)
