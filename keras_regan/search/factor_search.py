"""The search of regularization factors on held-out data."""

import math
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan._validation import boolean
from keras_regan._validation import log_name
from keras_regan._validation import message
from keras_regan._validation import one_of
from keras_regan._validation import positive_integer
from keras_regan._validation import random_seed
from keras_regan.models import RegularizedGAN
from keras_regan.search import places
from keras_regan.search import studies
from keras_regan.search._optuna import optuna
from keras_regan.search.held_out import Run
from keras_regan.search.held_out import fingerprint
from keras_regan.search.held_out import runs_of
from keras_regan.search.objective import Objective
from keras_regan.search.objective import checked_objectives
from keras_regan.search.read_factors import ReadFactors
from keras_regan.search.records import records_of
from keras_regan.search.search_result import SearchResult
from keras_regan.search.space import Factors
from keras_regan.search.space import LogUniform
from keras_regan.search.space import checked_space
from keras_regan.search.space import described
from keras_regan.search.space import draw
from keras_regan.search.space import is_grid
from keras_regan.search.space import points_of_grid
from keras_regan.search.trial_watch import TrialWatch
from keras_regan.search.trial_watch import collapse_of

_SAMPLERS = {"default", "grid", "random"}
# No factors make these; they would come in every trial.
_MISTAKES = (
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    TypeError,
)
_SECONDS_BETWEEN_LOOKS = 0.2
_OURS = {"x", "y", "validation_data", "callbacks", "verbose", "resume"}


