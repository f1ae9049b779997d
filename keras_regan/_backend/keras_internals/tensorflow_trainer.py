"""What a model does otherwise than Keras's trainer on TensorFlow."""

from typing import TYPE_CHECKING
from typing import Any

import tensorflow as tf

from keras_regan._backend.untuned import untuned

if TYPE_CHECKING:  # A Keras model comes after it among the base classes.
    from keras import Model as _Trainer
else:
    _Trainer = object

# Whether the train function of Keras's trainer is called with an iterator,
# and not with a batch.
TRAIN_FUNCTION_TAKES_BATCHES = True


class TrainerInternals(_Trainer):
    """Reads data without tuning it, and builds nothing."""

    @property
    def distribute_strategy(self) -> Any:
        """The strategy of Keras's trainer, which hands it all data sets.

        Where there is but the default strategy, it takes away their tuning.

        Why: `fit` makes data sets of arrays and generators itself, and this is
            the one place through which all of them go; `untuned` says what is
            wrong with tuning.
        When it is gone: look for where the trainer hands a data set to
            `experimental_distribute_dataset`, and go between; or turn only
            those data sets into untuned ones that the user passes.
        """
        strategy = super().distribute_strategy
        if tf.distribute.has_strategy():
            return strategy
        if strategy is not tf.distribute.get_strategy():
            return strategy
        return _Untuned(strategy)

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: all is built.

        Why: the trainer would add up what the replicas get of the first batch,
            and fail where they do not get the same number.
        When it is gone: drop this method, if `fit` trains on a first batch
            that replicas cannot divide evenly.
        """


class _Untuned:
    """A strategy whose data sets are not tuned while they are read."""

    def __init__(self, strategy: Any):
        self._strategy = strategy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._strategy, name)

    def experimental_distribute_dataset(
        self, dataset: Any, options: Any = None
    ) -> Any:
        return self._strategy.experimental_distribute_dataset(
            untuned(dataset), options
        )


def pass_over(arguments: Any, count: int, logs: Any) -> Any:
    """Takes batches from what Keras's trainer calls its train function with.

    Args:
        arguments: The arguments of that call.
        count: How many batches to take.
        logs: What to return as the logs.

    Returns:
        What the train function would return.

    Why: as for `set_train_function`, which says what is called with these.
    When it is gone: look for what the trainer calls `train_function` with in
        `fit`, and take `count` batches of it.
    """
    (iterator,) = arguments
    for _ in range(count):
        next(iterator)
    return logs
