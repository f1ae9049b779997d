"""The position of a model in its training."""

import keras
from keras import ops

from keras_regan._typing import Tensor


class Position:
    """Counts the epochs and batches of a model, inside the step.

    The batches are counted in the graph, so that the count belongs to the
    weights of the same step whenever they are saved. It is a plain object,
    because Keras would treat its variables as weights.

    Attributes:
        epoch: Variable. Number of complete epochs.
        batch: Variable. Number of batches of the current epoch so far.
        first_bad_batch: Variable. The number, from 1, of the first batch of
            the epoch that no step was taken on; 0 if there is none.
        loaded: Boolean, set on loading. Whether the position comes from a
            file.
        random_states: List of arrays, set on loading. Other random state at
            this position.
    """

    def __init__(self):
        self.loaded = False
        self.random_states = []
        self.epoch, self.batch, self.first_bad_batch = (
            keras.Variable(
                # "int": TensorFlow keeps int32 variables off the GPU.
                0,
                dtype="int",
                trainable=False,
                name=f"position_{name}",
                aggregation="only_first_replica",
            )
            for name in ("epoch", "batch", "first_bad_batch")
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, for the trainer."""
        return [*self.saved, self.first_bad_batch]

    @property
    def saved(self) -> list[keras.Variable]:
        """The variables that are saved with the model."""
        return [self.epoch, self.batch]

    @property
    def epoch_and_batch(self) -> tuple[int, int]:
        """Number of complete epochs, and of batches of the current epoch."""
        return number_in(self.epoch), number_in(self.batch)

    @property
    def first_bad_batch_index(self) -> int | None:
        """The index, from 0, of the first batch without a step."""
        number = number_in(self.first_bad_batch)
        return None if number == 0 else number - 1

    def go_to(self, epoch: int, batch: int = 0) -> None:
        """Sets the position."""
        self.epoch.assign(epoch)
        self.batch.assign(batch)
        self.first_bad_batch.assign(0)

    def count(self, accepted: Tensor) -> None:
        """Counts a batch; called inside the step.

        Args:
            accepted: Boolean scalar. Whether the batch can be trained on.
        """
        number = self.batch.value + 1
        first = ops.logical_and(
            ops.logical_not(accepted), ops.equal(self.first_bad_batch.value, 0)
        )
        self.first_bad_batch.assign(
            ops.where(first, number, self.first_bad_batch.value)
        )
        self.batch.assign(number)


def number_in(variable: keras.Variable) -> int:
    """Returns the integer in a variable, also on several replicas."""
    # A copy, because NumPy cannot read variables of several replicas.
    return int(ops.convert_to_numpy(ops.copy(variable.value)))
