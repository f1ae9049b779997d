"""Which real samples a monitor compares with."""

from typing import Any

import keras
import numpy as np

from keras_regan._checks import batches
from keras_regan.callbacks._vital_signs import all_finite

# One batch of one size: compiled once, and in no need of more memory than
# training has.
_COUNT = 32
_LEAST_COUNT = 8
_OF_ONE_CLASS = 8


def samples_and_labels(real: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns samples and labels as arrays.

    Raises:
        TypeError: If they are no arrays of numbers.
        ValueError: If samples are few or not finite, or if there are not as
            many labels.
    """
    samples, labels = batches.split(real)
    samples = _array(samples, "samples")
    if len(samples) < _LEAST_COUNT:
        raise ValueError(
            "Invalid value for argument `real`. Expected 8 samples or more, "
            f"32 if there are. Received: {len(samples)}"
        )
    if not all_finite(samples):
        raise ValueError(
            "Invalid value for argument `real`. Expected finite values. "
            "Received: NaN or infinity"
        )
    if labels is None:
        return samples, None
    labels = _array(labels, "labels")
    if len(labels) != len(samples):
        raise ValueError(
            "Invalid value for argument `real`. Expected as many labels as "
            f"samples. Received: {len(samples)} samples and {len(labels)} "
            "labels"
        )
    return samples, labels


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
    return array


def chosen(
    samples: np.ndarray, labels: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns 32 of them at random: with labels, 8 of each of 4 classes.

    A class that has fewer makes room for another one.
    """
    order = np.random.default_rng(seed).permutation(len(samples))
    if labels is None:
        return samples[order[:_COUNT]], None
    classes = classes_of(labels, len(labels))[order]
    rank = np.empty_like(order)  # How many of the class came before.
    for label in np.unique(classes):
        of_class = classes == label
        rank[of_class] = np.arange(of_class.sum())
    first = {label: i for i, label in reversed([*enumerate(classes)])}
    turn = np.array([first[label] for label in classes])
    order = order[np.lexsort((rank, turn, rank >= _OF_ONE_CLASS))][:_COUNT]
    return samples[order], labels[order]


def classes_of(labels: np.ndarray | None, count: int) -> np.ndarray:
    """Returns integers that are the same where the labels are."""
    if labels is None:
        return np.zeros(count, int)
    rows = labels.reshape(count, -1)
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
