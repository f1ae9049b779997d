"""A copy of everything that training changes in a model."""

import keras
import numpy as np


class ModelState:
    """Weights, averages, seeds, optimizers and penalties at one moment.

    Args:
        model: Compiled Keras model, whose variables are copied into memory.
    """

    def __init__(self, model: keras.Model):
        self._values = [_copy(v) for v in model.trained_variables]

    def restore(self, model: keras.Model) -> None:
        """Restores the state, but not the means of the current epoch."""
        for variable, value in zip(
            model.trained_variables, self._values, strict=True
        ):
            variable.assign(value)


def forget_nan(model: keras.Model) -> None:
    """Resets the means of the epoch if one of them is not finite."""
    if not all(np.isfinite(_copy(mean)).all() for mean in _means(model)):
        model.reset_metrics()


def _means(model: keras.Model) -> list[keras.Variable]:
    return [v for metric in model.metrics for v in metric.variables]


def _copy(variable: keras.Variable) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable.value))
