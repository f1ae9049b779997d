"""The trainings of a trial."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_regan.models import RegularizedGAN
from keras_regan.search._held_out import Run
from keras_regan.search._optuna import optuna
from keras_regan.search._preflight import not_in_logs
from keras_regan.search._trial_slots import TrialFailed
from keras_regan.search._trial_watch import TrialWatch
from keras_regan.search._trial_watch import collapse_of
from keras_regan.search.objective import Objective
from keras_regan.search.space import Factors

# These errors do not depend on the factors; every trial would raise them.
_MISTAKES = (
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    TypeError,
)


class Trainings:
    """Trains with the same factors for each seed and each fold.

    Args:
        build: Function from factors to a compiled GAN.
        runs: The trainings of each trial.
        objectives: The objectives to read from the logs.
        callbacks: Function that returns new callbacks, or `None`.
        fit_arguments: Further arguments of `fit`, including `epochs`.
    """

    def __init__(
        self,
        build: Callable[[Factors], RegularizedGAN],
        runs: list[Run],
        objectives: tuple[Objective, ...],
        callbacks: Callable[[], list[Any]] | None,
        fit_arguments: dict[str, Any],
    ):
        self._build = build
        self._runs = runs
        self._objectives = objectives
        self._callbacks = callbacks
        self._fit_arguments = fit_arguments

    def values_of(self, trial: Any, factors: Factors) -> tuple[float, ...]:
        """Returns the means of the objectives, and records each value.

        Args:
            trial: A running trial of Optuna.
            factors: The factors to try.

        Raises:
            TrialFailed: If one of the trainings gives no value.
            TrialPruned: If the pruner ends the trial.
        """
        began = time.perf_counter()
        values: list[tuple[float, ...]] = []
        try:
            for run in self._runs:
                values.append(self._value_of(trial, factors, run, values))
                trial.set_user_attr("values", values)
        finally:
            trial.set_user_attr("seconds", time.perf_counter() - began)
        return tuple(float(mean) for mean in np.mean(values, axis=0))

    def train(self, factors: Factors, run: Run) -> RegularizedGAN:
        """Trains once and returns the GAN."""
        return self._fit(factors, run, self._new_callbacks())[0]

    def _value_of(self, trial, factors, run, values):
        watch = TrialWatch(self._reporter(trial, values))
        callbacks = self._new_callbacks()
        try:
            _, history = self._fit(factors, run, [*callbacks, watch])
        except _MISTAKES:
            raise
        # Any other error concerns this trial alone, and the search goes on.
        except Exception as error:
            raise TrialFailed(f"{type(error).__name__}: {error}") from error
        if watch.is_pruned:
            raise optuna().TrialPruned
        failure = watch.failure or collapse_of(
            callbacks, self._fit_arguments["epochs"], len(history.epoch)
        )
        if failure is not None:
            raise TrialFailed(failure)
        return tuple(
            self._read(entry, watch.logs) for entry in self._objectives
        )

    @staticmethod
    def _read(objective, logs):
        if objective.name not in logs:
            raise not_in_logs(objective, logs)
        value = logs[objective.name]
        if not math.isfinite(value):
            raise TrialFailed(f"{objective.name} was {value} at the end")
        return value

    def _reporter(self, trial, values):
        """Returns a function that reports an epoch and asks whether to stop."""
        first = len(values) * self._fit_arguments["epochs"]

        def report(epoch: int, logs: dict[str, float]) -> bool:
            current = logs.get(self._objectives[0].name, math.nan)
            if len(self._objectives) > 1 or not math.isfinite(current):
                return False  # Optuna prunes by a single objective only.
            # The pruner compares with other trials at the same epoch and run.
            mean = np.mean([*(value[0] for value in values), current])
            trial.report(float(mean), first + epoch)
            return trial.should_prune()

        return report

    def _fit(
        self, factors: Factors, run: Run, callbacks: list[Any]
    ) -> tuple[RegularizedGAN, Any]:
        keras.utils.set_random_seed(run.seed)
        gan = self._build(dict(factors))
        (x, y), validation = run.data()
        history = gan.fit(
            x,
            y,
            validation_data=validation,
            callbacks=callbacks,
            verbose=0,
            **self._fit_arguments,
        )
        return gan, history

    def _new_callbacks(self):
        return [] if self._callbacks is None else self._callbacks()
