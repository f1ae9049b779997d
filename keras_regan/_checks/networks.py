"""What two networks must be like to play against each other."""

from typing import Any

import keras

from keras_regan._backend.keras_internals import layers
from keras_regan._checks.bounded_logits import warn_of_bounded_logits
from keras_regan._checks.class_labels import ClassLabels
from keras_regan._typing import Shape


def check_network(network: Any, argument: str) -> None:
    """Raises unless `network` is a Keras model with weights and known shapes.

    Raises:
        TypeError: If it is no Keras model.
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


def input_shapes(network: keras.Model, argument: str) -> list[Shape]:
    """Returns the shapes of a network's one or two inputs, batch included."""
    tensors = getattr(network, "inputs", None)
    if tensors:
        shapes = [tuple(tensor.shape) for tensor in tensors]
    else:
        shape = layers.shapes_built_with(network)
        if not shape:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected a model "
                "that takes one input, or a list of two. Received: a "
                f"{type(network).__name__} built with "
                f"{network.get_build_config() or {}}"
            )
        nested = isinstance(shape[0], list | tuple)
        shapes = [tuple(s) for s in shape] if nested else [tuple(shape)]
    if len(shapes) > 2:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected a model with "
            "one input, or with two for class-conditional networks. Received: "
            f"{len(shapes)} inputs of shapes {shapes}"
        )
    return [(None, *shape[1:]) for shape in shapes]


def output_spec(network: keras.Model, shapes: list[Shape]) -> Any:
    """Returns the network's output as symbolic tensors."""
    return _output_of(network, symbolic_inputs(network, shapes))


def symbolic_inputs(network: keras.Model, shapes: list[Shape]) -> list[Any]:
    """Returns symbols that a network can be called with.

    A subclassed network does not say of which type its conditions are: labels
    are tried, then other numbers.
    """
    tensors = getattr(network, "inputs", None)
    if tensors:
        return tensors
    first, *others = shapes
    for dtype in ("int32", "float32"):
        tensors = [
            keras.KerasTensor(first, dtype="float32"),
            *(keras.KerasTensor(shape, dtype=dtype) for shape in others),
        ]
        try:
            _output_of(network, tensors)
        except (TypeError, ValueError):
            if dtype == "float32":
                raise
        else:
            break
    return tensors


def _output_of(network: keras.Model, tensors: list[Any]) -> Any:
    return network.compute_output_spec(
        tensors[0] if len(tensors) == 1 else tensors
    )


def check_pair(
    generator: keras.Model,
    discriminator: keras.Model,
) -> tuple[int, Shape]:
    """Checks that the discriminator can judge what the generator makes.

    Returns:
        The tuple `(latent_dim, sample_shape)`, the shape without the batch.

    Raises:
        ValueError: If the two do not fit together.
    """
    latents, *generator_labels = input_shapes(generator, "generator")
    judged, *discriminator_labels = input_shapes(discriminator, "discriminator")
    if len(latents) != 2 or latents[1] is None:
        raise ValueError(
            "Invalid value for argument `generator`. Expected a model whose "
            "first input is a batch of latent vectors, of shape "
            f"(batch, latent_dim). Received: input shape {latents}"
        )
    judgement = output_spec(discriminator, [judged, *discriminator_labels])
    classifies = isinstance(judgement, dict) and "class_logits" in judgement
    if len(generator_labels) != len(discriminator_labels) and not (
        generator_labels and classifies
    ):
        takes = ["takes labels", "takes no labels"]
        raise ValueError(
            "Invalid value for argument `discriminator`. Expected labels as a "
            "second input in both networks or in none, or a discriminator "
            "that returns 'class_logits' beside 'logits'. Received: a "
            f"generator that {takes[not generator_labels]} and a discriminator "
            f"that {takes[not discriminator_labels]}"
        )
    samples = output_spec(generator, [latents, *generator_labels])
    if not hasattr(samples, "shape"):
        raise ValueError(
            "Invalid value for argument `generator`. Expected a model with "
            f"one output. Received: outputs {samples}"
        )
    sample_shape = tuple(samples.shape)
    if not compatible(sample_shape, judged):
        raise ValueError(
            "Invalid value for argument `discriminator`. Expected a model "
            "whose input shape is the generator's output shape "
            f"{sample_shape}. Received: input shape {judged}"
        )
    _check_logits(judgement)
    inputs = symbolic_inputs(discriminator, [judged, *discriminator_labels])
    warn_of_bounded_logits(discriminator, inputs, stacklevel=3)
    return latents[1], sample_shape[1:]


