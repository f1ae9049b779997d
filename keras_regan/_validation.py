"""Checks of arguments, with the same form of message for all of them."""

import math
import numbers
from collections.abc import Collection
from typing import Any

_LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127


def message(argument: str, expected: str, received: Any) -> str:
    """Returns the text of an error about the value of an argument."""
    return (
        f"Invalid value for argument `{argument}`. Expected {expected}. "
        f"Received: {argument}={received!r}"
    )


def is_real_number(value: Any) -> bool:
    """Tells whether a value is a number, and neither a bool nor a tensor."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Tells whether a real number is finite as a float."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_float32(value: Any) -> bool:
    """Tells whether a real number is in the range of float32.

    A larger number would be infinite in a network, or a backend would raise.
    """
    return is_finite(value) and abs(float(value)) <= _LARGEST_FLOAT32


def non_negative_float(value: Any, argument: str) -> float:
    """Returns `value` as a float if it is finite and not negative."""
    expected = "a non-negative float"
    if not is_real_number(value):
        raise TypeError(message(argument, expected, value))
    if not is_float32(value) or value < 0:
        raise ValueError(message(argument, expected, value))
    return float(value)


def positive_float(value: Any, argument: str) -> float:
    """Returns `value` as a float if it is finite and positive."""
    expected = "a positive float"
    if not is_real_number(value):
        raise TypeError(message(argument, expected, value))
    if not is_float32(value) or value <= 0:
        raise ValueError(message(argument, expected, value))
    return float(value)


def float_below_one(value: Any, argument: str) -> float:
    """Returns `value` as a float if it is in the interval [0, 1)."""
    expected = "a float in the interval [0, 1)"
    if not is_real_number(value):
        raise TypeError(message(argument, expected, value))
    if not 0 <= value < 1:
        raise ValueError(message(argument, expected, value))
    return float(value)


def unit_float(value: Any, argument: str) -> float:
    """Returns `value` as a float if it is in the interval [0, 1]."""
    expected = "a float in the interval [0, 1]"
    if not is_real_number(value):
        raise TypeError(message(argument, expected, value))
    if not 0 <= value <= 1:
        raise ValueError(message(argument, expected, value))
    return float(value)


def positive_integer(value: Any, argument: str) -> int:
    """Returns `value` as an int if it is from 1 to 2147483647."""
    expected = "a positive integer"
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(message(argument, expected, value))
    if not 1 <= int(value) < 2**31:  # Steps are counted in int32.
        raise ValueError(message(argument, expected, value))
    return int(value)


def non_negative_integer(value: Any, argument: str) -> int:
    """Returns `value` as an int if it is a whole number of 0 or more."""
    expected = "a non-negative integer"
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(message(argument, expected, value))
    if value < 0:
        raise ValueError(message(argument, expected, value))
    return int(value)


def boolean(value: Any, argument: str) -> bool:
    """Returns `value` if it is a bool."""
    if not isinstance(value, bool):
        raise TypeError(message(argument, "a boolean", value))
    return value


def one_of(value: Any, argument: str, allowed: Collection[str]) -> str:
    """Returns `value` if it is one of the allowed strings."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(message(argument, f"one of {sorted(allowed)}", value))
    return value


def random_seed(value: Any, argument: str = "seed") -> int:
    """Returns `value` as an int if every backend can be seeded with it."""
    expected = "an integer from 0 to 2147483644"
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(message(argument, expected, value))
    if not 0 <= int(value) < 2**31 - 3:
        raise ValueError(message(argument, expected, value))
    return int(value)


def log_name(value: Any, argument: str = "name") -> str:
    """Returns `value` if it can be a key in the logs."""
    if not isinstance(value, str):
        raise TypeError(message(argument, "a string", value))
    if not value or any(character.isspace() for character in value):
        raise ValueError(
            message(argument, "a non-empty string without spaces", value)
        )
    return value
