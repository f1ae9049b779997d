"""Exports a generator to a file format of other programs."""

from typing import Any

import keras

from keras_regan._checks.network_inputs import NetworkInputs
from keras_regan._checks.network_inputs import inputs_of
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

    It exports a plain copy, or the network itself if there is none: the file
    holds the computation and no classes, so layers without an equivalent in
    Keras can be exported too.
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
        inputs = inputs_of(network, "generator")
        network = inputs.with_one_argument(network)
    network.export(
        filepath, format=format, input_signature=input_signature, **kwargs
    )


def _signature(network: keras.Model) -> list[Any]:
    """Returns the inputs of a generator, for batches of any size."""
    inputs = inputs_of(network, "generator")
    parts = zip(
        inputs.each, inputs.dtypes(network), _names(inputs), strict=True
    )
    # A single argument, which is a list or a dictionary with conditions.
    return [
        inputs.of(
            [
                keras.InputSpec(shape=one.shape, dtype=dtype, name=name)
                for one, dtype, name in parts
            ]
        )
    ]


def _names(inputs: NetworkInputs) -> list[str]:
    names = []
    for index, one in enumerate(inputs.each):
        label = one.shape[1:] in ((), (1,))
        name = "latents" if index == 0 else "labels" if label else "condition"
        name = one.name or name
        names.append(f"{name}_{index}" if name in names else name)
    return names
