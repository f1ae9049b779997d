"""TensorFlow: training data that is not tuned while it is read.

An iterator of `tf.data` is tuned by a thread that looks at it after 10, 20, 40
milliseconds and so on, up to a minute. Whoever gives up the iterator waits for
the thread, and the notice that ends its sleep is often missed: `fit` then
stands still after an epoch for up to as long as it took, and so do `evaluate`
and `predict`. Without the thread there is nothing to wait for. What it tunes
keeps the value that it begins with: as many calls in parallel as there are
cores (16 at most), and a buffer that still grows if it runs empty.
"""

from typing import Any

import tensorflow as tf


class DataLoading:
    """What a model does otherwise than Keras's trainer when it takes data."""

    @property
    def distribute_strategy(self) -> Any:
        """The strategy of Keras's trainer, which hands it all data sets.

        Where there is but the default strategy, it takes away their tuning.
        """
        strategy = super().distribute_strategy
        if tf.distribute.has_strategy():
            return strategy
        if strategy is not tf.distribute.get_strategy():
            return strategy
        return _Untuned(strategy)


class _Untuned:
    """A strategy whose data sets are not tuned while they are read."""

    def __init__(self, strategy):
        self._strategy = strategy

    def __getattr__(self, name):
        return getattr(self._strategy, name)

    def experimental_distribute_dataset(self, dataset, options=None):
        return self._strategy.experimental_distribute_dataset(
            untuned(dataset), options
        )


def untuned(dataset: Any) -> Any:
    """Returns a `tf.data.Dataset` that is not tuned unless it asks for it."""
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