def class_labels(
    generator: keras.Model, discriminator: keras.Model
) -> ClassLabels | None:
    """Returns which labels two networks take, or `None` if they take none.

    There are as many classes as the smallest number among the layers that are
    called with the labels themselves, such as `keras.layers.Embedding`, and
    the class logits.
    """
    _, *labels = input_shapes(generator, "generator")
    if not labels:
        return None
    numbers = [
        number
        for network in (generator, discriminator)
        for number in _numbers_of_classes(network)
    ]
    return ClassLabels(labels[0][1:], min(numbers, default=None))


def _numbers_of_classes(network: Any) -> list[int]:
    inputs = getattr(network, "inputs", None) or []
    numbers = []
    if len(inputs) == 2:
        for layer in network.layers:
            number = getattr(layer, "num_classes", None)
            if number is None and isinstance(layer, keras.layers.Embedding):
                number = layer.input_dim
            if number is not None and _is_called_with(layer, inputs[1]):
                numbers.append(number)
    outputs = getattr(network, "output", None) if inputs else None
    if isinstance(outputs, dict) and "class_logits" in outputs:
        numbers.append(outputs["class_logits"].shape[-1])
    return numbers


def _is_called_with(layer: keras.layers.Layer, tensor: Any) -> bool:
    try:
        inputs = keras.tree.flatten(layer.input)
    except (AttributeError, ValueError):  # It is called several times.
        return False
    return any(x is tensor for x in inputs)


def compatible(shape: Shape, other: Shape) -> bool:
    """Tells whether two shapes, batch included, can be those of one tensor."""
    return len(shape) == len(other) and all(
        a is None or b is None or a == b
        for a, b in zip(shape[1:], other[1:], strict=True)
    )


def _check_logits(outputs: Any) -> None:
    logits = outputs
    if isinstance(outputs, dict):
        logits = outputs.get("logits")
    shape = tuple(getattr(logits, "shape", ()))
    if not shape or (len(shape) > 1 and shape[-1] != 1):
        raise ValueError(
            "Invalid value for argument `discriminator`. Expected a model "
            "that returns logits of shape (batch,), (batch, 1) or, for parts "
            "of a sample, (batch, ..., 1), as (batch, height, width, 1) for "
            "a map of patches, alone or as {'logits': ..., 'features': ...}. "
            "Received: outputs "
            f"{shape or outputs}"
        )


def carries_regularizers(network: keras.Model) -> bool:
    """Tells whether layers of the network have regularizers of their own."""
    return bool(layers.regularized_variables(network)) or any(
        getattr(layer, "activity_regularizer", None) is not None
        for layer in _layers(network)
    )


def kernels(network: keras.Model) -> list[keras.Variable]:
    """Returns the trainable weights of rank 2 and more."""
    return [v for v in network.trainable_variables if len(v.shape) >= 2]


def uses_float16(network: keras.Model) -> bool:
    """Tells whether a layer of the network computes in float16."""
    return any(layer.compute_dtype == "float16" for layer in _layers(network))


def _layers(network: Any) -> list[Any]:
    # What a wrapper holds is not among the `layers` of Keras.
    held = [
        *getattr(network, "layers", []),
        *(
            getattr(network, name)
            for name in ("layer", "network")
            if isinstance(getattr(network, name, None), keras.Layer)
        ),
    ]
    return [network, *(inner for layer in held for inner in _layers(layer))]
