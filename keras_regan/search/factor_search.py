"""The search for regularization factors on held-out data."""

import math
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_regan._representation import as_call
from keras_regan._typing import PathLike
from keras_regan._validation import log_name
from keras_regan._validation import message
from keras_regan._validation import positive_integer
from keras_regan.models import RegularizedGAN
from keras_regan.search import _arguments
from keras_regan.search import _preflight
from keras_regan.search import _studies
from keras_regan.search import _trial_slots
from keras_regan.search._held_out import Run
from keras_regan.search._held_out import fingerprint
from keras_regan.search._held_out import runs_of
from keras_regan.search._optuna import optuna
from keras_regan.search._progress import Progress
from keras_regan.search._records import records_of
from keras_regan.search._trainings import Trainings
from keras_regan.search._trial_slots import TrialFailed
from keras_regan.search.objective import Objective
from keras_regan.search.objective import checked_objectives
from keras_regan.search.search_result import SearchResult
from keras_regan.search.space import Factors
from keras_regan.search.space import LogUniform
from keras_regan.search.space import checked_space
from keras_regan.search.space import described
from keras_regan.search.space import draw

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage

_SECONDS_BETWEEN_LOOKS = 0.2


class FactorSearch:
    """Chooses the factors of regularizers on held-out data.

    It trains a GAN for each proposal of factors, judges it by values in its
    validation logs, and keeps every trial in a study of Optuna. All trials
    have the same seeds, initial weights and data, so they differ only in their
    factors. Trial 0 is the baseline: all factors are zero.

    If a search is killed, start it again with the same `storage`: it continues
    where it was, and only the trials that were running are trained again, with
    the same factors. Any number of processes, on one machine or several, can
    work on one search with the same storage; no point is tried twice.

    Args:
        build: Function from a dictionary of factors to a compiled
            `RegularizedGAN`. It should leave `seed` at its default, which is
            then the trial's. A factor of zero should switch its regularizer
            off, as it does everywhere in keras_regan.
        space: Dictionary from the names of the factors to
            `LogUniform(low, high)` or a list of values.
        objective: `Objective("val_...", "min")`, or a list of them. With one,
            the search looks for its best mean; with several, for the trials
            that no other trial beats in all of them (the Pareto front).
        sampler: `"default"` (the tree-structured Parzen estimator), `"random"`,
            `"grid"` (all combinations of lists, each once) or a sampler of
            Optuna. A sampler with a fixed seed repeats its draws if a search
            is resumed. Defaults to `"default"`.
        pruner: A pruner of Optuna, such as `optuna.pruners.MedianPruner()`,
            which ends trials early that fall behind others at the same epoch
            of the same run; or `None`. Needs a single objective. Defaults to
            `None`.
        seeds: Different integers. Each trial is trained once with each, and
            judged by the mean. The first is also the seed of the proposals.
            Defaults to `(0, 1, 2)`.
        storage: Where the study is kept: the path of a journal file, a URL
            such as `"postgresql+psycopg://user@host/database"`, a storage of
            Optuna, or `None` for memory only. Defaults to `"search.journal"`,
            in the current directory.
        name: String. The study's name within the storage. Defaults to
            `"factors"`.

    Raises:
        ImportError: If Optuna is not installed.
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range, such as an empty space,
            an empty or inverted range, or a grid with ranges.

    Example:
    ```python
    ring = keras_regan.datasets.gaussian_ring()

    def build(factors):
        gan = keras_regan.RegularizedGAN(*keras_regan.networks.mlp(
            (2,), latent_dim=4, output_activation=None))
        gan.compile(
            generator_regularizers=[
                keras_regan.regularizers.PairwiseDistance(factors["soft"])],
            metrics=[keras_regan.metrics.ModeCoverage(ring)])
        return gan

    search = keras_regan.search.FactorSearch(
        build,
        {"soft": keras_regan.search.LogUniform(1e-3, 10.0)},
        keras_regan.search.Objective("val_good_samples", "max"),
        seeds=[0, 1], storage=None)
    result = search.fit(
        ring.sample(64, seed=1), validation_data=ring.sample(64, seed=2),
        trials=2, epochs=1, verbose=0)
    print(result.summary())
    gan = result.best_model
    ```
    """

    __repr__ = as_call

    def __init__(
        self,
        build: Callable[[Factors], RegularizedGAN],
        space: Mapping[str, LogUniform | Sequence[float]],
        objective: Objective | Sequence[Objective],
        *,
        sampler: "str | BaseSampler" = "default",
        pruner: "BasePruner | None" = None,
        seeds: Sequence[int] = (0, 1, 2),
        storage: "PathLike | BaseStorage | None" = "search.journal",
        name: str = "factors",
    ):
        if not callable(build):
            raise TypeError(message("build", "a function", build))
        self.build = build
        self.space = checked_space(space)
        self.objectives = checked_objectives(objective)
        self.sampler = _arguments.checked_sampler(sampler, self.space)
        self.pruner = _arguments.checked_pruner(pruner, self.objectives)
        self.seeds = _arguments.checked_seeds(seeds)
        self.storage = _studies.checked_storage(storage)
        self.name = log_name(name)

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        validation_data: Any = None,
        folds: int | None = None,
        trials: int | None = None,
        epochs: int = 1,
        callbacks: Callable[[], list[keras.callbacks.Callback]] | None = None,
        verbose: int = 1,
        **kwargs: Any,
    ) -> SearchResult:
        """Searches until there are enough trials, and returns the result.

        Before the first training it builds and evaluates a model once, so that
        mistakes show at once.

        A trial fails if its losses, or its objective at the end, are not
        finite, if a `CollapseMonitor(action=StopTraining())` stops it, or if
        it raises an error. The reason is recorded, and the search goes on.
        Programming errors (`TypeError`, `AttributeError` and so on) end the
        search, because every trial would raise them.

        Args:
            x: Training samples; with `folds` a NumPy array.
            y: Conditions, if `x` is an array of samples.
            validation_data: Held-out samples, as for `fit` of the GAN.
            folds: Integer or `None`. Instead of validation data: the samples
                are split into this many parts, and each part is held out once
                (cross-validation). A trial then trains `folds` times for each
                seed. Defaults to `None`.
            trials: Integer. Number of points to try in all, by all processes,
                including those of earlier calls, but not the baseline. May be
                left out for a grid, which tries all its points.
            epochs: Integer. Epochs of each training. A training is judged
                after the last one. Defaults to `1`.
            callbacks: Function without arguments that returns new callbacks
                for each training. Defaults to `None`.
            verbose: `0` or `1`. Whether to show the progress. Defaults to `1`.
            **kwargs: As in `fit` of the GAN, such as `batch_size`.

        Returns:
            A `SearchResult`. If other processes are still at work, it holds
            the trials so far; call `fit` again when they are done.

        Raises:
            TypeError: If an argument is of the wrong kind.
            ValueError: If an argument does not fit the others or the data, if
                a factor is not used by `build`, if an objective is not in the
                logs, or if the study was begun with other settings.
        """
        _arguments.check_callbacks(callbacks)
        _arguments.check_verbose(verbose)
        _arguments.check_names(kwargs)
        fit_arguments = {"epochs": positive_integer(epochs, "epochs"), **kwargs}
        folds = _arguments.checked_folds(folds)
        trials = _arguments.number_of_trials(trials, self.sampler, self.space)
        runs = runs_of(x, y, validation_data, folds, self.seeds)
        built = self._preflight(runs[0], fit_arguments, callbacks)
        trainings = Trainings(
            self.build, runs, self.objectives, callbacks, fit_arguments
        )
        with _studies.quiet():
            study = self._study(
                build=built,
                x=fingerprint(x),
                y=fingerprint(y),
                validation_data=fingerprint(validation_data),
                folds=folds,
                **{name: fingerprint(v) for name, v in fit_arguments.items()},
            )
            self._search(study, trainings, trials, verbose)
        return SearchResult(
            self.objectives,
            records_of(study),
            lambda factors, seed: trainings.train(
                factors,
                Run(
                    self.seeds[0] if seed is None else seed,
                    x,
                    y,
                    validation_data,
                ),
            ),
        )

    def _preflight(
        self,
        run: Run,
        fit_arguments: dict[str, Any],
        callbacks: Callable[[], list[keras.callbacks.Callback]] | None,
    ) -> list[Any]:
        """Builds and evaluates a model once, and returns its description."""
        gan = _preflight.model_of(self.build, self.space, run.seed)
        logs = _preflight.validation_logs(gan, run.data()[1], fit_arguments)
        for objective in self.objectives:
            # With callbacks, the name may still appear in the logs.
            if callbacks is None and objective.name not in logs:
                raise _preflight.not_in_logs(objective, logs)
        return _preflight.described(gan)

    def _search(
        self, study: Any, trainings: Trainings, trials: int, verbose: int
    ) -> None:
        most = trials + 1  # With the baseline.
        progress = Progress(study, most, verbose)
        while True:
            _trial_slots.recover(study)
            progress.show()
            if _trial_slots.is_left(study, most):
                study.optimize(
                    lambda trial: self._try(trial, trainings, most),
                    n_trials=1,
                    gc_after_trial=True,
                )
            elif _trial_slots.is_unclaimed(study):
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            else:
                return

    def _try(
        self, trial: Any, trainings: Trainings, most: int
    ) -> tuple[float, ...]:
        trial.set_user_attr(_trial_slots.WORKER, _trial_slots.this_worker())
        try:
            slot = _trial_slots.claim(trial, most)
            factors = (
                draw(trial, self.space)
                if slot > 0
                else dict.fromkeys(self.space, 0.0)
            )
            trial.set_user_attr("factors", factors)
            return trainings.values_of(trial, factors)
        except TrialFailed as failure:
            trial.set_user_attr(_trial_slots.FAILURE, str(failure))
            return (math.nan,) * len(self.objectives)

    def _study(self, **settings: Any) -> Any:
        from keras_regan.search._samplers import sampler_of

        is_named = isinstance(self.sampler, str)
        return _studies.open_study(
            self.storage,
            self.name,
            self.objectives,
            {
                "space": described(self.space),
                "objective": [list(entry) for entry in self.objectives],
                "sampler": self.sampler
                if is_named
                else type(self.sampler).__name__,
                "seeds": self.seeds,
                **settings,
            },
            sampler_of(self.sampler, self.space, self.seeds[0]),
            self.pruner or optuna().pruners.NopPruner(),
        )
