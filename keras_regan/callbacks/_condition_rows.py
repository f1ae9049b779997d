"""Checks of the conditions that a callback gets, one row for each."""

from typing import Any

import keras
import numpy as np

from keras_regan import _validation
from keras_regan._checks.condition_values import as_number_array
from keras_regan._checks.conditions import as_arrays
from keras_regan._checks.wanted_samples import wanted_samples

_LARGEST_INT32 = 2**31 - 1


def checked_conditions(conditions: Any) -> Any:
    """Returns conditions as an array, or as a tuple or dictionary of arrays.

    It checks everything that can be checked without the model.

    Args:
        conditions: Array of rows, sequence of class labels, or a tuple or
            dictionary of arrays.

    Raises:
        TypeError: If they are not numbers, or a number instead of a sequence.
        ValueError: If there are none, if some are not finite, or if there are
            more of one kind than of another.
    """
    if isinstance(conditions, range):
        conditions = list(conditions)
    if isinstance(conditions, list | tuple) and conditions:
        if all(np.ndim(part) == 0 for part in conditions):
            conditions = np.asarray(conditions)
    several = as_arrays(conditions, None)
    if isinstance(several, dict):
        several = {key: _rows(part) for key, part in several.items()}
    elif isinstance(several, tuple):
        several = tuple(_rows(part) for part in several)
    else:
        several = _rows(several)
    counts = [len(part) for part in keras.tree.flatten(several)]
    if not counts or min(counts) < max(counts) or max(counts) == 0:
        raise ValueError(
            "Invalid value for argument `conditions`. Expected one row or "
            "more, and as many of each kind. Received: "
            f"{counts or 'none'}"
        )
    return several


def condition_count(conditions: Any) -> int:
    """Returns the number of rows of checked conditions."""
    return len(keras.tree.flatten(conditions)[0])


def rows_of(argument: str, given: Any, conditions: Any) -> int:
    """Returns the number of rows; raises if there are no conditions."""
    if conditions is None:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected None without "
            "`conditions`, from which a picture gets its rows. Received: an "
            f"object of type {type(given).__name__}"
        )
    return condition_count(conditions)


def at_least_one_each(count: int, argument: str, conditions: int) -> int:
    """Returns a number of images if it is enough for all conditions."""
    if conditions > count:
        raise ValueError(
            _validation.message(
                argument,
                f"one image or more for {conditions} conditions",
                count,
            )
        )
    return count


def conditions_of_model(
    conditions: Any, model: keras.Model
) -> list[np.ndarray] | None:
    """Returns the rows as the generator of a model takes them.

    Args:
        conditions: Checked conditions, or `None`.
        model: A `RegularizedGAN`.

    Returns:
        List of arrays in the order of the generator's inputs; `None` if it
        takes no conditions.

    Raises:
        TypeError: If the generator does not take their type.
        ValueError: If they are missing, too many or of the wrong kind.
    """
    wanted = model._interface.conditions
    count = None if conditions is None else condition_count(conditions)
    if wanted is None and conditions is None:
        return None
    rows = wanted_samples(count, conditions, None, wanted).conditions
    for condition, part in zip(
        wanted.each, wanted.parts(conditions), strict=True
    ):
        if condition.is_single(part):
            raise ValueError(
                "Invalid value for argument `conditions`. Expected a row for "
                f"each condition: {wanted.expected}. Received: an array of "
                f"shape {part.shape}"
            )
    return rows


def latents_of_model(
    model: keras.Model, count: int, seed: int, truncation: float | None = None
) -> np.ndarray | None:
    """Returns latents, or `None` for a generator that takes none."""
    return model._latents_within(truncation, count, seed)


def _rows(part: Any) -> np.ndarray:
    array = as_number_array(part)
    if array.ndim == 0:
        raise TypeError(_message("a sequence or an array", part))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(
            "Invalid value for argument `conditions`. Expected finite values. "
            "Received: NaN or infinity"
        )
    if (
        array.dtype == "int64"
        and np.abs(array).max(initial=0) <= _LARGEST_INT32
    ):
        return array.astype("int32")
    return array


def _message(expected: str, received: Any) -> str:
    return _validation.message("conditions", expected, received)
