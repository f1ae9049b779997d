"""Checks of the arguments that callbacks for pictures share."""

from collections.abc import Sequence
from typing import Any

from keras_regan import _validation
from keras_regan.callbacks._animation import can_write


def increasing(values: Any, argument: str) -> tuple[float, float]:
    """Returns two increasing floats."""
    expected = "a tuple of two increasing floats"
    if not isinstance(values, Sequence) or not all(
        _validation.is_real_number(value) for value in values
    ):
        raise TypeError(_validation.message(argument, expected, values))
    if (
        len(values) != 2
        or not all(map(_validation.is_finite, values))
        or not values[0] < values[1]
    ):
        raise ValueError(_validation.message(argument, expected, values))
    return float(values[0]), float(values[1])


def animation_format(animation: Any) -> str:
    """Returns the name of a format that Pillow can write."""
    _validation.one_of(animation, "animation", ("gif", "webp"))
    if not can_write(animation):
        raise ValueError(
            _validation.message(
                "animation",
                "a format that the installed Pillow can write",
                animation,
            )
        )
    return animation
