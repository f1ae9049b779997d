"""The inputs of a network and their form."""

import itertools
import operator
import re
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import keras

from keras_regan._backend.keras_internals import layers
from keras_regan._checks.call_arguments import argument_names
from keras_regan._checks.call_arguments import call_arguments
from keras_regan._checks.call_arguments import check_arguments_known
from keras_regan._typing import Shape

# The dtypes of a condition, in the order in which they are tried for a label.
_TYPES = ("int32", "float32")
# The names that Keras gives to unnamed inputs.
_UNNAMED = re.compile(r"(input_layer|keras_tensor|input)(_\d+)?")


class Input(NamedTuple):
    """One input of a network.

    Attributes:
        name: Its key in a dictionary or the name of its `keras.Input`; `None`
            if it has none.
        shape: Its shape, batch included.
        tensor: The symbolic tensor in a functional network, or `None`.
    """

    name: str | None
    shape: Shape
    tensor: Any = None

    @property
    def dtype(self) -> str | None:
        """The dtype that the network takes; `None` if unknown."""
        return None if self.tensor is None else self.tensor.dtype


class NetworkInputs:
    """The inputs of a network, in the network's order.

    Args:
        inputs: List of `Input`s.
        form: The form of the inputs: `None` for a single input, `list` or
            `dict`.

    Attributes:
        of: Function that returns a list of values in the form of the inputs.
    """

    def __init__(self, inputs: list[Input], form: type | None):
        self.each = inputs
        self._form = form
        forms: dict[type | None, Callable[[list[Any]], Any]] = {
            None: operator.itemgetter(0),
            list: list,
            dict: self._named,
        }
        self.of = forms[form]

    def _named(self, values: list[Any]) -> dict[str | None, Any]:
        names = [one.name for one in self.each]
        return dict(zip(names, values, strict=True))

    def first(self, name: str, argument: str) -> "NetworkInputs":
        """Returns the inputs with a certain key of their dictionary first.

        Args:
            name: The key of this input in a dictionary.
            argument: The user's argument for the network.

        Raises:
            ValueError: If a dictionary has no such key.
        """
        if self._form is not dict:
            return self
        names = [one.name for one in self.each]
        if name not in names:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected a model "
                f"whose dictionary of inputs has the key '{name}' in addition "
                f"to the conditions. Received: the keys {names}"
            )
        ordered = sorted(self.each, key=lambda one: one.name != name)
        return NetworkInputs(ordered, self._form)

    def symbols(self, network: keras.Model) -> Any:
        """Returns symbolic tensors that a network can be called with.

        The dtypes of a subclassed network's conditions are unknown: a single
        number for each sample is treated as a label if the network accepts
        that, and all others as floats.
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
        """Returns a model with the same weights that takes one argument.

        It is the network itself unless that takes several arguments, which
        `keras.Model.predict` cannot pass.
        """
        if not argument_names(network):
            return network
        # A functional model casts its inputs: integers to floats is harmless,
        # but floats to integers would cut off the fractions.
        symbols = self._of_types(network, [_TYPES[::-1]] * len(self.each[1:]))
        inputs = [
            keras.Input(batch_shape=s.shape, dtype=s.dtype, name=one.name)
            for s, one in zip(symbols, self.each, strict=True)
        ]
        args, named = call_arguments(network, inputs)
        return keras.Model(inputs, network(*args, **named), name=network.name)

    def dtypes(self, network: keras.Model) -> list[str]:
        """Returns the dtypes of all inputs, in order."""
        symbols = self.symbols(network)
        if self._form is dict:
            symbols = [symbols[one.name] for one in self.each]
        return [symbol.dtype for symbol in keras.tree.flatten(symbols)]

    def outputs(self, network: keras.Model) -> Any:
        """Returns the network's output as symbolic tensors."""
        return _output_spec(network, self.symbols(network))

    def _of_types(self, network, choices):
        """Returns symbolic tensors of the first dtypes that a network takes.

        Args:
            network: The network.
            choices: For each condition, the dtypes in the order to try.
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
            except Exception as error:  # Frameworks raise different errors.
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
        argument: The user's argument for the network.

    Raises:
        ValueError: If the shape of an input is unknown.
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