class FactorSearch:
    """Chooses the factors of regularizers on held-out data.

    Trains a GAN for each proposal of factors, judges it by values of its
    validation logs, and keeps every trial in a study of Optuna. All trials
    have the same seeds, initial weights and data, so that they differ by their
    factors alone.

    A search that was killed goes on where it was when it is started again with
    the same `storage`: only the trials that were running are trained again,
    with the same factors. Any number of processes, on one machine or several,
    work on one search if they are given the same storage; no point is tried
    twice.

    Args:
        build: Function from a dictionary of factors to a compiled
            `RegularizedGAN`. It should leave `seed` at its default, which is
            then the trial's.
        space: Dictionary from the names of the factors to
            `LogUniform(low, high)` or a list of values.
        objective: `Objective("val_...", "min")`, or a list of them. With one,
            the search looks for its best mean; with several, for those that
            none is better than in all (the Pareto front).
        sampler: `"default"` (the tree-structured Parzen estimator), `"random"`,
            `"grid"` (all combinations of lists, each once) or a sampler of
            Optuna. Defaults to `"default"`.
        pruner: A pruner of Optuna, as `optuna.pruners.MedianPruner()`, which
            ends trials early that fall behind others at the same epoch of the
            same run; or `None`. Needs a single objective. Defaults to `None`.
        seeds: Different integers. Each trial is trained once with each, and
            judged by the mean. Defaults to `(0, 1, 2)`.
        baseline: Boolean. Whether all factors zero are tried too, as the trial
            numbered 0, beside the others. Defaults to `True`.
        storage: Where the study is kept: the path of a journal file (by
            default of this machine; a network disk serves several), a URL as
            `"postgresql://user@host/database"`, a storage of Optuna, or `None`
            for memory only. Defaults to `None`.
        name: String. The study's name within the storage. Defaults to
            `"factors"`.
        seed: Integer. The seed of what is proposed. Defaults to `0`.

    Raises:
        ImportError: If Optuna is not installed.
        TypeError: If an argument is of the wrong kind.
        ValueError: If the space is empty, a range is empty or inverted, a grid
            is asked for where there are ranges, or the like.

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
        seeds=[0, 1])
    result = search.fit(
        ring.sample(64, seed=1), validation_data=ring.sample(64, seed=2),
        trials=2, epochs=1, verbose=0)
    print(result.summary())
    gan = result.best_model
    ```
    """

    def __init__(
        self,
        build: Callable[[Factors], RegularizedGAN],
        space: Mapping[str, LogUniform | Sequence[float]],
        objective: Objective | Sequence[Objective],
        *,
        sampler: Any = "default",
        pruner: Any = None,
        seeds: Sequence[int] = (0, 1, 2),
        baseline: bool = True,
        storage: Any = None,
        name: str = "factors",
        seed: int = 0,
    ):
        if not callable(build):
            raise TypeError(message("build", "a function", build))
        self.build = build
        self.space = checked_space(space)
        self.objectives = checked_objectives(objective)
        self.sampler = _checked_sampler(sampler, self.space)
        self.pruner = _checked_pruner(pruner, self.objectives)
        self.seeds = _checked_seeds(seeds)
        self.baseline = boolean(baseline, "baseline")
        self.storage = studies.checked_storage(storage)
        self.name = log_name(name)
        self.seed = random_seed(seed)
        if self.storage is None:
            self.storage = optuna().storages.InMemoryStorage()

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        validation_data: Any = None,
        folds: int | None = None,
        trials: int | None = None,
        epochs: int = 1,
        callbacks: Callable[[], list[Any]] | None = None,
        verbose: int = 1,
        **kwargs: Any,
    ) -> SearchResult:
        """Searches until there are enough trials, and returns what was found.

        Before the first training a model is built and evaluated once, so that
        whatever does not fit is reported at once.

        A trial whose losses, or whose objective at the end, are not finite, or
        that a `CollapseMonitor(action=StopTraining())` stops, or that raises
        an error, is recorded as failed, with the reason, and the search goes
        on. Mistakes of the program (`TypeError`, `AttributeError` and such)
        end it: every trial would make them.

        Args:
            x: Training samples; with `folds` a NumPy array.
            y: Labels, if `x` is an array of samples.
            validation_data: Held-out samples, as for `fit` of the GAN.
            folds: Integer. Instead of validation data: the samples are parted
                in as many parts, each of which is held out once
                (cross-validation). A trial then trains `folds` times for each
                seed. Defaults to `None`.
            trials: Integer. How many points are tried in all, by all
                processes, with those of earlier calls; the baseline is not
                counted. May be left out for a grid, which has as many as it
                has.
            epochs: Integer. Epochs of each training. A training is judged
                after the last one. Defaults to `1`.
            callbacks: Function without arguments that returns new callbacks,
                for each training. Defaults to `None`.
            verbose: `0` or `1`. Whether progress is shown. Defaults to `1`.
            **kwargs: As in `fit` of the GAN, as `batch_size`.

        Returns:
            A `SearchResult`. If other processes are still at work it holds
            what there is; call `fit` again when they are done.

        Raises:
            TypeError: If an argument is of the wrong kind.
            ValueError: If an argument does not fit the others or the data, if
                a factor is not used by `build`, if an objective is not in the
                logs, or if the study was begun with other settings.
        """
        self._check_fit_arguments(callbacks, verbose, kwargs)
        epochs = positive_integer(epochs, "epochs")
        if folds is not None:
            folds = positive_integer(folds, "folds")
            if folds < 2:
                raise ValueError(message("folds", "at least 2 folds", folds))
        runs = runs_of(x, y, validation_data, folds, self.seeds)
        most = self._number_of_trials(trials) + 1
        fit_arguments = {"epochs": epochs, **kwargs}
        self._check_model(runs[0], callbacks, fit_arguments)
        with studies.quiet():
            study = self._study(folds, fit_arguments, (x, y, validation_data))
            progress = _Progress(study, most, verbose)
            while True:
                places.recover(study)
                progress.show()
                if _is_left(study, most):
                    study.optimize(
                        lambda trial: self._try(
                            trial, study, runs, most, callbacks, fit_arguments
                        ),
                        n_trials=1,
                        gc_after_trial=True,
                    )
                elif places.is_unclaimed(study):
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
                else:
                    break
        everything = Run(self.seeds[0], None, (x, y), validation_data)

        def train(factors: Factors) -> RegularizedGAN:
            others = [] if callbacks is None else callbacks()
            return self._trained(factors, everything, others, fit_arguments)[0]

        return SearchResult(self.objectives, records_of(study), train)

    def _try(self, trial, study, runs, most, callbacks, fit_arguments):
        trial.set_user_attr(places.WORKER, places.this_worker())
        found = study.get_trials(deepcopy=False)
        failed = (math.nan,) * len(self.objectives)
        if places.is_surplus(found, trial.number, most):
            trial.set_user_attr(places.FAILURE, places.SURPLUS)
            return failed
        place = places.places_of(found)[trial.number]
        if place == 0 and not self.baseline:
            trial.set_user_attr(places.FAILURE, places.NO_BASELINE)
            return failed
        if place == 0:
            factors = dict.fromkeys(self.space, 0.0)
        else:
            factors = draw(trial, self.space)
        trial.set_user_attr("factors", factors)
        began = time.perf_counter()
        values: list[tuple[float, ...]] = []
        for run in runs:
            watch, failure = self._train(
                trial, factors, run, values, callbacks, fit_arguments
            )
            if watch is not None and watch.is_pruned:
                raise optuna().TrialPruned
            if failure is not None:
                seconds = time.perf_counter() - began
                trial.set_user_attr("seconds", seconds)
                trial.set_user_attr(places.FAILURE, failure)
                return failed
            values.append(
                tuple(
                    watch.logs[objective.name] for objective in self.objectives
                )
            )
            trial.set_user_attr("values", values)
        trial.set_user_attr("seconds", time.perf_counter() - began)
        return tuple(float(mean) for mean in np.mean(values, axis=0))

    def _train(self, trial, factors, run, values, callbacks, fit_arguments):
        """Returns what watched a training, and why it failed or `None`."""
        first = len(values) * fit_arguments["epochs"]

        def report(epoch, logs):
            if self.pruner is None:
                return False
            name = self.objectives[0].name
            current = logs.get(name, math.nan)
            if not math.isfinite(current):
                return False
            # Comparable with other trials at the same epoch of the same run.
            mean = np.mean([*(value[0] for value in values), current])
            trial.report(float(mean), first + epoch)
            return trial.should_prune()

        watch = TrialWatch(report)
        others = [] if callbacks is None else callbacks()
        try:
            history = self._trained(
                factors, run, [*others, watch], fit_arguments
            )[1]
        except _MISTAKES:
            raise
        # Whatever else it is, it is this trial's, and the search goes on.
        except Exception as error:
            return watch, f"{type(error).__name__}: {error}"
        if watch.failure is not None:
            return watch, watch.failure
        if watch.is_pruned:
            return watch, None
        collapse = collapse_of(
            others, fit_arguments["epochs"], len(history.epoch)
        )
        if collapse is not None:
            return watch, collapse
        for objective in self.objectives:
            if objective.name not in watch.logs:
                raise _not_in_logs(objective, watch.logs)
            value = watch.logs[objective.name]
            if not math.isfinite(value):
                return watch, f"{objective.name} was {value} at the end"
        return watch, None

    def _trained(self, factors, run, callbacks, fit_arguments):
        keras.utils.set_random_seed(run.seed)
        gan = self.build(dict(factors))
        history = gan.fit(
            *run.training,
            validation_data=run.validation,
            callbacks=callbacks,
            verbose=0,
            **fit_arguments,
        )
        return gan, history

    def _study(self, folds, fit_arguments, data):
        from keras_regan.search.samplers import sampler_of

        settings = {
            "space": described(self.space),
            "objective": [list(objective) for objective in self.objectives],
            "sampler": self.sampler
            if isinstance(self.sampler, str)
            else type(self.sampler).__name__,
            "seeds": self.seeds,
            "seed": self.seed,
            "baseline": self.baseline,
            "folds": folds,
            "epochs": fit_arguments["epochs"],
            "x": fingerprint(*data),
        }
        return studies.open_study(
            self.storage,
            self.name,
            self.objectives,
            settings,
            sampler_of(self.sampler, self.space, self.seed),
            self.pruner or optuna().pruners.NopPruner(),
        )

    def _number_of_trials(self, trials: int | None) -> int:
        if self.sampler == "grid":
            points = len(points_of_grid(self.space))
            if trials is None:
                return points
            trials = positive_integer(trials, "trials")
            if trials > points:
                expected = f"at most the points of the grid ({points})"
                raise ValueError(message("trials", expected, trials))
            return trials
        return positive_integer(trials, "trials")

    def _check_fit_arguments(self, callbacks, verbose, kwargs):
        if callbacks is not None and not callable(callbacks):
            expected = (
                "a function that returns new callbacks: each training needs "
                "its own"
            )
            raise TypeError(message("callbacks", expected, callbacks))
        if isinstance(verbose, bool) or verbose not in (0, 1):
            raise ValueError(message("verbose", "0 or 1", verbose))
        for name in kwargs:
            if name in _OURS:
                raise TypeError(
                    f"Invalid argument `{name}`: the search sets it itself."
                )

    def _check_model(self, run: Run, callbacks, fit_arguments) -> None:
        """Builds and evaluates a model, before anything is trained."""
        keras.utils.set_random_seed(run.seed)
        factors = ReadFactors(
            {
                name: entry[0] if isinstance(entry, tuple) else entry.low
                for name, entry in self.space.items()
            }
        )
        try:
            gan = self.build(factors)
        except KeyError as error:
            if error.args and error.args[0] in self.space:
                raise
            raise ValueError(
                "Invalid value for argument `space`. Expected all factors that "
                f"`build` reads; it asked for {error.args[0]!r}. Received: "
                f"space with {list(self.space)}"
            ) from error
        unused = [name for name in self.space if name not in factors.read]
        if unused:
            raise ValueError(
                "Invalid value for argument `space`. Expected factors that "
                f"`build` reads; it did not read {unused}, so that all their "
                f"values would give the same. Received: space with "
                f"{list(self.space)}"
            )
        if not isinstance(gan, RegularizedGAN) or not gan.compiled:
            expected = "a function that returns a compiled `RegularizedGAN`"
            raise TypeError(
                f"Invalid value for argument `build`. Expected {expected}. "
                f"Received: a function that returned {gan!r}"
            )
        logs = _validation_logs(gan, run.validation, fit_arguments)
        if callbacks is not None:
            return  # They may write to the logs too.
        for objective in self.objectives:
            if objective.name not in logs:
                raise _not_in_logs(objective, logs)


