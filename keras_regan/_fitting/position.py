"""Where in a training a model is."""

import keras
from keras import ops

from keras_regan._typing import Tensor


class Position:
    """How many epochs and batches a model has had, kept in the step itself.

    The batches are counted in the graph, so that the count belongs to the
    weights of the same step, whenever they are saved. A plain object on
    purpose: Keras would take its variables for weights.

    Attributes:
        epoch: Variable. How many epochs are complete.
        batch: Variable. How many batches of the running epoch there were.
        first_bad_batch: Variable. The number, from 1, of the first batch of
            the epoch that no step was taken on; 0 if there is none.
        loaded: Boolean. Whether it came from a file; set by who loads it.
        random_states: List of arrays. What else was random then; likewise.
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
        """All of it, for the trainer."""
        return [*self.saved, self.first_bad_batch]

    @property
    def saved(self) -> list[keras.Variable]:
        """What is saved with the model."""
        return [self.epoch, self.batch]

    @property
    def epoch_and_batch(self) -> tuple[int, int]:
        """Complete epochs, and batches of the one that is running."""
        return number_in(self.epoch), number_in(self.batch)

    @property
    def first_bad_batch_index(self) -> int | None:
        """The index, from 0, of the first batch without a step."""
        number = number_in(self.first_bad_batch)
        return None if number == 0 else number - 1

    def go_to(self, epoch: int, batch: int = 0) -> None:
        """Says where the training is."""
        self.epoch.assign(epoch)
        self.batch.assign(batch)
        self.first_bad_batch.assign(0)

    def count(self, accepted: Tensor) -> None:
        """Counts a batch, in the step.

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
    """Returns an integer that is kept in a variable, on replicas as well."""
    # A copy: NumPy does not understand variables of several replicas.
    return int(ops.convert_to_numpy(ops.copy(variable.value)))
