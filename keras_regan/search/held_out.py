"""Which data each training of a trial has, and which is held out."""

import zlib
from typing import Any
from typing import NamedTuple

import numpy as np

from keras_regan._validation import message


class Run(NamedTuple):
    """One training of a trial.

    Attributes:
        seed: What everything random is seeded with.
        fold: Number of the fold that is held out, or `None`.
        training: `(x, y)` to be trained on.
        validation: What `fit` takes as `validation_data`.
    """

    seed: int
    fold: int | None
    training: tuple[Any, Any]
    validation: Any


def runs_of(
    x: Any, y: Any, validation_data: Any, folds: int | None, seeds: list[int]
) -> list[Run]:
    """Returns the trainings of a trial, in order.

    Args:
        x: Samples.
        y: Labels or `None`.
        validation_data: Held-out data, if there are no folds.
        folds: Number of parts of the data, each held out once, or `None`.
        seeds: A training for each, with each fold.

    Raises:
        ValueError: If there are both or none of folds and validation data, or
            more folds than samples.
    """
    if (folds is None) == (validation_data is None):
        raise ValueError(
            "Invalid value for argument `validation_data`. Expected either "
            "`validation_data` or `folds`: factors are judged on samples that "
            f"were not trained on. Received: folds={folds!r} and "
            f"validation_data of {type(validation_data).__name__}"
        )
    if folds is None:
        return [Run(seed, None, (x, y), validation_data) for seed in seeds]
    if not isinstance(x, np.ndarray) or (
        y is not None and not isinstance(y, np.ndarray)
    ):
        raise TypeError(
            "Invalid value for argument `folds`. Expected `None` where `x` or "
            "`y` is no NumPy array: other data cannot be parted. Pass "
            f"`validation_data`. Received: folds={folds} and x of "
            f"{type(x).__name__}"
        )
    if folds > len(x):
        expected = f"at most the number of samples ({len(x)})"
        raise ValueError(message("folds", expected, folds))
    # The same parts in every trial and in every worker.
    order = np.random.default_rng(0).permutation(len(x))
    parts = [np.sort(part) for part in np.array_split(order, folds)]
    return [
        Run(seed, fold, _without(x, y, part), _only(x, y, part))
        for seed in seeds
        for fold, part in enumerate(parts)
    ]


def fingerprint(*data: Any) -> list[Any]:
    """Returns what tells data from other data: shapes and a checksum."""
    found = []
    for part in data:
        if isinstance(part, np.ndarray):
            checksum = zlib.crc32(np.ascontiguousarray(part).view(np.uint8))
            found.append([list(part.shape), str(part.dtype), checksum])
        elif isinstance(part, list | tuple):
            found.append(fingerprint(*part))
        else:
            found.append(type(part).__name__)
    return found


def _without(x: np.ndarray, y: Any, part: np.ndarray) -> tuple[Any, Any]:
    kept = np.ones(len(x), bool)
    kept[part] = False
    return x[kept], None if y is None else y[kept]


def _only(x: np.ndarray, y: Any, part: np.ndarray) -> Any:
    return x[part] if y is None else (x[part], y[part])
