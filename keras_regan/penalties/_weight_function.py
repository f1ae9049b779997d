"""Plain functions of one weight, as Keras takes them for regularizers."""

import inspect
from collections.abc import Callable
from typing import Any
from typing import TypeAlias

from keras_regan._typing import Tensor

WeightFunction: TypeAlias = Callable[[Tensor], Tensor]


def is_weight_function(value: Any) -> bool:
    """Tells whether a value is a function that can be called with a weight."""
    return inspect.isfunction(value) and _takes_one_argument(value)


def has_name(function: WeightFunction) -> bool:
    """Tells whether the logs can show a function under its own name."""
    return function.__name__ != "<lambda>"


def described(value: Any) -> str:
    """Returns what an error shows of a value that is no such function."""
    if inspect.isfunction(value):
        return f"the function `{value.__name__}{inspect.signature(value)}`"
    return f"{value!r} (of type {type(value).__name__})"


def _takes_one_argument(function):
    try:
        inspect.signature(function).bind("weight")
    except TypeError:
        return False
    return True
