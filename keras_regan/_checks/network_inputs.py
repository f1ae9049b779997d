"""What a network is called with: which inputs, in which form."""

import re
from typing import Any
from typing import NamedTuple

import keras

from keras_regan._backend.keras_internals import layers
from keras_regan._typing import Shape

# The names that Keras gives to inputs without one.
_UNNAMED = re.compile(r"(input_layer|keras_tensor|input)(_\d+)?")


class Input(NamedTuple):
    """One input of a network.

    Attributes:
        name: Its key in a dictionary or the name of its `keras.Input`; `None`
            if nobody named it.
        shape: Its shape, batch included.
        tensor: What a functional network has for it, or `None`.
    """

    name: str | None
    shape: Shape
    tensor: Any = None

    @property
    def dtype(self) -> str | None:
        """The type that the network takes, `None` if it does not say."""
        return None if self.tensor is None else self.tensor.dtype


class NetworkInputs:
    """The inputs of a network, in the order in which it names them.

    Args:
        inputs: List of `Input`s.
        form: What the network takes them in: `None` for one by itself, `list`
            or `dict`.
    """

    def __init__(self, inputs: list[Input], form: type | None):
        self.each = inputs
        self._form = form

    def of(self, values: list[Any]) -> Any:
        """Returns values as the network is called with them."""
        if self._form is None:
            return values[0]
        if self._form is list:
            return list(values)
        names = [one.name for one in self.each]
        return dict(zip(names, values, strict=True))

    def first(self, name: str, argument: str) -> "NetworkInputs":
        """Returns the same with an input first: it matters in dictionaries.

        Args:
            name: The key that this input has in a dictionary.
            argument: What the network was given as.

        Raises:
            ValueError: If a dictionary has no such key.
        """
        if self._form is not dict:
            return self
        names = [one.name for one in self.each]
        if name not in names:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected a model "
                f"whose dictionary of inputs has the key '{name}', beside the "
                f"conditions. Received: the keys {names}"
            )
        ordered = sorted(self.each, key=lambda one: one.name != name)
        return NetworkInputs(ordered, self._form)

    def symbols(self, network: keras.Model) -> Any:
        """Returns symbols that a network can be called with.

        A subclassed network does not say of which type its conditions are:
        labels are tried, then other numbers.
        """
        tensors = [one.tensor for one in self.each]
        if None not in tensors:
            return self.of(tensors)
        first, *others = self.each
        for dtype in ("int32", "float32"):
            symbols = self.of(
                [
                    keras.KerasTensor(first.shape, dtype="float32"),
                    *(keras.KerasTensor(o.shape, dtype=dtype) for o in others),
                ]
            )
            try:
                network.compute_output_spec(symbols)
            except (TypeError, ValueError):
                if dtype == "float32":
                    raise
            else:
                break
        return symbols

    def dtypes(self, network: keras.Model) -> list[str]:
        """Returns the types of all inputs, in order."""
        symbols = self.symbols(network)
        if self._form is dict:
            symbols = [symbols[one.name] for one in self.each]
        return [symbol.dtype for symbol in keras.tree.flatten(symbols)]

    def outputs(self, network: keras.Model) -> Any:
        """Returns the network's output as symbolic tensors."""
        return network.compute_output_spec(self.symbols(network))


def inputs_of(network: keras.Model, argument: str) -> NetworkInputs:
    """Returns the inputs of a built network.

    Args:
        network: The network.
        argument: What it was given as.

    Raises:
        ValueError: If it does not say, or takes several arguments.
    """
    structure = layers.structure_of_inputs(network)
    if structure is None:
        return _inputs_built_with(network, argument)
    if isinstance(structure, dict):
        inputs = [_input(key, t) for key, t in structure.items()]
        return NetworkInputs(inputs, dict)
    tensors = keras.tree.flatten(structure)
    inputs = [_input(_given_name(tensor), tensor) for tensor in tensors]
    return NetworkInputs(inputs, None if len(inputs) == 1 else list)


def _inputs_built_with(network, argument):
    shapes = layers.shapes_built_with(network)
    if not shapes:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected a model that "
            "takes one input, or a list or dictionary of them. Received: a "
            f"{type(network).__name__} built with "
            f"{network.get_build_config() or {}}"
        )
    if isinstance(shapes, dict):
        inputs = [Input(key, _any_batch(s)) for key, s in shapes.items()]
        return NetworkInputs(inputs, dict)
    if isinstance(shapes[0], list | tuple):
        return NetworkInputs([Input(None, _any_batch(s)) for s in shapes], list)
    return NetworkInputs([Input(None, _any_batch(shapes))], None)


def _input(name, tensor):
    return Input(name, _any_batch(tensor.shape), tensor)


def _any_batch(shape):
    return (None, *shape[1:])


def _given_name(tensor):
    return None if _UNNAMED.fullmatch(tensor.name) else tensor.name
