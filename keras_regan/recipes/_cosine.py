"""The schedule of recipes whose numbers change all along a training."""

import keras

from keras_regan._typing import Schedule


def along_cosine(first: float, change: float, steps: int) -> Schedule:
    """Returns a schedule from `first` to `change` times as much."""
    return keras.optimizers.schedules.CosineDecay(first, steps, alpha=change)
