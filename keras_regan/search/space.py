"""The space of factors of a search."""

import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_regan._validation import is_float32
from keras_regan._validation import is_real_number
from keras_regan._validation import message
from keras_regan._validation import positive_float

Factors = dict[str, float]


class LogUniform:
    """A range in which all decades are equally likely.

    Args:
        low: Positive float. The lower end.
        high: Float above `low`. The upper end.

    Raises:
        TypeError: If one of them is not a number.
        ValueError: If `low` is not positive, or not below `high`. Zero has no
            logarithm; the baseline of a search tries it.

    Example:
    >>> keras_regan.search.LogUniform(1e-4, 1.0)
    LogUniform(0.0001, 1.0)
    """

    def __init__(self, low: float, high: float):
        self.low = positive_float(low, "low")
        self.high = positive_float(high, "high")
        if self.low >= self.high:
            raise ValueError(message("high", f"a float above {low}", high))

    def __repr__(self) -> str:
        return f"LogUniform({self.low!r}, {self.high!r})"


Space = dict[str, "LogUniform | tuple[float, ...]"]


def checked_space(space: Mapping[str, LogUniform | Sequence[float]]) -> Space:
    """Returns a search space whose entries are ranges or tuples of floats.

    Raises:
        TypeError: If it is not a mapping of ranges and lists of numbers.
        ValueError: If it or a list is empty, or if a list has a number twice
            or one that is not finite.
    """
    expected = (
        "a dictionary from names of factors to `LogUniform(low, high)` or "
        "lists of numbers"
    )
    if not isinstance(space, Mapping):
        raise TypeError(message("space", expected, space))
    if not space:
        raise ValueError(message("space", f"{expected}, not empty", space))
    for name in space:
        if not isinstance(name, str) or not name:
            raise TypeError(message("space", expected, space))
    return {name: _checked_entry(name, space[name]) for name in space}


def _checked_entry(name: str, entry: Any) -> "LogUniform | tuple[float, ...]":
    if isinstance(entry, LogUniform):
        return entry
    argument = f"space[{name!r}]"
    expected = "`LogUniform(low, high)` or a list of different finite numbers"
    if isinstance(entry, np.ndarray):
        entry = entry.tolist()
    if not isinstance(entry, list | tuple) or not all(
        is_real_number(value) for value in entry
    ):
        raise TypeError(message(argument, expected, entry))
    values = tuple(float(value) for value in entry)
    if (
        not values
        or len(set(values)) < len(values)
        or not all(is_float32(value) for value in values)
    ):
        raise ValueError(message(argument, expected, entry))
    return values


def described(space: Space) -> dict[str, Any]:
    """Returns a space in a form that JSON can hold."""
    return {
        name: {"low": entry.low, "high": entry.high}
        if isinstance(entry, LogUniform)
        else list(entry)
        for name, entry in space.items()
    }


def is_grid(space: Space) -> bool:
    """Tells whether all factors have explicit values."""
    return all(isinstance(entry, tuple) for entry in space.values())


def points_of_grid(space: Space) -> list[Factors]:
    """Returns all combinations of explicit values."""
    entries = [entry for entry in space.values() if isinstance(entry, tuple)]
    return [
        dict(zip(space, values, strict=True))
        for values in itertools.product(*entries)
    ]


def draw(trial: Any, space: Space) -> Factors:
    """Draws the factors of a trial of Optuna."""
    return {
        name: trial.suggest_float(name, entry.low, entry.high, log=True)
        if isinstance(entry, LogUniform)
        else trial.suggest_categorical(name, entry)
        for name, entry in space.items()
    }
