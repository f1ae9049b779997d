"""Predictions of any number of rows, on one device or on several."""

from typing import Any

import keras

from keras_regan._backend import replicas


def predict(model: keras.Model, inputs: Any, batch_size: int | None) -> Any:
    """Returns the outputs for all inputs, as NumPy arrays.

    Args:
        model: Keras model.
        inputs: Array or list of arrays.
        batch_size: Rows that are looked at together, or `None` for Keras's.
    """
    with replicas.in_this_process():
        return model.predict(inputs, batch_size=batch_size, verbose=0)


def predict_on_batch(model: keras.Model, inputs: Any) -> Any:
    """Returns the outputs for inputs that fit into one batch."""
    # `predict_on_batch` would hand the whole batch to each replica.
    if replicas.replica_count(model) > 1:
        rows = len(keras.tree.flatten(inputs)[0])
        return predict(model, inputs, batch_size=rows)
    with replicas.in_this_process():
        return model.predict_on_batch(inputs)
