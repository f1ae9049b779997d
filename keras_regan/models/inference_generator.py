"""A generator that needs nothing of this package any more.

A model is copied through its configuration. What training needs is left out of
it, and layers of this package are replaced by layers of Keras that compute the
same at inference.
"""

from typing import Any

import keras
from keras import ops

from keras_regan._backend.keras_internals.layers import mark_built
from keras_regan.layers import ConditionalBatchNormalization
from keras_regan.layers import SampleRegularization
from keras_regan.layers import SpectralNormalization
from keras_regan.models.network_interface import input_shapes

_PACKAGE = __name__.split(".")[0]


class NoPlainCopy(ValueError):
    """Says which part of a network is bound to this package, or to its code."""


def inference_copy(network: keras.Model, name: str) -> keras.Model:
    """Returns a frozen copy with the same weights and without this package.

    Raises:
        NoPlainCopy: If a layer of this package has no equal among those of
            Keras, or if the network cannot be made anew from its config.
    """
    parts = _PlainParts()
    config = _cleaned(
        {**parts.model_config(network, network.get_config()), "name": name},
        type(network).__name__,
    )
    try:
        copy = type(network).from_config(config)
        if not copy.built:
            copy.build_from_config(network.get_build_config())
        copy.set_weights(parts.values(network))
        mark_built(copy)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise NoPlainCopy(
            f"The generator cannot be made anew from its config. Expected a "
            "functional or sequential model, or `get_config` (with `name`) and "
            f"`from_config` in {type(network).__name__}. {_WHAT_WORKS} "
            f"Received: {error}"
        ) from error
    copy.trainable = False
    return copy


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
    except NoPlainCopy:
        pass
    network.export(
        filepath, format=format, input_signature=input_signature, **kwargs
    )


def _signature(network: keras.Model) -> list[Any]:
    """Returns the inputs of a generator, for batches of any size."""
    shapes = input_shapes(network, "generator")
    tensors = getattr(network, "inputs", None)
    dtypes = [t.dtype for t in tensors] if tensors else ("float32", "int32")
    names = ("latents", "labels")
    inputs = [
        keras.InputSpec(shape=shape, dtype=dtype, name=name)
        for shape, dtype, name in zip(shapes, dtypes, names, strict=False)
    ]
    # One argument, which is a list for class-conditional networks.
    return inputs if len(inputs) == 1 else [inputs]


_WHAT_WORKS = (
    "`save` keeps the whole GAN, and `export` writes SavedModel and ONNX, "
    "which hold the computation and no classes."
)


class _PlainParts:
    """Replaces layers in a configuration, and remembers their weights."""

    def __init__(self):
        # What stands in the place of a variable: none, one or more values.
        self._values = {}

    def values(self, network: keras.Model) -> list[Any]:
        """Returns the weights of the copy, in the order of the network's."""
        return [
            ops.convert_to_numpy(value)
            for variable in network.weights
            for value in self._values.get(id(variable), [variable])
        ]

    def model_config(
        self, network: keras.layers.Layer, config: dict[str, Any]
    ) -> dict[str, Any]:
        """Returns the config of a layer or model with all parts replaced."""
        config = dict(config)
        parts = {part.name: part for part in getattr(network, "layers", [])}
        if isinstance(config.get("layers"), list):
            config["layers"] = [
                self._part(parts.get(_name(part)), part)
                for part in config["layers"]
            ]
            composed = {
                part.name
                for part in parts.values()
                if type(part) is ConditionalBatchNormalization
            }
            if "output_layers" in config:
                config["output_layers"] = _as_outputs_of_models(
                    config["output_layers"], composed
                )
        if isinstance(config.get("layer"), dict):
            inner = getattr(network, "layer", None)
            config["layer"] = self._part(inner, config["layer"])
        return config

    def _part(
        self, layer: keras.layers.Layer | None, part: dict[str, Any]
    ) -> dict[str, Any]:
        if type(layer) is SampleRegularization:
            return self._identity(layer, part)
        if type(layer) is SpectralNormalization:
            return self._with_normalized_kernel(layer, part)
        if type(layer) is ConditionalBatchNormalization:
            return self._composed(layer, part)
        if layer is None or not isinstance(part.get("config"), dict):
            return part
        return {**part, "config": self.model_config(layer, part["config"])}

    def _identity(
        self, layer: SampleRegularization, part: dict[str, Any]
    ) -> dict[str, Any]:
        identity = keras.layers.Identity(
            name=layer.name, dtype=layer.variable_dtype
        )
        return _in_place_of(_without_training(part), _serialized(identity))

    def _with_normalized_kernel(
        self, layer: SpectralNormalization, part: dict[str, Any]
    ) -> dict[str, Any]:
        self._values[id(layer.u)] = []
        self._values[id(layer.stored_kernel)] = [layer.normalized_kernel()]
        if any(
            node["kwargs"].get("training")
            for node in part.get("inbound_nodes", [])
        ):
            raise _bound_to_package(
                layer.name, "SpectralNormalization called with training=True"
            )
        inner = self._part(layer.layer, part["config"]["layer"])
        inner = {**inner, "config": {**inner["config"], "name": layer.name}}
        return _in_place_of(_without_training(part), inner)

    def _composed(
        self, layer: ConditionalBatchNormalization, part: dict[str, Any]
    ) -> dict[str, Any]:
        model = _conditional_batch_normalization(layer)
        for variable in layer.weights:
            self._values[id(variable)] = []
        self._values[id(layer.gamma)] = model.weights
        return _in_place_of(part, _serialized(model))


