"""Conditions as rows of numbers, or as keys to compare."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Tensor

# Elements of a row of `condition_keys`.
KEY_SIZE = 2
# The bits of a whole number that float32 can hold.
_KEY_BITS = 0xFFFFFF
# The factor of a hash of integers, in which each bit depends on all bits.
_MULTIPLIER = 0x45D9F3B


def condition_keys(conditions: Any) -> Tensor:
    """Returns rows that are equal if and only if the conditions are.

    A row holds 48 bits in all, as whole numbers in float32: one pair in 10^14
    of different conditions has the same row by chance. The conditions
    themselves may be too large to keep, such as images.
    """
    numbers = ops.concatenate(
        [_whole_numbers(part) for part in keras.tree.flatten(conditions)],
        axis=1,
    )
    places = ops.arange(ops.shape(numbers)[1], dtype="int32")
    sums = [
        ops.sum(_mixed(numbers + _mixed(KEY_SIZE * places + which)), axis=1)
        for which in range(KEY_SIZE)
    ]
    keys = ops.stack([_mixed(total) for total in sums], axis=1)
    return ops.cast(ops.bitwise_and(keys, _KEY_BITS), "float32")


def condition_size(conditions: Any, num_classes: int | None) -> int:
    """Returns how many elements a row of `condition_rows` has.

    Raises:
        ValueError: If conditions have no fixed length.
    """
    size = 0
    for part in keras.tree.flatten(conditions):
        shape = tuple(part.shape)[1:]
        if None in shape:
            raise ValueError(
                "Invalid value for argument `conditions`. Expected rows of "
                "one length, or `condition_features`, a network that makes "
                f"vectors of them. Received: shape {tuple(part.shape)}"
            )
        if num_classes is not None and is_class_label(part):
            size += num_classes
        else:
            size += math.prod(shape)
    return size


def condition_rows(conditions: Any, num_classes: int | None) -> Tensor:
    """Returns conditions as rows: class labels one-hot, others flattened.

    A label that is not a class gives a row of NaN.
    """
    return ops.concatenate(
        [
            _one_hot(part, num_classes)
            if is_class_label(part)
            else ops.cast(_flat(part), "float32")
            for part in keras.tree.flatten(conditions)
        ],
        axis=1,
    )


def is_class_label(part: Any) -> bool:
    """Whether a condition is one integer per sample."""
    dtype = keras.backend.standardize_dtype(part.dtype)
    return "int" in dtype and all(size == 1 for size in tuple(part.shape)[1:])


def _one_hot(labels, num_classes):
    labels = ops.cast(_flat(labels), "int32")
    is_class = ops.logical_and(labels >= 0, labels < num_classes)
    rows = ops.one_hot(labels[:, 0], num_classes, dtype="float32")
    return ops.where(is_class, rows, np.float32("nan"))


def _flat(part):
    part = ops.convert_to_tensor(part)
    shape = tuple(part.shape)[1:]
    if None in shape:
        return ops.reshape(part, (ops.shape(part)[0], -1))
    return ops.reshape(part, (-1, math.prod(shape)))


def _whole_numbers(part):
    """Returns int32 numbers that are equal where the elements are."""
    rows = _flat(part)
    if "float" not in keras.backend.standardize_dtype(rows.dtype):
        return ops.cast(rows, "int32")
    rows = ops.cast(rows, "float32")
    # 0.0 and -0.0 are equal, but their bits are not.
    rows = ops.where(ops.equal(rows, 0.0), 0.0, rows)
    # TensorFlow needs to know the size of the last axis.
    return ops.view(rows[..., None], "int32")[..., 0]


def _mixed(numbers):
    for _ in range(2):
        shifted = ops.right_shift(numbers, 16)
        numbers = ops.bitwise_xor(numbers, shifted) * _MULTIPLIER
    return ops.bitwise_xor(numbers, ops.right_shift(numbers, 16))
