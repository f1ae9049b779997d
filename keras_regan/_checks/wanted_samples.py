"""The number and the conditions of the samples that `generate` makes."""

from typing import Any
from typing import NamedTuple

import numpy as np

from keras_regan._checks.conditions import Conditions
from keras_regan._checks.conditions import as_arrays
from keras_regan._validation import message
from keras_regan._validation import positive_integer


class WantedSamples(NamedTuple):
    """The samples that `generate` makes.

    Attributes:
        count: Number of samples in all.
        conditions: List of arrays with a row for each sample, or `None`.
        shape: The leading axes of the result.
    """

    count: int  # type: ignore[assignment]  # A tuple's method.
    conditions: list[np.ndarray] | None
    shape: tuple[int, ...]


def wanted_samples(
    n: Any, conditions: Any, samples_per_condition: Any, told: Conditions | None
) -> WantedSamples:
    """Returns the samples that the arguments of `generate` ask for.

    Args:
        n: Number of samples, or of conditions.
        conditions: The user's conditions.
        samples_per_condition: Number of samples of each condition, or `None`.
        told: The conditions that the generator takes, or `None`.

    Raises:
        TypeError: If a number is not an integer, or conditions are not
            numbers.
        ValueError: If these arguments do not fit together.
    """
    if told is None:
        for argument, value in (
            ("conditions", conditions),
            ("samples_per_condition", samples_per_condition),
        ):
            if value is not None:
                raise ValueError(
                    f"Invalid value for argument `{argument}`. Expected None, "
                    "because the networks are not conditional. Received: an "
                    f"object of type {type(value).__name__}"
                )
        n = positive_integer(n, "n")
        return WantedSamples(n, None, (n,))
    if conditions is None:
        what = "label" if told.are_labels else "condition"
        count = "n" if n is None else f"n={n}"
        raise ValueError(
            message(
                "conditions",
                f"one {what}, or {count} of them, because the networks are "
                f"conditional: {told.expected}",
                None,
            )
        )
    conditions = as_arrays(conditions, told)
    n = positive_integer(told.count(conditions) if n is None else n, "n")
    rows = told.rows(n, conditions)
    if samples_per_condition is None:
        return WantedSamples(n, rows, (n,))
    each = positive_integer(samples_per_condition, "samples_per_condition")
    rows = [np.repeat(part, each, axis=0) for part in rows]
    return WantedSamples(n * each, rows, (n, each))
