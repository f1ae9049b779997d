"""TensorFlow: training data that is not tuned while it is read.

A thread tunes an iterator of `tf.data` after 10, 20, 40 milliseconds and so on,
up to a minute. Deleting the iterator waits for the thread, which often misses
the signal that ends its sleep: `fit` then hangs after an epoch for up to the
duration of that epoch, and so do `evaluate` and `predict`. Without the thread
there is nothing to wait for. The settings that it tunes keep their initial
values: as many parallel calls as there are cores (16 at most), and a buffer
that still grows if it runs empty.
"""

from typing import Any

import tensorflow as tf


def untuned(dataset: Any) -> Any:
    """Returns a `tf.data.Dataset` that is not tuned unless it asks for it."""
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
