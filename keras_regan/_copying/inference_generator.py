"""Copies of a generator that do not need this package.

A copy leaves out what only training needs, and replaces layers of this package
by layers of Keras that compute the same at inference.
"""

import inspect
from typing import Any

import keras
from keras import ops

from keras_regan._checks.network_inputs import inputs_of
from keras_regan._copying.network_copier import NetworkCopier
from keras_regan._copying.network_copier import NoCopy
from keras_regan.layers import ConditionalBatchNormalization
from keras_regan.layers import Conv2DTranspose
from keras_regan.layers import SampleRegularization
from keras_regan.layers import SpectralNormalization

_PACKAGE = __name__.split(".")[0]


def inference_copy(network: keras.Model, name: str) -> keras.Model:
    """Returns a frozen copy with the same weights and without this package.

    Raises:
        NoCopy: If a layer of this package has no equivalent in Keras, or if a
            layer cannot be recreated from its config.
    """
    try:
        copy = _PlainCopier().copy(network, name)
    except NoCopy as error:
        received = f" Received: {error.__cause__}" if error.__cause__ else ""
        raise NoCopy(
            f"The generator has no copy without {_PACKAGE}. {error} "
            "`save` keeps the whole GAN, and `export` writes SavedModel and "
            f"ONNX, which hold the computation and no classes.{received}"
        ) from error
    copy = inputs_of(copy, "generator").with_one_argument(copy)
    copy.trainable = False
    return copy


class _PlainCopier(NetworkCopier):
    """Replaces the layers of this package by layers of Keras."""

    def __init__(self):
        super().__init__()
        self._without_training = {}

    def _part(self, layer: keras.Operation) -> keras.Operation:
        if type(layer) is ConditionalBatchNormalization:
            return self._composed(layer)
        if type(layer) is Conv2DTranspose:
            config = _cleaned(layer.get_config(), layer.name)
            return keras.layers.Conv2DTranspose.from_config(config)
        if type(layer) is SampleRegularization:
            copy = keras.layers.Identity(
                name=layer.name, dtype=layer.variable_dtype
            )
        elif type(layer) is SpectralNormalization:
            self._values[id(layer.u)] = []
            self._values[id(layer.stored_kernel)] = [layer.normalized_kernel()]
            copy = self._part(layer.layer)
            copy.name = layer.name
        else:
            return super()._part(layer)
        self._without_training[id(copy)] = layer
        return copy

    def _config(self, layer: keras.Operation) -> dict[str, Any]:
        if type(layer).__module__.split(".")[0] == _PACKAGE:
            raise _bound_to_package(layer.name, type(layer).__name__)
        config = super()._config(layer)
        if isinstance(layer, keras.layers.Wrapper):
            config["layer"] = keras.saving.serialize_keras_object(
                self._copied(layer.layer)
            )
        return _cleaned(config, layer.name)

    def _call(self, copy: keras.Operation, *args: Any, **kwargs: Any) -> Any:
        layer = self._without_training.get(id(copy))
        if layer is None:
            return copy(*args, **kwargs)
        given = inspect.signature(layer.call).bind(*args, **kwargs).arguments
        if given.get("training") and type(layer) is SpectralNormalization:
            raise _bound_to_package(
                layer.name, "SpectralNormalization called with training=True"
            )
        return copy(given["inputs"])

    def _composed(self, layer: ConditionalBatchNormalization) -> keras.Model:
        """Returns conditional batch normalization in layers of Keras."""
        shape, label_shape = layer.get_build_config()["input_shape"]
        dtype = layer.variable_dtype
        x = keras.Input(shape[1:], dtype=dtype, name="inputs")
        labels = keras.Input(label_shape[1:], dtype="int32", name="labels")
        size = layer.num_classes, shape[layer.axis]
        scale, offset = (
            keras.layers.Embedding(*size, dtype=dtype, name=name)
            for name in ("scales", "offsets")
        )
        normalization = self._part(layer.normalization)
        broadcast = [-1] + [1] * (len(shape) - 1)
        broadcast[layer.axis] = shape[layer.axis]
        outputs = normalization(x) * ops.reshape(scale(labels), broadcast)
        outputs += ops.reshape(offset(labels), broadcast)
        copy = keras.Model([x, labels], outputs, name=layer.name)
        scale.set_weights([ops.reshape(layer.gamma, size)])
        offset.set_weights([ops.reshape(layer.beta, size)])
        normalization.set_weights(layer.normalization.get_weights())
        self._values |= {id(variable): [] for variable in layer.weights}
        self._values[id(layer.gamma)] = copy.weights
        return copy


def _cleaned(config: Any, owner: str) -> Any:
    """Returns a layer's config without what only training needs.

    It leaves out the compile arguments of nested models, and regularizers and
    constraints of this package or derived from it. Layers with a mixed policy
    compute in the dtype of their weights.

    Raises:
        NoCopy: If the config still has objects of this package.
    """
    if isinstance(config, list | tuple):
        return type(config)(_cleaned(entry, owner) for entry in config)
    if not isinstance(config, dict):
        return config
    if _packages(config)[0] == _PACKAGE:
        raise _bound_to_package(owner, config["class_name"])
    if config.get("class_name") == "DTypePolicy":
        if config["config"]["name"].startswith("mixed_"):
            return {**config, "config": {"name": "float32"}}
    return {
        key: None
        if key.endswith(("regularizer", "constraint"))
        and _PACKAGE in _packages(entry)
        else _cleaned(entry, owner)
        for key, entry in config.items()
        if key != "compile_config"
    }


def _packages(config: Any) -> list[str]:
    """Returns the packages of a serialized object and of its base classes."""
    if not isinstance(config, dict):
        return []
    cls = keras.saving.get_registered_object(config.get("registered_name"))
    bases = [base.__module__ for base in getattr(cls, "__mro__", ())]
    return [str(m).split(".")[0] for m in (config.get("module"), *bases)]


def _bound_to_package(name: str, kind: str) -> NoCopy:
    return NoCopy(
        f"Its layer `{name}` holds a {kind}, which has no equivalent in Keras."
    )
