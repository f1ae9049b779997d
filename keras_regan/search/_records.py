"""Reads the trials of a study of Optuna."""

import math
from typing import Any

from keras_regan.search import _trial_slots
from keras_regan.search._optuna import optuna
from keras_regan.search.trial_record import TrialRecord


def records_of(study: Any) -> list[TrialRecord]:
    """Returns the trial that counts for each slot, in order of slots."""
    trials = study.get_trials(deepcopy=False)
    numbers = _trial_slots.slots_of(trials)
    records: dict[int, TrialRecord] = {}
    for trial in trials:
        # A trial without factors has just begun, here or in another process.
        if not _trial_slots.counts(trial) or "factors" not in trial.user_attrs:
            continue
        slot = numbers[trial.number]
        records.setdefault(slot, _record(slot, trial))
    return [records[slot] for slot in sorted(records)]


def _record(slot: int, trial: Any) -> TrialRecord:
    states = optuna().trial.TrialState
    words = {
        states.COMPLETE: "complete",
        states.PRUNED: "pruned",
        states.FAIL: "failed",
    }
    attributes = trial.user_attrs
    return TrialRecord(
        slot,
        dict(attributes["factors"]),
        words.get(trial.state, "running"),
        [tuple(values) for values in attributes.get("values", [])],
        attributes.get(_trial_slots.FAILURE),
        attributes.get("seconds", math.nan),
    )
