"""Assigns the trials of a study to the points of a search.

Optuna numbers the trials of a study, and every storage gives out each number
once, for any number of processes. A trial's *slot* in the search follows from
its number and the trials before it, so processes need no other agreement.
Slot 0 is the baseline, and each later slot is a point. A trial whose process
was killed is repeated as another trial of the same slot.
"""

import datetime
import os
import socket
import warnings
from typing import Any

from keras_regan.search._optuna import optuna

_RETRY = "retry"
FAILURE = "failure"
WORKER = "worker"
SURPLUS = "another process had begun this point"
_SECONDS_TO_BEGIN = 30


class TrialFailed(Exception):
    """Raised when a trial has no value; the message is the reason."""


def slots_of(trials: list[Any]) -> dict[int, int]:
    """Returns the slot of each trial by the trial's number."""
    slots, fresh = {}, 0
    for trial in sorted(trials, key=lambda trial: trial.number):
        if _RETRY in trial.user_attrs:
            slots[trial.number] = trial.user_attrs[_RETRY]
        else:
            slots[trial.number] = fresh
            fresh += 1
    return slots


def fresh_slots(trials: list[Any]) -> int:
    """Returns how many slots have been given out."""
    return sum(_RETRY not in trial.user_attrs for trial in trials)


def is_lost(trial: Any) -> bool:
    """Tells whether a trial ended without a result and without a reason."""
    failed = trial.state == optuna().trial.TrialState.FAIL
    return failed and FAILURE not in trial.user_attrs


def counts(trial: Any) -> bool:
    """Tells whether a trial gives, or will give, the result of its slot."""
    return not is_lost(trial) and trial.user_attrs.get(FAILURE) != SURPLUS


def claim(trial: Any, most: int) -> int:
    """Returns the slot of a trial that has just begun.

    Two processes can begin the last trial, or repeat a trial, at the same
    time. Then the trial with the lower number counts.

    Args:
        trial: A running trial of Optuna.
        most: Number of slots.

    Raises:
        TrialFailed: If another trial already has the slot.
    """
    trials = trial.study.get_trials(deepcopy=False)
    slots = slots_of(trials)
    slot = slots[trial.number]
    others = (t for t in trials if slots[t.number] == slot)
    if slot >= most or any(
        other.number < trial.number and counts(other) for other in others
    ):
        raise TrialFailed(SURPLUS)
    return slot


def is_left(study: Any, most: int) -> bool:
    """Tells whether there is a slot to try or to repeat."""
    trials = study.get_trials(deepcopy=False)
    waiting = optuna().trial.TrialState.WAITING
    return fresh_slots(trials) < most or any(
        trial.state == waiting for trial in trials
    )


def try_again(study: Any, trial: Any) -> None:
    """Puts the slot of a lost trial in the queue, with the same factors."""
    slot = slots_of(study.get_trials(deepcopy=False))[trial.number]
    study.enqueue_trial(dict(trial.params), user_attrs={_RETRY: slot})


def recover(study: Any) -> None:
    """Puts all lost trials in the queue."""
    states = optuna().trial.TrialState
    with warnings.catch_warnings():
        experimental = optuna().exceptions.ExperimentalWarning
        warnings.simplefilter("ignore", experimental)
        # Trials of other machines fail by their heartbeats, if the storage
        # has heartbeats.
        optuna().storages.fail_stale_trials(study)
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        if _has_died(trial):
            # Another process may have done it already.
            study.tell(trial.number, state=states.FAIL, skip_if_finished=True)
    trials = study.get_trials(deepcopy=False)
    slots = slots_of(trials)
    alive = {slots[t.number] for t in trials if counts(t)}
    for trial in trials:
        if is_lost(trial) and slots[trial.number] not in alive:
            try_again(study, trial)
            alive.add(slots[trial.number])


def is_unclaimed(study: Any) -> bool:
    """Tells whether a running trial has not named its process yet."""
    running = (optuna().trial.TrialState.RUNNING,)
    trials = study.get_trials(deepcopy=False, states=running)
    return any(WORKER not in trial.user_attrs for trial in trials)


def this_worker() -> list[Any]:
    """Returns values that identify this process on any machine."""
    return [socket.gethostname(), os.getpid(), _started(os.getpid())]


def _has_died(trial: Any) -> bool:
    """Tells whether a trial's process on this machine has ended.

    It says nothing about other machines; a database has heartbeats for them.
    """
    if WORKER not in trial.user_attrs:
        age = datetime.datetime.now() - trial.datetime_start
        return age.total_seconds() > _SECONDS_TO_BEGIN
    host, process, started = trial.user_attrs[WORKER]
    if host != socket.gethostname():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _started(process) != started


def _started(process: int) -> str | None:
    """Returns when a process began, because process numbers are reused."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    # A zombie has ended, but its parent has not collected it yet.
    return None if fields[0] == b"Z" else fields[19].decode()
