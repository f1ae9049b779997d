"""Predictions of a network in the middle of a training."""

import operator
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_regan._backend import replicas
from keras_regan._interrupts import interrupts_wait


def predictions(network: Any, inputs: Any, batch_size: int) -> Any:
    """Returns the outputs of a network at inference, as NumPy arrays.

    It is safer than `network.predict` in the middle of a training. On PyTorch
    `predict` uses the random state of dropout without a seed, which would
    change the training. On JAX it takes the weights out of their variables,
    and Ctrl-C would lose them. On several devices it accepts any number of
    rows.

    Args:
        network: Built Keras model.
        inputs: Array, or list or dictionary of arrays of one length.
        batch_size: Positive integer. The last batch may be smaller.
    """
    arrays = _each(lambda rows: _in_float_type(np.asarray(rows)), inputs)
    outputs = []
    for first in range(0, len(keras.tree.flatten(arrays)[0]), batch_size):
        part = slice(first, first + batch_size)
        batch = _each(operator.itemgetter(part), arrays)
        with interrupts_wait(), replicas.in_this_process():
            outputs.append(_on_batch(network, batch))
    return keras.tree.map_structure(
        lambda *parts: np.concatenate(parts), *outputs
    )


def _each(function: Callable[[Any], Any], inputs: Any) -> Any:
    """Calls a function with each input of a network."""
    if isinstance(inputs, list):
        return [function(rows) for rows in inputs]
    if isinstance(inputs, dict):
        return {name: function(rows) for name, rows in inputs.items()}
    return function(inputs)


def _on_batch(network: Any, batch: Any) -> Any:
    # `predict_on_batch` would give the whole batch to each replica.
    if replicas.replica_count(network) > 1:
        rows = len(keras.tree.flatten(batch)[0])
        return network.predict(batch, batch_size=rows, verbose=0)
    return network.predict_on_batch(batch)


def _in_float_type(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    return array.astype(keras.config.floatx(), copy=False)
