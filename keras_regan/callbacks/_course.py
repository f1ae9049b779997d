"""The history of a training's vital signs."""

from typing import Any

import numpy as np

from keras_regan.callbacks._vital_signs import VitalSigns

# Samples count as recovering if their diversity rises by this ratio and to this
# value at least: that of a collapsed generator may rise from 1e-6 to 1e-5.
_RISE = 1.1
_VISIBLE = 0.01


class Course:
    """The history of the vital signs so far.

    Args:
        window: Positive integer. Number of checks that count as recent.

    Attributes:
        window: The same.
        best_diversity: Float. The highest diversity so far.
    """

    def __init__(self, window: int):
        healthy_start = VitalSigns(g_weight_growth=1.0, d_weight_growth=1.0)
        self.window = window
        self._before = healthy_start
        self._recent: list[VitalSigns] = []
        self.best_diversity = 0.0

    def add(self, signs: VitalSigns) -> None:
        """Adds a check."""
        self._recent.append(signs)
        if len(self._recent) > self.window:
            self._before = self._recent.pop(0)
        self.best_diversity = float(
            np.fmax(self.best_diversity, signs.diversity)
        )

    def notes(self) -> dict[str, Any]:
        """Returns its state as lists and numbers."""
        return {
            "before": _listed_signs(self._before),
            "recent": [_listed_signs(signs) for signs in self._recent],
            "best_diversity": self.best_diversity,
        }

    def recall(self, notes: dict[str, Any]) -> None:
        """Restores the state that `notes` returned."""
        self._before = _signs(notes["before"])
        self._recent = [_signs(signs) for signs in notes["recent"]]
        self.best_diversity = notes["best_diversity"]

    @property
    def latest(self) -> VitalSigns:
        """The vital signs of the latest check."""
        return self._recent[-1]

    @property
    def earlier(self) -> list[VitalSigns]:
        """The other recent checks, the oldest first."""
        return self._recent[:-1]

    @property
    def weight_growth(self) -> dict[str, float]:
        """Growth of the weights of both networks within the recent checks."""
        now, before = self.latest, self._before
        return {
            "generator": now.g_weight_growth / before.g_weight_growth,
            "discriminator": now.d_weight_growth / before.d_weight_growth,
        }

    @property
    def diversity_rises(self) -> bool:
        """Whether samples are more diverse than in all recent checks."""
        return self._rises("diversity")

    @property
    def conditional_diversity_rises(self) -> bool:
        """The same for samples of one condition."""
        return self._rises("conditional_diversity")

    def _rises(self, sign: str) -> bool:
        if not self.earlier:
            return False
        before = max(getattr(signs, sign) for signs in self.earlier)
        return getattr(self.latest, sign) > max(_RISE * before, _VISIBLE)


def _listed_signs(signs: VitalSigns) -> list[Any]:
    *numbers, not_finite = signs
    numbers = [None if n is None else float(n) for n in numbers]
    return [*numbers, list(not_finite)]


def _signs(values: list[Any]) -> VitalSigns:
    *numbers, not_finite = values
    return VitalSigns(*[*numbers, tuple(not_finite)])
