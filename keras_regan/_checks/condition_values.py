"""Checks of the values of a condition."""

from typing import Any

import numpy as np
from keras import ops

from keras_regan._dtypes import dtype_name
from keras_regan._typing import Shape

_NUMBERS = ("bool", "int", "uint", "float", "bfloat")


def check_numbers(part: Any, what: str, takes_floats: bool) -> None:
    """Raises a `TypeError` unless a condition is an array of numbers.

    Args:
        part: The condition of a batch.
        what: The name of the condition in an error.
        takes_floats: Whether the generator takes floats for it.
    """
    if not hasattr(part, "shape"):
        raise TypeError(
            f"Invalid value for the {what} in `conditions` or `y`. Expected an "
            f"array or tensor. Received: an object of type "
            f"{type(part).__name__}"
        )
    dtype = dtype_name(part)
    if not dtype.startswith(_NUMBERS):
        advice = ""
        if dtype.startswith(("str", "<U", "|S", "object")):
            advice = (
                "; for texts, the output of `keras.layers.TextVectorization`"
            )
        raise TypeError(
            f"Invalid value for the {what} in `conditions` or `y`. Expected an "
            f"array of numbers{advice}. Received: dtype {dtype}"
        )
    if dtype == "uint8" and takes_floats and len(part.shape) >= 4:
        raise TypeError(
            f"Invalid value for the {what} in `conditions` or `y`. Expected "
            "floats, such as `images.astype('float32') / 127.5 - 1` for images "
            "with values from 0 to 255. Received: dtype uint8"
        )


def as_number_array(part: Any) -> np.ndarray:
    """Returns one condition, or those of a batch, as a NumPy array.

    Raises:
        TypeError: If they are not numbers.
    """
    try:
        array = ops.convert_to_numpy(part)
    except (TypeError, ValueError):  # Rows of different lengths.
        array = np.array(None)
    if array.dtype.kind not in "biufV":
        if array.dtype.kind in "US":
            check_numbers(array, "conditions", False)
        raise TypeError(
            "Invalid value for argument `conditions`. Expected an array of "
            f"numbers. Received: conditions={part!r}"
        )
    return array


def fits(shape: Shape, right: Shape) -> bool:
    """Tells whether two shapes can belong to the same tensor."""
    return len(shape) == len(right) and all(
        a is None or b is None or a == b
        for a, b in zip(shape, right, strict=True)
    )
