"""Splits the data into training and held-out data for each training."""

import zlib
from typing import Any
from typing import NamedTuple

import keras
import numpy as np

from keras_regan._checks.conditions import at_rows
from keras_regan._validation import message


class Run(NamedTuple):
    """One training of a trial.

    Attributes:
        seed: The seed of everything random.
        x: Samples.
        y: Conditions or `None`.
        validation_data: Held-out data, or `None`.
        held_out: Indices of the samples that are held out instead, or `None`.
    """

    seed: int
    x: Any
    y: Any
    validation_data: Any = None
    held_out: np.ndarray | None = None

    def data(self) -> tuple[tuple[Any, Any], Any]:
        """Returns the training data and the validation data."""
        x, y = self.x, self.y
        if self.held_out is None:
            return (x, y), self.validation_data
        kept = np.ones(len(x), bool)
        kept[self.held_out] = False
        if y is None:
            return (x[kept], None), x[~kept]
        return (x[kept], at_rows(y, kept)), (x[~kept], at_rows(y, ~kept))


def runs_of(
    x: Any, y: Any, validation_data: Any, folds: int | None, seeds: list[int]
) -> list[Run]:
    """Returns the trainings of a trial, in order.

    Args:
        x: Samples.
        y: Conditions or `None`.
        validation_data: Held-out data, if there are no folds.
        folds: Number of parts of the data, each held out once, or `None`.
        seeds: Seeds of the trainings; each is used with each fold.

    Raises:
        ValueError: If both or none of folds and validation data are given, or
            if there are more folds than samples.
    """
    if (folds is None) == (validation_data is None):
        raise ValueError(
            "Invalid value for argument `validation_data`. Expected either "
            "`validation_data` or `folds`: factors are judged on samples that "
            f"were not trained on. Received: folds={folds!r} and "
            f"validation_data of {type(validation_data).__name__}"
        )
    if folds is None:
        return [Run(seed, x, y, validation_data) for seed in seeds]
    arrays = [x, *([] if y is None else keras.tree.flatten(y))]
    if not all(isinstance(array, np.ndarray) for array in arrays):
        raise TypeError(
            "Invalid value for argument `folds`. Expected `None` if `x` or `y` "
            "is not a NumPy array: other data cannot be split. Pass "
            f"`validation_data`. Received: folds={folds} and x of "
            f"{type(x).__name__}"
        )
    if folds > len(x):
        expected = f"at most the number of samples ({len(x)})"
        raise ValueError(message("folds", expected, folds))
    # The parts must be the same in every trial and in every worker.
    order = np.random.default_rng(0).permutation(len(x))
    parts = np.array_split(order, folds)
    return [Run(seed, x, y, held_out=part) for seed in seeds for part in parts]


def fingerprint(data: Any) -> Any:
    """Returns values that identify data or a setting.

    These are the shape and a checksum of an array, numbers and strings as they
    are, and the type of everything else.
    """
    if isinstance(data, np.ndarray):
        checksum = zlib.crc32(np.ascontiguousarray(data).view(np.uint8).data)
        return [list(data.shape), str(data.dtype), checksum]
    if isinstance(data, list | tuple):
        return [fingerprint(part) for part in data]
    if isinstance(data, dict):
        return {str(key): fingerprint(part) for key, part in data.items()}
    if data is None or isinstance(data, bool | int | float | str):
        return data
    return type(data).__name__
