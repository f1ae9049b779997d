"""What a network is called with: which inputs, in which form."""

import itertools
import re
from typing import Any
from typing import NamedTuple

import keras

from keras_regan._backend.keras_internals import layers
from keras_regan._checks.call_arguments import argument_names
from keras_regan._checks.call_arguments import call_arguments
from keras_regan._checks.call_arguments import check_arguments_known
from keras_regan._typing import Shape

# Of a condition, in the order of a label's.
_TYPES = ("int32", "float32")
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
        one number a sample is taken for a label if it can be one, and all
        others for floats.
        """
        tensors = [one.tensor for one in self.each]
        if None not in tensors:
            return self.of(tensors)
        return self._of_types(
            network,
            [
                _TYPES if one.shape[1:] in ((), (1,)) else _TYPES[::-1]
                for one in self.each[1:]
            ],
        )

    def with_one_argument(self, network: keras.Model) -> keras.Model:
        """Returns a model with the same weights that takes these as one.

        It is the network itself unless it is called with several arguments,
        as `keras.Model.predict` calls none.
        """
        if not argument_names(network):
            return network
        # What is called with floats is called with integers too; a functional
        # model would cut off the fractions if it was the other way round.
        symbols = self._of_types(network, [_TYPES[::-1]] * len(self.each[1:]))
        inputs = [
            keras.Input(batch_shape=s.shape, dtype=s.dtype, name=one.name)
            for s, one in zip(symbols, self.each, strict=True)
        ]
        args, named = call_arguments(network, inputs)
        return keras.Model(inputs, network(*args, **named), name=network.name)

    def dtypes(self, network: keras.Model) -> list[str]:
        """Returns the types of all inputs, in order."""
        symbols = self.symbols(network)
        if self._form is dict:
            symbols = [symbols[one.name] for one in self.each]
        return [symbol.dtype for symbol in keras.tree.flatten(symbols)]

    def outputs(self, network: keras.Model) -> Any:
        """Returns the network's output as symbolic tensors."""
        return _output_spec(network, self.symbols(network))

    def _of_types(self, network, choices):
        """Returns symbols of the first types that a network computes with.

        Args:
            network: The network.
            choices: For each condition, types in the order to be tried.
        """
        first, *others = self.each
        errors = []
        for dtypes in itertools.product(*choices):
            symbols = self.of(
                [
                    keras.KerasTensor(first.shape, dtype="float32"),
                    *(
                        keras.KerasTensor(one.shape, dtype=dtype)
                        for one, dtype in zip(others, dtypes, strict=True)
                    ),
                ]
            )
            try:
                _output_spec(network, symbols)
            except Exception as error:  # Each framework has its own.
                errors.append(error)
            else:
                return symbols
        raise errors[0]


def _output_spec(network, inputs):
    args, named = call_arguments(network, inputs)
    return network.compute_output_spec(*args, **named)


def inputs_of(network: keras.Model, argument: str) -> NetworkInputs:
    """Returns the inputs of a built network.

    Args:
        network: The network.
        argument: What it was given as.

    Raises:
        ValueError: If it does not say of which shape all of them are.
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
    check_arguments_known(network, argument)
    names = argument_names(network)
    if names:
        shapes = layers.shapes_of_arguments(network)
        inputs = [Input(name, _any_batch(shapes[name])) for name in names]
        return NetworkInputs(inputs, list)
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
