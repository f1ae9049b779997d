"""A generator as a file of another program's format."""

from typing import Any

import keras

from keras_regan._checks.networks import input_shapes
from keras_regan._checks.networks import symbolic_inputs
from keras_regan._copying.inference_generator import inference_copy
from keras_regan._copying.network_copier import NoCopy


def export(
    network: keras.Model,
    name: str,
    filepath: str,
    format: str,
    input_signature: Any,
    **kwargs: Any,
) -> None:
    """Exports a generator through Keras.

    A plain copy is exported, or else the network itself: a file holds the
    computation and no classes, so layers without an equal in Keras are no
    obstacle there.
    """
    if input_signature is None:
        if format == "tf_saved_model" and keras.backend.backend() == "torch":
            raise ValueError(
                "Invalid value for argument `format`. Expected 'onnx' or "
                "'torch' on PyTorch, where Keras makes no SavedModel for "
                "batches of any size; or save `inference_generator()` as a "
                "`.keras` file and export what TensorFlow or JAX loads. "
                f"Received: format={format!r}"
            )
        input_signature = _signature(network)
    try:
        network = inference_copy(network, name)
    except NoCopy:
        pass
    network.export(
        filepath, format=format, input_signature=input_signature, **kwargs
    )


def _signature(network: keras.Model) -> list[Any]:
    """Returns the inputs of a generator, for batches of any size."""
    shapes = input_shapes(network, "generator")
    dtypes = [t.dtype for t in symbolic_inputs(network, shapes)]
    names = ("latents", "labels")
    inputs = [
        keras.InputSpec(shape=shape, dtype=dtype, name=name)
        for shape, dtype, name in zip(shapes, dtypes, names, strict=False)
    ]
    # One argument, which is a list for class-conditional networks.
    return inputs if len(inputs) == 1 else [inputs]
