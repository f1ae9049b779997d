"""The recommendation of a search in words, with its uncertainty."""

import math

import numpy as np

from keras_regan.search.objective import Objective
from keras_regan.search.trial_record import TrialRecord
from keras_regan.search.trial_record import standard_error

# Student's t at 97.5 %, for 1, 2, ... degrees of freedom.
_STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)


def recommendation(
    trials: list[TrialRecord],
    best: TrialRecord,
    baseline: TrialRecord | None,
    objective: Objective,
) -> str:
    """Returns the best factors, their score and their gain in words.

    Args:
        trials: All trials, complete or not.
        best: The winning trial.
        baseline: The trial without regularization, if it is complete.
        objective: The first objective.
    """
    text = _use(trials, best, objective)
    if baseline is None:
        return f"{text}, with no baseline to compare with."
    if best.number == baseline.number:
        return f"{text}. No trial was better than without regularization."
    return (
        f"{text}, against {_value(baseline)} without regularization: "
        f"{_gain(best, baseline, objective.sign)}"
    )


def _use(
    trials: list[TrialRecord], best: TrialRecord, objective: Objective
) -> str:
    factors = ", ".join(f"{k} = {v:.3g}" for k, v in best.factors.items())
    trained = len(best.values)
    complete = sum(trial.state == "complete" for trial in trials)
    return (
        f"Use {factors}: {objective.name} {_value(best)} "
        f"({trained} training{'s' * (trained != 1)}, "
        f"{complete} of {len(trials)} trials complete)"
    )


def _gain(best: TrialRecord, baseline: TrialRecord, sign: float) -> str:
    """Returns the gain over the baseline and whether it may be chance."""
    gains = [
        sign * (without[0] - with_[0])
        for without, with_ in zip(baseline.values, best.values, strict=True)
    ]
    gain, error = float(np.mean(gains)), standard_error(gains)
    text = f"{'better' if gain >= 0 else 'worse'} by {abs(gain):.3g}"
    if not math.isfinite(error):
        return f"{text}. One training cannot tell this from chance."
    text += f" +- {error:.2g}"
    if gain < error * _student(len(gains) - 1):
        return f"{text}, which chance alone may give."
    return f"{text}."


def _student(degrees: int) -> float:
    """Returns the multiple of a mean's error for 95 % confidence."""
    return _STUDENT[min(degrees, len(_STUDENT)) - 1]


def _value(trial: TrialRecord) -> str:
    error = trial.standard_error()
    text = f"{trial.mean():.4g}"
    return text if not math.isfinite(error) else f"{text} +- {error:.2g}"
