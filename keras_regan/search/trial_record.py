"""The record of one trial of a search."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class TrialRecord(NamedTuple):
    """The outcome of one proposal of factors.

    Args:
        number: Integer. The slot in the search; 0 is the baseline, in which
            all factors are zero.
        factors: Dictionary of the factors.
        state: `"complete"`, `"failed"`, `"pruned"` or `"running"`.
        values: The values of the objectives of each training, in order of
            seeds and folds: one tuple for each training.
        failure: The reason for a failure, or `None`.
        seconds: The duration in seconds, or NaN.

    Example:
    >>> trial = keras_regan.search.TrialRecord(
    ...     1, {"soft": 0.1}, "complete", [(0.2,), (0.3,)], None, 12.0)
    >>> trial.mean()
    0.25
    """

    number: int
    factors: dict[str, float]
    state: str
    values: Sequence[Sequence[float]]
    failure: str | None
    seconds: float

    def mean(self, objective: int = 0) -> float:
        """Returns the mean of an objective over the trainings.

        Args:
            objective: Its index. Defaults to `0`.
        """
        if not self.values:
            return math.nan
        return float(np.mean([value[objective] for value in self.values]))

    def standard_error(self, objective: int = 0) -> float:
        """Returns the standard error of the mean; NaN for a single training.

        Args:
            objective: Its index. Defaults to `0`.
        """
        return standard_error([value[objective] for value in self.values])


def standard_error(values: Sequence[float]) -> float:
    """Returns the standard error of a mean, from the sample deviation."""
    if len(values) < 2:
        return math.nan
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))
