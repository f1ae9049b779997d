"""Networks that take conditions as further arguments of their `call`.

All other modules treat the inputs of a network as one object, which may be a
list. The inputs of these networks are a list too, until the network is called.
"""

import inspect
from typing import Any

import keras

from keras_regan._backend.keras_internals import layers

# Arguments that Keras itself passes to a `call`.
_OF_KERAS = ("training", "mask")


def argument_names(network: keras.Model) -> list[str]:
    """Returns the names of a network's inputs if they are separate arguments.

    They are if the network was built with a shape for each of several
    arguments. An empty list means that the inputs are one argument.
    """
    if layers.structure_of_inputs(network) is not None:
        return []
    shapes = layers.shapes_of_arguments(network)
    return [p.name for p in _parameters(network) if p.name in shapes]


def call_arguments(
    network: keras.Model, inputs: Any
) -> tuple[list[Any], dict[str, Any]]:
    """Returns the arguments of a network's call, by position and by name.

    Args:
        network: The network.
        inputs: Its inputs as one object: a list if it takes several.
    """
    names = argument_names(network)
    if not names:
        return [inputs], {}
    first, *others = inputs
    return [first], dict(zip(names[1:], others, strict=True))


def check_arguments_known(
    network: keras.Model, argument: str, optional: bool = False
) -> None:
    """Raises a `ValueError` if a network has arguments of unknown shape.

    By default Keras keeps the shape of the first argument only.

    Args:
        network: Built Keras model.
        argument: The user's argument for the network.
        optional: Whether arguments that may be `None` count. Defaults to
            `False`.
    """
    if layers.structure_of_inputs(network) is not None:
        return
    parameters = _parameters(network)
    defaults = (inspect.Parameter.empty, *([None] if optional else []))
    needed = [p.name for p in parameters[1:] if p.default in defaults]
    shapes = layers.shapes_of_arguments(network)
    nested = [name for name, shape in shapes.items() if _is_nested(shape)]
    if all(name in shapes for name in needed) and not nested:
        return
    names = [*(p.name for p in parameters[:1]), *needed]
    wanted = ", ".join(f"{name}_shape" for name in names)
    listed = ", ".join(f"'{name}_shape': (None, ...)" for name in names)
    called = ", ".join(names)
    raise ValueError(
        f"Invalid value for argument `{argument}`. Expected a model with the "
        "shape of each argument of its `call`, one tensor each: define a "
        f"method `build(self, {wanted})` that builds its layers, or a "
        "`get_build_config(self)` that returns {'shapes_dict': {"
        f"{listed}}}}}. Keras needs them to load it. Or pass a functional "
        f"model around it, `keras.Model([{called}], network({called}))` with a "
        "`keras.Input` for each. Received: "
        f"`{type(network).__name__}.call{inspect.signature(network.call)}`, "
        f"built with {network.get_build_config()}"
    )


def _parameters(network: keras.Model) -> list[inspect.Parameter]:
    parameters = inspect.signature(network.call).parameters.values()
    return [
        p
        for p in parameters
        if p.name not in _OF_KERAS
        and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _is_nested(shape: Any) -> bool:
    return not all(size is None or isinstance(size, int) for size in shape)
