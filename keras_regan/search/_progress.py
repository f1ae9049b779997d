"""The progress display of a search."""

from typing import Any

import keras

from keras_regan.search import _trial_slots


class Progress:
    """Shows how many trials are done, and the best so far."""

    def __init__(self, study: Any, most: int, verbose: int):
        self._study = study
        self._bar = keras.utils.Progbar(
            most, verbose=verbose, unit_name="trial", stateful_metrics=["best"]
        )
        self._verbose = verbose
        self._shown = -1

    def show(self) -> None:
        """Shows the progress if it has changed."""
        if not self._verbose:
            return
        trials = self._study.get_trials(deepcopy=False)
        done = {
            slot
            for number, slot in _trial_slots.slots_of(trials).items()
            if trials[number].state.is_finished()
            and _trial_slots.counts(trials[number])
        }
        values = []
        if len(self._study.directions) == 1:
            try:
                values = [("best", self._study.best_value)]
            except ValueError:
                pass
        if len(done) > self._shown:
            self._shown = len(done)
            self._bar.update(min(len(done), self._bar.target), values)
