"""Checks of the arguments that callbacks for pictures share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_regan import _validation
from keras_regan.callbacks._animation import can_write


def class_labels(labels: Any) -> tuple[int, ...]:
    """Returns labels as a tuple of integers."""
    expected = "a sequence of non-negative integers"
    if (
        isinstance(labels, str | bytes)
        or not isinstance(labels, Sequence | np.ndarray)
        or np.shape(labels) == ()
    ):
        raise TypeError(_validation.message("labels", expected, labels))
    labels = tuple(_integer(label, "labels") for label in labels)
    if not labels or min(labels) < 0:
        raise ValueError(_validation.message("labels", expected, labels))
    return labels


def at_least_one_each(count: int, argument: str, labels: tuple) -> int:
    """Returns a number of images if it suffices for all labels."""
    if len(labels) > count:
        raise ValueError(
            _validation.message(
                argument, f"one image or more for {len(labels)} labels", count
            )
        )
    return count


def increasing(values: Any, argument: str) -> tuple[float, float]:
    """Returns two floats of which the second is larger."""
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


def check_labels_of_model(labels: tuple | None, conditional: bool) -> None:
    """Refuses labels of an unconditional model, and none of a conditional."""
    if conditional and labels is None:
        raise ValueError(
            _validation.message(
                "labels", "class ids, for the model is conditional", None
            )
        )
    if labels is not None and not conditional:
        raise ValueError(
            _validation.message(
                "labels", "`None`, for the model is not conditional", labels
            )
        )


def _integer(value: Any, argument: str) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(_validation.message(argument, "an integer", value))
    return int(value)
