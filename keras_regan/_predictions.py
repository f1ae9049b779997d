"""What a network makes of arrays, in the middle of a training."""

from typing import Any

import keras
import numpy as np

from keras_regan._backend import replicas
from keras_regan._interrupts import interrupts_wait


def predictions(network: Any, inputs: Any, batch_size: int) -> Any:
    """Returns the outputs of a network at inference, as NumPy arrays.

    As `network.predict`, with some differences. On PyTorch `predict` draws from
    the random state that dropout without a seed draws from, and would change
    the training. On JAX it takes the weights out of their variables, and Ctrl-C
    would lose them. On several devices, any number of rows will do.

    Args:
        network: Built Keras model.
        inputs: Array, or list of arrays of one length.
        batch_size: Positive integer. The last batch may be smaller.
    """
    arrays = inputs if isinstance(inputs, list) else [inputs]
    arrays = [_in_float_type(np.asarray(array)) for array in arrays]
    outputs = []
    for first in range(0, len(arrays[0]), batch_size):
        batch = [array[first : first + batch_size] for array in arrays]
        with interrupts_wait(), replicas.in_this_process():
            outputs.append(
                _on_batch(
                    network, batch if isinstance(inputs, list) else batch[0]
                )
            )
    return keras.tree.map_structure(
        lambda *parts: np.concatenate(parts), *outputs
    )


def _on_batch(network: Any, batch: Any) -> Any:
    # `predict_on_batch` would hand the whole batch to each replica.
    if replicas.replica_count(network) > 1:
        rows = len(keras.tree.flatten(batch)[0])
        return network.predict(batch, batch_size=rows, verbose=0)
    return network.predict_on_batch(batch)


def _in_float_type(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    return array.astype(keras.config.floatx(), copy=False)
