"""Reads what a study of Optuna holds."""

import math
from typing import Any

from keras_regan.search import places
from keras_regan.search._optuna import optuna
from keras_regan.search.trial_record import TrialRecord


def records_of(study: Any) -> list[TrialRecord]:
    """Returns the trial that stands for each place, in order of places."""
    trials = study.get_trials(deepcopy=False)
    numbers = places.places_of(trials)
    records = {}
    for trial in trials:
        left_out = (places.SURPLUS, places.NO_BASELINE)
        if trial.user_attrs.get(places.FAILURE) in left_out:
            continue
        # What has no factors yet has just begun, here or elsewhere.
        if places.is_lost(trial) or "factors" not in trial.user_attrs:
            continue
        place = numbers[trial.number]
        records.setdefault(place, _record(place, trial))
    return [records[place] for place in sorted(records)]


def _record(place: int, trial: Any) -> TrialRecord:
    states = optuna().trial.TrialState
    words = {
        states.COMPLETE: "complete",
        states.PRUNED: "pruned",
        states.FAIL: "failed",
    }
    attributes = trial.user_attrs
    return TrialRecord(
        place,
        dict(attributes["factors"]),
        words.get(trial.state, "running"),
        [tuple(values) for values in attributes.get("values", [])],
        attributes.get(places.FAILURE),
        attributes.get("seconds", math.nan),
    )
