"""Chooses the real samples that a monitor compares with."""

from typing import Any

import keras
import numpy as np

from keras_regan._checks import batches
from keras_regan._checks.conditions import as_arrays
from keras_regan._checks.conditions import at_rows
from keras_regan.callbacks._vital_signs import all_finite

# A single batch size is compiled once and needs no more memory than training.
_COUNT = 32
_LEAST_COUNT = 8
_OF_ONE_CONDITION = 8


def samples_and_conditions(real: Any) -> tuple[np.ndarray, Any]:
    """Returns samples and their conditions as arrays.

    Raises:
        TypeError: If they are not arrays of numbers.
        ValueError: If there are too few samples, if a value is not finite, or
            if there are not as many conditions as samples.
    """
    samples, conditions = batches.split(real)
    samples = _array(samples, "samples")
    if len(samples) < _LEAST_COUNT:
        raise ValueError(
            "Invalid value for argument `real`. Expected 8 samples or more, "
            f"better 32. Received: {len(samples)}"
        )
    if conditions is None:
        return samples, None
    conditions = as_arrays(conditions, None)
    what = "conditions" if _are_several(conditions) else "labels"
    conditions = keras.tree.map_structure(
        lambda part: _array(part, what), conditions
    )
    for part in keras.tree.flatten(conditions):
        if len(part) != len(samples):
            raise ValueError(
                f"Invalid value for argument `real`. Expected as many {what} "
                f"as samples. Received: {len(samples)} samples and "
                f"{len(part)} {what}"
            )
    return samples, conditions


def _are_several(conditions: Any) -> bool:
    return isinstance(conditions, dict | tuple) or np.ndim(conditions) > 2


def _array(values: Any, name: str) -> np.ndarray:
    try:
        array = keras.ops.convert_to_numpy(values)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind not in "biuf" or not array.ndim:
        raise TypeError(
            f"Invalid value for argument `real`. Expected {name} as an array "
            f"of numbers. Received: {type(values).__name__}"
        )
    if not all_finite(array):
        raise ValueError(
            "Invalid value for argument `real`. Expected finite values. "
            "Received: NaN or infinity"
        )
    return array


def chosen(
    samples: np.ndarray, conditions: Any, seed: int
) -> tuple[np.ndarray, Any]:
    """Returns 32 random samples: 8 of each of 4 conditions that repeat.

    A condition with fewer samples is skipped.
    """
    order = np.random.default_rng(seed).permutation(len(samples))
    if conditions is None:
        return samples[order[:_COUNT]], None
    classes = classes_of(conditions, len(samples))[order]
    # The number of each sample within its class; classes are in the order of
    # their first samples.
    _, first, number = np.unique(
        classes, return_index=True, return_inverse=True
    )
    turn = first[number]
    together = np.argsort(turn, kind="stable")
    sorted_turn = turn[together]
    rank = np.empty_like(order)
    rank[together] = np.arange(len(order)) - np.searchsorted(
        sorted_turn, sorted_turn
    )
    order = order[np.lexsort((rank, turn, rank >= _OF_ONE_CONDITION))]
    order = order[:_COUNT]
    return samples[order], at_rows(conditions, order)


def classes_of(conditions: Any, count: int) -> np.ndarray:
    """Returns integers that are equal where all conditions are equal."""
    if conditions is None:
        return np.zeros(count, int)
    parts = [
        np.ascontiguousarray(part) for part in keras.tree.flatten(conditions)
    ]
    known: dict[bytes, int] = {}
    return np.array(
        [
            known.setdefault(
                b"".join(part[row].tobytes() for part in parts), len(known)
            )
            for row in range(count)
        ]
    )
