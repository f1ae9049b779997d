"""Checks of the arguments of a search."""

from collections.abc import Iterable
from typing import Any

from keras_regan._validation import message
from keras_regan._validation import one_of
from keras_regan._validation import positive_integer
from keras_regan._validation import random_seed
from keras_regan.search._optuna import optuna
from keras_regan.search.objective import Objective
from keras_regan.search.space import LogUniform
from keras_regan.search.space import Space
from keras_regan.search.space import is_grid
from keras_regan.search.space import points_of_grid

_SAMPLERS = {"default", "grid", "random"}
_OURS = {"x", "y", "validation_data", "callbacks", "verbose", "resume"}


def checked_sampler(sampler: Any, space: Space) -> Any:
    """Returns a sampler that fits the space."""
    if isinstance(sampler, optuna().samplers.BaseSampler):
        return sampler
    one_of(sampler, "sampler", _SAMPLERS)
    if sampler == "grid" and not is_grid(space):
        ranges = [n for n, e in space.items() if isinstance(e, LogUniform)]
        expected = f"'default' or 'random' with ranges ({ranges})"
        raise ValueError(message("sampler", expected, sampler))
    return sampler


def checked_pruner(pruner: Any, objectives: tuple[Objective, ...]) -> Any:
    """Returns a pruner that fits the objectives."""
    if pruner is None:
        return None
    if not isinstance(pruner, optuna().pruners.BasePruner):
        raise TypeError(message("pruner", "a pruner of Optuna or None", pruner))
    if len(objectives) > 1:
        raise ValueError(
            message("pruner", "`None` with several objectives", pruner)
        )
    return pruner


def checked_seeds(seeds: Any) -> list[int]:
    """Returns seeds as a list."""
    expected = "different integers, at least one"
    if not isinstance(seeds, list | tuple | range):
        raise TypeError(message("seeds", expected, seeds))
    checked = [random_seed(seed, "seeds") for seed in seeds]
    if not checked or len(set(checked)) < len(checked):
        raise ValueError(message("seeds", expected, seeds))
    return checked


def checked_folds(folds: Any) -> int | None:
    """Returns a number of folds, or `None`."""
    if folds is None:
        return None
    folds = positive_integer(folds, "folds")
    if folds < 2:
        raise ValueError(message("folds", "at least 2 folds", folds))
    return folds


def number_of_trials(trials: Any, sampler: Any, space: Space) -> int:
    """Returns how many points are tried; a grid has a fixed number."""
    if sampler != "grid":
        return positive_integer(trials, "trials")
    points = len(points_of_grid(space))
    if trials is None:
        return points
    trials = positive_integer(trials, "trials")
    if trials > points:
        expected = f"at most the points of the grid ({points})"
        raise ValueError(message("trials", expected, trials))
    return trials


def check_callbacks(callbacks: Any) -> None:
    """Checks that `callbacks` is a function or `None`."""
    if callbacks is not None and not callable(callbacks):
        expected = (
            "a function that returns new callbacks: each training needs its own"
        )
        raise TypeError(message("callbacks", expected, callbacks))


def check_verbose(verbose: Any) -> None:
    """Checks that `verbose` is 0 or 1."""
    if isinstance(verbose, bool) or verbose not in (0, 1):
        raise ValueError(message("verbose", "0 or 1", verbose))


def check_names(names: Iterable[str]) -> None:
    """Checks that no argument of the GAN's `fit` is set by the search."""
    for name in names:
        if name in _OURS:
            raise TypeError(
                f"Invalid argument `{name}`: the search sets it itself."
            )