def _conditional_batch_normalization(
    layer: ConditionalBatchNormalization,
) -> keras.Model:
    """Returns the layer as a model of Keras's own layers."""
    shape, label_shape = layer.get_build_config()["input_shape"]
    channels = shape[layer.axis]
    broadcast = [1] * len(shape)
    broadcast[layer.axis] = channels
    dtype = layer.variable_dtype
    x = keras.Input(shape[1:], dtype=dtype, name="inputs")
    labels = keras.Input(label_shape[1:], dtype="int32", name="labels")
    normalized = keras.layers.BatchNormalization(
        axis=layer.axis,
        momentum=layer.momentum,
        epsilon=layer.epsilon,
        center=False,
        scale=False,
        dtype=dtype,
        name="normalization",
    )(x)
    scale, offset = (
        keras.layers.Reshape(broadcast[1:], dtype=dtype, name=name)(
            keras.layers.Embedding(
                layer.num_classes, channels, dtype=dtype, name=f"{name}s"
            )(labels)
        )
        for name in ("scale", "offset")
    )
    scaled = keras.layers.Multiply(dtype=dtype, name="scaled")(
        [normalized, scale]
    )
    outputs = keras.layers.Add(dtype=dtype, name="outputs")([scaled, offset])
    model = keras.Model([x, labels], outputs, name=layer.name)
    for name, weight in (("scales", layer.gamma), ("offsets", layer.beta)):
        model.get_layer(name).embeddings.assign(
            ops.reshape(weight, (layer.num_classes, channels))
        )
    model.get_layer("normalization").set_weights(
        layer.normalization.get_weights()
    )
    return model


def _name(part: Any) -> str | None:
    return part["config"].get("name") if _is_object(part) else None


def _is_object(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("config"), dict)
        and "class_name" in value
    )


def _serialized(layer: keras.layers.Layer) -> dict[str, Any]:
    return keras.saving.serialize_keras_object(layer)


def _in_place_of(part: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Returns a layer's config with another's place in the graph."""
    place = {k: part[k] for k in ("name", "inbound_nodes") if k in part}
    return {**new, **place}


def _as_outputs_of_models(outputs: Any, names: set[str]) -> Any:
    """Counts the calls of layers that became models as Keras does.

    Where it says what a network returns, it counts those of models from one.
    """
    if isinstance(outputs, dict):
        return {
            key: _as_outputs_of_models(value, names)
            for key, value in outputs.items()
        }
    if isinstance(outputs[0], str):
        name, call, index = outputs
        return [name, call + (name in names), index]
    return [_as_outputs_of_models(value, names) for value in outputs]


def _without_training(part: dict[str, Any]) -> dict[str, Any]:
    """Drops an argument that the new layer does not take."""
    if "inbound_nodes" not in part:
        return part
    nodes = [
        {
            **node,
            "kwargs": {
                k: v for k, v in node["kwargs"].items() if k != "training"
            },
        }
        for node in part["inbound_nodes"]
    ]
    return {**part, "inbound_nodes": nodes}


def _cleaned(value: Any, owner: str) -> Any:
    """Returns a config without what only training needs.

    Regularizers and constraints of this package and of compiled models inside
    are left out, and layers of a mixed policy compute in the type of their
    weights.

    Raises:
        NoPlainCopy: If something of this package is left.
    """
    if isinstance(value, list | tuple):
        return type(value)(_cleaned(entry, owner) for entry in value)
    if not isinstance(value, dict):
        return value
    if _is_object(value):
        if _is_ours(value):
            raise _bound_to_package(_name(value) or owner, value["class_name"])
        if value["class_name"] == "DTypePolicy" and str(
            value["config"].get("name")
        ).startswith("mixed_"):
            return {**value, "config": {"name": "float32"}}
        owner = _name(value) or owner
    return {
        key: None
        if key.endswith(("regularizer", "constraint")) and _is_ours(entry)
        else _cleaned(entry, owner)
        for key, entry in value.items()
        if key != "compile_config"
    }


def _is_ours(value: Any) -> bool:
    """Tells whether a serialized object cannot be loaded without us."""
    if not _is_object(value):
        return False
    registered = str(value.get("registered_name"))
    cls = keras.saving.get_registered_object(registered)
    modules = [value.get("module"), *_modules(cls), registered.split(">")[0]]
    return any(str(module).split(".")[0] == _PACKAGE for module in modules)


def _modules(cls: Any) -> list[str]:
    """Returns where a regularizer or constraint and its bases are from."""
    kinds = (keras.regularizers.Regularizer, keras.constraints.Constraint)
    if not isinstance(cls, type) or not issubclass(cls, kinds):
        return []
    return [base.__module__ for base in cls.__mro__]


def _bound_to_package(name: str, kind: str) -> NoPlainCopy:
    return NoPlainCopy(
        f"The generator has no copy without {_PACKAGE}: its layer `{name}` "
        f"holds a {kind}, which has no equal in Keras. {_WHAT_WORKS}"
    )