class _Progress:
    """Shows how many trials are done, and the best so far."""

    def __init__(self, study: Any, most: int, verbose: int):
        self._study = study
        self._bar = keras.utils.Progbar(
            most, verbose=verbose, unit_name="trial", stateful_metrics=["best"]
        )
        self._verbose = verbose
        self._shown = -1

    def show(self) -> None:
        if not self._verbose:
            return
        trials = self._study.get_trials(deepcopy=False)
        done = {
            place
            for number, place in places.places_of(trials).items()
            if trials[number].state.is_finished()
            and places.counts(trials[number])
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


def _is_left(study: Any, most: int) -> bool:
    trials = study.get_trials(deepcopy=False)
    waiting = optuna().trial.TrialState.WAITING
    return places.fresh_places(trials) < most or any(
        trial.state == waiting for trial in trials
    )


def _validation_logs(gan, validation_data, fit_arguments) -> list[str]:
    names = {"batch_size": "batch_size"}
    names["validation_batch_size"] = "batch_size"
    names["validation_steps"] = "steps"
    arguments = {
        ours: fit_arguments[theirs]
        for theirs, ours in names.items()
        if fit_arguments.get(theirs) is not None
    }
    samples, labels = validation_data, None
    if isinstance(validation_data, list | tuple) and len(validation_data) == 2:
        samples, labels = validation_data
    if not isinstance(samples, np.ndarray):
        arguments.pop("batch_size", None)
    logs = gan.evaluate(
        samples, labels, verbose=0, return_dict=True, **arguments
    )
    return [f"val_{name}" for name in logs]


def _not_in_logs(objective: Objective, logs: Any) -> ValueError:
    return ValueError(
        "Invalid value for argument `objective`. Expected the name of a value "
        f"in the logs: {sorted(logs)}. Received: objective={objective.name!r}"
    )


def _checked_sampler(sampler: Any, space: Any) -> Any:
    if isinstance(sampler, optuna().samplers.BaseSampler):
        return sampler
    one_of(sampler, "sampler", _SAMPLERS)
    if sampler == "grid" and not is_grid(space):
        ranges = [n for n, e in space.items() if isinstance(e, LogUniform)]
        expected = f"'default' or 'random' with ranges ({ranges})"
        raise ValueError(message("sampler", expected, sampler))
    return sampler


def _checked_pruner(pruner: Any, objectives: Any) -> Any:
    if pruner is None:
        return None
    if not isinstance(pruner, optuna().pruners.BasePruner):
        raise TypeError(message("pruner", "a pruner of Optuna or None", pruner))
    if len(objectives) > 1:
        raise ValueError(
            message("pruner", "`None` with several objectives", pruner)
        )
    return pruner


def _checked_seeds(seeds: Any) -> list[int]:
    expected = "different integers, at least one"
    if not isinstance(seeds, list | tuple | range):
        raise TypeError(message("seeds", expected, seeds))
    checked = [random_seed(seed, "seeds") for seed in seeds]
    if not checked or len(set(checked)) < len(checked):
        raise ValueError(message("seeds", expected, seeds))
    return checked
