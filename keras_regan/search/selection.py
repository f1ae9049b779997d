"""Rules that choose the winning trial."""

import math
from collections.abc import Callable
from collections.abc import Sequence
from typing import TypeAlias

from keras_regan._representation import as_call
from keras_regan._validation import one_of
from keras_regan.search.trial_record import TrialRecord

# What chooses among trials: it is called with them, and with 1 if less of the
# objective is better, or -1.
Rule: TypeAlias = Callable[[Sequence[TrialRecord], float], TrialRecord]


class OneStandardError:
    """Chooses the simplest trial within one standard error of the best.

    Among the trials whose mean is at most one standard error of the best
    trial worse than the best one, it takes the one with the largest factors,
    or the smallest. The trials differ only by noise, so something else may
    decide. Each factor is ranked among those trials and the ranks are added
    up, because factors of different regularizers have different scales.

    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical
    Learning, 2nd edition, section 7.10, with the largest factor. Several
    factors at once are not in the book.

    Args:
        prefer: `"larger"` (the most regularized) or `"smaller"` (the least).
            Defaults to `"larger"`.

    Raises:
        ValueError: If `prefer` is neither.

    Example:
    >>> keras_regan.search.OneStandardError(prefer="smaller").prefer
    'smaller'
    """

    __repr__ = as_call

    def __init__(self, prefer: str = "larger"):
        self.prefer = one_of(prefer, "prefer", {"larger", "smaller"})

    def __call__(
        self, trials: Sequence[TrialRecord], sign: float
    ) -> TrialRecord:
        """Returns the winner.

        Args:
            trials: Complete trials, at least one.
            sign: 1 if smaller is better, -1 if larger is better.

        Raises:
            ValueError: If the best trial has no standard error.
        """
        best = min(trials, key=lambda trial: sign * trial.mean())
        error = best.standard_error()
        if not math.isfinite(error):
            raise ValueError(
                "The one-standard-error rule needs two trainings of a trial or "
                "more: give `FactorSearch` more `seeds`, or use `folds`."
            )
        limit = sign * best.mean() + error
        near = [trial for trial in trials if sign * trial.mean() <= limit]
        way = -1.0 if self.prefer == "larger" else 1.0

        def rank(trial: TrialRecord) -> float:
            return sum(
                sum(other.factors[name] < factor for other in near)
                for name, factor in trial.factors.items()
            )

        return min(near, key=lambda t: (way * rank(t), sign * t.mean()))
