"""Checks of the generator and the discriminator."""

from typing import Any

import keras

from keras_regan._backend.keras_internals import layers
from keras_regan._typing import Shape


def check_network(network: Any, argument: str) -> None:
    """Raises unless `network` is a Keras model with weights and known shapes.

    Raises:
        TypeError: If it is not a Keras model.
        ValueError: If it is not built.
    """
    if not isinstance(network, keras.Model):
        raise TypeError(
            f"Invalid value for argument `{argument}`. Expected a "
            f"`keras.Model`. Received: {argument}={network!r} (of type "
            f"{type(network).__name__})"
        )
    if not network.built:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected a model that "
            "is built: give it an `Input`, call it once on data, or call "
            f"`{argument}.build(input_shape)`. Received: an unbuilt "
            f"{type(network).__name__}"
        )


def compatible(shape: Shape, other: Shape) -> bool:
    """Tells whether two shapes with batch can belong to the same tensor."""
    return len(shape) == len(other) and all(
        a is None or b is None or a == b
        for a, b in zip(shape[1:], other[1:], strict=True)
    )


def heads_of(outputs: Any) -> list[Any]:
    """Returns the tensors of logits among a discriminator's outputs."""
    logits = outputs.get("logits") if isinstance(outputs, dict) else outputs
    return list(logits) if isinstance(logits, list | tuple) else [logits]


def check_logits(outputs: Any) -> None:
    """Raises unless a discriminator returns logits, of one head or several.

    Args:
        outputs: Its outputs, as symbolic tensors.

    Raises:
        ValueError: If it does not return logits.
    """
    heads = heads_of(outputs)
    shapes = [tuple(getattr(logits, "shape", ())) for logits in heads]
    if not heads or not all(_is_of_logits(shape) for shape in shapes):
        received = shapes[0] if len(shapes) == 1 else shapes
        raise ValueError(
            "Invalid value for argument `discriminator`. Expected a model "
            "that returns logits of shape (batch,), (batch, 1) or, for parts "
            "of a sample, (batch, ..., 1), such as (batch, height, width, 1) "
            "for a map of patches, or a list of several of these, alone or as "
            "{'logits': ..., 'features': ...}. Received: outputs "
            f"{received if all(shapes) and heads else outputs}"
        )


def _is_of_logits(shape: Shape) -> bool:
    return len(shape) == 1 or (len(shape) > 1 and shape[-1] == 1)


def carries_regularizers(network: keras.Model) -> bool:
    """Tells whether layers of the network have regularizers of their own."""
    return bool(layers.regularized_variables(network)) or any(
        getattr(layer, "activity_regularizer", None) is not None
        for layer in layers_inside(network)
    )


def kernels(network: keras.Model) -> list[keras.Variable]:
    """Returns the trainable weights of rank 2 and more."""
    return [v for v in network.trainable_variables if len(v.shape) >= 2]


def uses_float16(network: keras.Model) -> bool:
    """Tells whether a layer of the network computes in float16."""
    return any(
        layer.compute_dtype == "float16" for layer in layers_inside(network)
    )


def layers_inside(network: Any) -> list[Any]:
    """Returns a network with all layers in it, at any depth."""
    # The `layers` of Keras do not include the layer in a wrapper.
    held = [
        *getattr(network, "layers", []),
        *(
            getattr(network, name)
            for name in ("layer", "network")
            if isinstance(getattr(network, name, None), keras.Layer)
        ),
    ]
    return [
        network,
        *(inner for layer in held for inner in layers_inside(layer)),
    ]
