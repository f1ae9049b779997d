"""From a series of vital signs to what is wrong, in plain words.

Nothing here knows of Keras: a recorded series is judged as a live one.
"""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np

from keras_regan._validation import positive_float
from keras_regan._validation import unit_float
from keras_regan.callbacks.vital_signs import VitalSigns

# How much more diverse than before samples must be to count as recovering,
# and how diverse at least: a collapsed generator may rise from 1e-6 to 1e-5.
_RISE = 1.1
_VISIBLE = 0.01
# Below which share of its best, or of real, diversity a saturated
# discriminator is a sick one.
_HALF = 0.5
_NEARLY_ALWAYS = 0.9
_SLOWER = "A lower learning rate"
_STEADIER = (
    f"{_SLOWER}, `penalties.R1` on the discriminator or "
    "`regularizers.PairwiseDistance(direction='repel')` on the generator "
    "usually helps."
)


class Finding(NamedTuple):
    """What is wrong.

    Attributes:
        kind: String, the `kind` of the symptom.
        text: String: what was seen, with numbers, and what usually helps.
    """

    kind: str
    text: str


class Course:
    """How the vital signs went so far.

    Args:
        window: Positive integer. How many checks count as recent.

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
        """Takes note of a check."""
        self._recent.append(signs)
        if len(self._recent) > self.window:
            self._before = self._recent.pop(0)
        self.best_diversity = float(
            np.fmax(self.best_diversity, signs.diversity)
        )

    def notes(self) -> dict[str, Any]:
        """Returns all that it remembers, as lists and numbers."""
        return {
            "before": _listed_signs(self._before),
            "recent": [_listed_signs(signs) for signs in self._recent],
            "best_diversity": self.best_diversity,
        }

    def recall(self, notes: dict[str, Any]) -> None:
        """Goes on from what `notes` returned."""
        self._before = _signs(notes["before"])
        self._recent = [_signs(signs) for signs in notes["recent"]]
        self.best_diversity = notes["best_diversity"]

    @property
    def latest(self) -> VitalSigns:
        """What the latest check measured."""
        return self._recent[-1]

    @property
    def earlier(self) -> list[VitalSigns]:
        """The other recent checks, the oldest first."""
        return self._recent[:-1]

    @property
    def weight_growth(self) -> dict[str, float]:
        """How weights grew within the recent checks, of both networks."""
        now, before = self.latest, self._before
        return {
            "generator": now.g_weight_growth / before.g_weight_growth,
            "discriminator": now.d_weight_growth / before.d_weight_growth,
        }

    @property
    def diversity_rises(self) -> bool:
        """Whether samples are more diverse than in all recent checks."""
        if not self.earlier:
            return False
        before = max(signs.diversity for signs in self.earlier)
        return self.latest.diversity > max(_RISE * before, _VISIBLE)


class Symptom:
    """Something that vital signs can show."""

    kind = ""
    at_once = False  # Whether it takes no patience.

    def shows(self, course: Course) -> bool:
        """Tells whether the latest check shows the symptom."""
        raise NotImplementedError

    def recovers(self, course: Course) -> bool:
        """Tells whether it is about to vanish by itself."""
        return False

    def text(self, course: Course, checks: int) -> str:
        """Returns what to tell the user; `checks` have shown the symptom."""
        raise NotImplementedError


class _NotFinite(Symptom):
    """NaN or infinity anywhere."""

    kind = "not_finite"
    at_once = True

    def shows(self, course):
        return bool(course.latest.not_finite)

    def text(self, course, checks):
        return (
            "The training has diverged: there are NaN or infinite values in "
            f"{_listed(course.latest.not_finite)}. {_SLOWER}, `clipnorm` in "
            "the optimizers or, in float16, a `float32` last layer usually "
            "helps."
        )


class _FewDifferentSamples(Symptom):
    """Nearly one sample for all latents.

    That is also what an untrained generator makes, so nothing is wrong while
    diversity rises from check to check.
    """

    kind = "diversity"

    def __init__(self, least: float):
        self.least = least

    def shows(self, course):
        return course.latest.diversity < self.least

    def recovers(self, course):
        return course.diversity_rises

    def text(self, course, checks):
        return (
            "The generator makes nearly the same sample for all latents: its "
            f"samples are {course.latest.diversity:.2g} times as far apart as "
            f"real ones (below {self.least:g} for {_counted(checks)}). "
            f"{_STEADIER}"
        )


class _NearDuplicates(Symptom):
    """A few samples over and over, which may be far apart."""

    kind = "near_duplicates"

    def __init__(self, most: float, least_diversity: float | None):
        self.most = most
        self.least_diversity = least_diversity or 0.0

    def shows(self, course):
        return (
            course.latest.near_duplicates > self.most
            and course.latest.diversity >= self.least_diversity
        )

    def text(self, course, checks):
        return (
            "The generator makes a few samples over and over: "
            f"{course.latest.near_duplicates:.0%} of its samples nearly equal "
            f"another one (above {self.most:.0%} for {_counted(checks)}). "
            f"{_STEADIER}"
        )


class _FarAway(Symptom):
    """Samples far outside of the data."""

    kind = "distance_to_real"

    def __init__(self, most: float):
        self.most = most

    def shows(self, course):
        signs = course.latest
        return max(signs.diversity, signs.distance_to_real) > self.most

    def text(self, course, checks):
        return (
            "The generator ran away from the data: its samples are "
            f"{course.latest.distance_to_real:.2g} times as far from real "
            "ones as those are from each other, and "
            f"{course.latest.diversity:.2g} times as far apart (above "
            f"{self.most:g} for {_counted(checks)}). {_SLOWER}, a bounded "
            "output such as tanh, or a `margin` for a "
            "`regularizers.PairwiseDistance` usually helps."
        )


class _DiscriminatorWins(Symptom):
    """A saturated discriminator, and samples of little diversity.

    A discriminator that is nearly always right is healthy for a while under
    most losses, and large logits are under some. Together with a low
    diversity that does not rise they are not.
    """

    kind = "saturation"

    def __init__(self, most: float):
        self.most = most

    def shows(self, course):
        signs = course.latest
        return (
            signs.d_logit_size > self.most
            and signs.d_separation > _NEARLY_ALWAYS
            and signs.diversity < _HALF * max(course.best_diversity, 1.0)
        )

    def recovers(self, course):
        return course.diversity_rises

    def text(self, course, checks):
        signs = course.latest
        return (
            "The discriminator has won: real samples get higher logits than "
            f"generated ones in {signs.d_separation:.0%} of all pairs, with "
            f"logits of {signs.d_logit_size:.3g} on average, where the "
            f"sigmoid is flat (above {self.most:g} for {_counted(checks)}), "
            f"and samples are {signs.diversity:.2g} times as far apart as "
            f"real ones (at best {course.best_diversity:.2g} so far). A lower "
            "learning rate of the discriminator, or `penalties.R1` on it, "
            "usually helps."
        )


class _WeightsExplode(Symptom):
    """Weights that grew many times within a few checks."""

    kind = "weight_growth"
    at_once = True

    def __init__(self, most: float):
        self.most = most

    def shows(self, course):
        return any(
            growth > self.most for growth in course.weight_growth.values()
        )

    def text(self, course, checks):
        growth = course.weight_growth
        network = max(growth, key=lambda name: np.nan_to_num(growth[name]))
        return (
            f"The weights of the {network} explode: within "
            f"{_counted(course.window)} or less their norm grew to "
            f"{growth[network]:.3g} times what it was (above {self.most:g}). "
            f"{_SLOWER}, `regularizers.L2` or `penalties.R1` usually helps."
        )


def looked_for(
    least_diversity: float | None,
    most_near_duplicates: float | None,
    most_distance: float | None,
    most_logit: float | None,
    most_weight_growth: float | None,
) -> list[Symptom]:
    """Returns the symptoms that these bounds tell, the gravest first.

    `None` leaves one out. Raises a `TypeError` or a `ValueError` for bounds
    out of their ranges.
    """
    chosen: list[Symptom] = [_NotFinite()]
    if least_diversity is not None:
        positive_float(least_diversity, "least_diversity")
        chosen.append(_FewDifferentSamples(least_diversity))
    if most_near_duplicates is not None:
        unit_float(most_near_duplicates, "most_near_duplicates")
        chosen.append(_NearDuplicates(most_near_duplicates, least_diversity))
    for most, argument, symptom in (
        (most_distance, "most_distance", _FarAway),
        (most_logit, "most_logit", _DiscriminatorWins),
        (most_weight_growth, "most_weight_growth", _WeightsExplode),
    ):
        if most is not None:
            chosen.append(symptom(positive_float(most, argument)))
    return chosen


class Diagnosis:
    """Decides from one check to the next what is reliably wrong.

    A symptom becomes a finding once `patience` checks in a row have shown it
    (at once where one check leaves no doubt), and is not found again before a
    check did not show it.

    Args:
        symptoms: List of what to look for, the gravest first.
        patience: Positive integer.
    """

    def __init__(self, symptoms: Sequence[Symptom], patience: int):
        self.symptoms = list(symptoms)
        self.patience = patience
        self.forget()

    def forget(self) -> None:
        """Starts over, as with a new training."""
        self._course = Course(self.patience)
        self._shown = {symptom.kind: 0 for symptom in self.symptoms}
        self._found: set[str] = set()

    def notes(self) -> dict[str, Any]:
        """Returns all that it remembers, as lists and numbers."""
        return {
            "course": self._course.notes(),
            "shown": dict(self._shown),
            "found": sorted(self._found),
        }

    def recall(self, notes: dict[str, Any]) -> None:
        """Goes on from what `notes` returned, of the same symptoms."""
        self._course.recall(notes["course"])
        self._shown = {
            kind: notes["shown"].get(kind, 0) for kind in self._shown
        }
        self._found = set(notes["found"]) & self._shown.keys()

    @property
    def healthy(self) -> bool:
        """Whether the latest check showed nothing at all."""
        return not any(self._shown.values())

    def check(self, signs: VitalSigns) -> list[Finding]:
        """Returns what this check newly found."""
        self._course.add(signs)
        return [
            Finding(
                symptom.kind,
                symptom.text(self._course, self._shown[symptom.kind]),
            )
            for symptom in self.symptoms
            if self._is_new(symptom)
        ]

    def _is_new(self, symptom: Symptom) -> bool:
        kind = symptom.kind
        if not symptom.shows(self._course):
            self._shown[kind] = 0
            self._found.discard(kind)
            return False
        self._shown[kind] += 1
        needed = 1 if symptom.at_once else self.patience
        if (
            kind in self._found
            or self._shown[kind] < needed
            or symptom.recovers(self._course)
        ):
            return False
        self._found.add(kind)
        return True


def _listed_signs(signs: VitalSigns) -> list[Any]:
    *numbers, not_finite = signs
    return [*map(float, numbers), list(not_finite)]


def _signs(values: list[Any]) -> VitalSigns:
    *numbers, not_finite = values
    return VitalSigns(*numbers, tuple(not_finite))


def _counted(checks: int) -> str:
    return "1 check" if checks == 1 else f"{checks} checks"


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
