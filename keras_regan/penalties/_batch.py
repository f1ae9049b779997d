"""What the data has for one step."""

from typing import Any
from typing import NamedTuple

import keras
from keras import ops

from keras_regan._typing import Tensor


class Batch(NamedTuple):
    """Real samples, and what came beside them.

    Attributes:
        real: Float tensor `(batch, ...)`.
        conditions: What came beside them, or `None`.
        samples_per_condition: How often each condition is there. Row `i` and
            row `i + count` then have the same one, where `count` is the number
            of different ones.
        whole: `None`, or all real samples of the data's batch, each once.
        labels: `None`, or the class of each real sample, -1 where it is
            unknown, which no network is told.
    """

    real: Tensor
    conditions: Any = None
    samples_per_condition: int = 1
    whole: Tensor | None = None
    labels: Tensor | None = None

    @property
    def beside(self) -> Any:
        """What came beside the samples: conditions, labels or nothing."""
        return self.conditions if self.labels is None else self.labels

    def repeated(self, samples_per_condition: int) -> "Batch":
        """Returns as many rows, or a few more: fewer conditions, more often."""
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
