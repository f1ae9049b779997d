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


def untuned(dataset: Any) -> Any:
    """Returns a `tf.data.Dataset` that is not tuned unless it asks for it."""
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
