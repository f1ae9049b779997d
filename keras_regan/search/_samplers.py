"""How a search proposes factors.

A proposal depends on the trial's slot, the seed and the trials before it, and
not on the process. Optuna's own samplers restart their random numbers in each
process: a resumed search would try its first points again, and two workers
would try the same points.
"""

import random
from typing import Any

import optuna

from keras_regan.search._trial_slots import slots_of
from keras_regan.search.space import Space
from keras_regan.search.space import points_of_grid


class _BySlot(optuna.samplers.BaseSampler):
    def infer_relative_search_space(
        self, study: Any, trial: Any
    ) -> dict[str, Any]:
        return {}

    def sample_relative(
        self, study: Any, trial: Any, search_space: Any
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: Any, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        slot = slots_of(study.get_trials(deepcopy=False))[trial.number]
        return self._at_slot(slot, study, trial, param_name, param_distribution)

    def _at_slot(
        self, slot: int, study: Any, trial: Any, name: str, distribution: Any
    ) -> Any:
        raise NotImplementedError


class GridBySlot(_BySlot):
    """Gives each slot its point of the grid, in shuffled order.

    Optuna's `GridSampler` draws from the remaining points, so two workers can
    draw the same one.
    """

    def __init__(self, space: Space, seed: int):
        self._points = points_of_grid(space)
        random.Random(seed).shuffle(self._points)

    def _at_slot(self, slot, study, trial, name, distribution):
        return self._points[(slot - 1) % len(self._points)][name]


class SeededBySlot(_BySlot):
    """Runs a sampler of Optuna with random numbers that the slot seeds."""

    def __init__(self, kind: Any, seed: int):
        self._kind = kind
        self._seed = seed
        self._current: tuple[int | None, Any] = (None, None)

    def _at_slot(self, slot, study, trial, name, distribution):
        if self._current[0] != trial.number:
            sampler = self._kind((self._seed + 7919 * slot) % 2**32)
            self._current = (trial.number, sampler)
        return self._current[1].sample_independent(
            study, trial, name, distribution
        )


def sampler_of(sampler: Any, space: Space, seed: int) -> Any:
    """Returns the sampler of Optuna for a checked argument."""
    samplers = optuna.samplers
    if sampler == "grid":
        return GridBySlot(space, seed)
    if sampler == "random":
        return SeededBySlot(lambda seed: samplers.RandomSampler(seed), seed)
    if sampler == "default":
        return SeededBySlot(lambda seed: samplers.TPESampler(seed=seed), seed)
    return sampler
