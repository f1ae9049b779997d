"""A model's differences from Keras's trainer on TensorFlow."""

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
        """The strategy of Keras's trainer, through which all data sets go.

        If it is the default strategy, it switches off their tuning.

        Why: `fit` itself turns arrays and generators into data sets, and this
            is the only place that all of them go through; `untuned` says what
            is wrong with tuning.
        When it is gone: look for where the trainer passes a data set to
            `experimental_distribute_dataset`, and wrap that; or switch off the
            tuning only for data sets that the user passes.
        """
        strategy = super().distribute_strategy
        if tf.distribute.has_strategy():
            return strategy
        if strategy is not tf.distribute.get_strategy():
            return strategy
        return _Untuned(strategy)

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: the model is built.

        Why: the trainer would combine the replicas' parts of the first batch,
            and fail if they differ in size.
        When it is gone: drop this method if `fit` trains on a first batch that
            replicas cannot divide evenly.
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
    """Takes batches from the arguments of the train function.

    Args:
        arguments: The arguments of a call of the train function.
        count: The number of batches to take.
        logs: The logs to return.

    Returns:
        A result in the form of the train function's.

    Why: as for `set_train_function`, whose function gets these arguments.
    When it is gone: look for the arguments of `train_function` in `fit` of the
        trainer, and take `count` batches from them.
    """
    (iterator,) = arguments
    for _ in range(count):
        next(iterator)
    return logs
