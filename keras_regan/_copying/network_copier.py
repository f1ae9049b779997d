"""Copies of networks, layer by layer and with their weights.

`keras.models.clone_model` copies the calls between layers. Each layer is
created from its own config, so no class has to be registered. `clone_model`
gets new models on the same tensors, because it would compile the copy of a
compiled model. Two kinds of networks are copied without it: the layers of a
`keras.Sequential` are stacked again, because `clone_model` would not use the
`call_function` for layers inside, and a subclassed model is created from its
config like a layer, because only its code knows its calls.
"""

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops


class NoCopy(ValueError):
    """Raised for a layer that cannot be copied; the cause says why."""


class NetworkCopier:
    """Copies one network; subclasses may replace some of its layers."""

    def __init__(self):
        self._copies = {}
        # The values that replace a weight: none, one or more.
        self._values = {}

    def copy(self, network: keras.Model, name: str) -> keras.Model:
        """Returns a frozen copy with the same weights, which is not compiled.

        Raises:
            NoCopy: If a layer cannot be recreated.
        """
        try:
            copy = self._copied(network)
        finally:
            # If copies do not fit together, this names the wrong one.
            self._hand_over_weights()
        copy.name = name
        copy.trainable = False
        return copy

    def _copied(self, layer: keras.Operation) -> keras.Operation:
        """Returns the copy of a layer or network, the same one each time."""
        if id(layer) not in self._copies:
            with _blame(layer):
                copy = self._anew(layer)
                if isinstance(copy, keras.Model) and not copy.built:
                    copy.build_from_config(_as_loaded(layer))
                    # Keras does not set this for a subclassed model.
                    copy.built = True
            # The layer is kept too, because its id is valid while it lives.
            self._copies[id(layer)] = layer, copy
        return self._copies[id(layer)][1]

    def _anew(self, layer: keras.Operation) -> keras.Operation:
        made_with = inspect.signature(type(layer).__init__).parameters
        if isinstance(layer, keras.Sequential) and "layers" in made_with:
            inputs = [
                keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name)
                for x in getattr(layer, "inputs", [])
            ]
            layers = [self._copied(part) for part in layer.layers]
            return type(layer)([*inputs, *layers], name=layer.name)
        if isinstance(layer, keras.Function) and "outputs" in made_with:
            return keras.models.clone_model(
                type(layer)(layer.input, layer.output, name=layer.name),
                clone_function=self._copied,
                call_function=self._call,
            )
        return self._part(layer)

    def _part(self, layer: keras.Operation) -> keras.Operation:
        """Returns the copy or the replacement of a layer."""
        names = ("layer", "forward_layer", "cell")
        held = [type(getattr(layer, name, None)) for name in names]
        with keras.saving.custom_object_scope({h.__name__: h for h in held}):
            return type(layer).from_config(self._config(layer))

    def _config(self, layer: keras.Operation) -> dict[str, Any]:
        """Returns the config that the copy of a layer is created from."""
        return layer.get_config()

    def _call(self, copy: keras.Operation, *args: Any, **kwargs: Any) -> Any:
        """Calls a copy with the arguments of the layer's call."""
        return copy(*args, **kwargs)

    def _hand_over_weights(self) -> None:
        for layer, copy in self._copies.values():
            if getattr(copy, "built", False):
                with _blame(layer):
                    copy.set_weights(
                        [
                            ops.convert_to_numpy(value)
                            for weight in layer.weights
                            for value in self._values.get(id(weight), [weight])
                        ]
                    )


def _as_loaded(layer: keras.Operation) -> Any:
    """Returns a layer's build config as a file of Keras would have it.

    The layer's own config has lists that Keras tracks, which JAX does not
    recognize as lists.
    """
    serialized = keras.saving.serialize_keras_object(layer.get_build_config())
    return keras.saving.deserialize_keras_object(serialized)


@contextlib.contextmanager
def _blame(layer: keras.Operation) -> Iterator[None]:
    try:
        yield
    except NoCopy:
        raise
    except Exception as error:
        kind = type(layer).__name__
        mend = f"Implement `get_config` and `from_config` in {kind}."
        if kind in ("Functional", "Sequential"):
            mend = "Copies of its layers do not fit together."
        raise NoCopy(
            f"`{layer.name}` (of type {kind}) cannot be recreated. {mend}"
        ) from error
