"""The symptoms that vital signs can show, in plain words."""

from collections.abc import Sequence

import numpy as np

from keras_regan._validation import positive_float
from keras_regan._validation import unit_float
from keras_regan.callbacks._course import Course

# A saturated discriminator is an alarm if the diversity is below this share of
# the best so far or of that of real samples.
_HALF = 0.5
_NEARLY_ALWAYS = 0.9
_SLOWER = "A lower learning rate"
_STEADIER = (
    f"{_SLOWER}, `penalties.R1` on the discriminator or "
    "`regularizers.PairwiseDistance(direction='repel')` on the generator "
    "usually helps."
)


class Symptom:
    """Base class of what vital signs can show."""

    kind = ""
    at_once = False  # Whether a single check is enough.

    def shows(self, course: Course) -> bool:
        """Tells whether the latest check shows the symptom."""
        raise NotImplementedError

    def recovers(self, course: Course) -> bool:
        """Tells whether the symptom is about to vanish by itself."""
        return False

    def text(self, course: Course, checks: int) -> str:
        """Returns the text for the user after `checks` with the symptom."""
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

    An untrained generator does the same, so nothing is wrong while diversity
    rises from check to check.
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


class _IgnoredLatents(Symptom):
    """Nearly one sample for each condition, whatever the latents."""

    kind = "ignored_latents"

    def __init__(self, least: float, least_diversity: float | None):
        self.least = least
        self.least_diversity = least_diversity or 0.0

    def shows(self, course):
        signs = course.latest
        return (
            signs.conditional_diversity is not None
            and signs.conditional_diversity < self.least
            and signs.diversity >= self.least_diversity
        )

    def recovers(self, course):
        return course.conditional_diversity_rises

    def text(self, course, checks):
        return (
            "The latents are ignored although conditions differ: samples of "
            f"one condition are {course.latest.conditional_diversity:.2g} "
            "times as far apart as is healthy (below "
            f"{self.least:g} for {_counted(checks)}). A condition that is "
            "concatenated with the latents crowds them out if its vectors are "
            "as long as theirs. A regularizer of pairs of one condition on the "
            "generator usually helps, such as `regularizers.ModeSeeking`, "
            "`PairwiseDistance` or `DiversitySensitive`; with "
            "`compile(samples_per_condition=2)` it costs next to nothing."
        )


class _NearDuplicates(Symptom):
    """A few samples over and over, which may be far apart."""

    kind = "near_duplicates"

    def __init__(self, most: float, graver: Sequence[Symptom]):
        self.most = most
        self.graver = graver

    def shows(self, course):
        return course.latest.near_duplicates > self.most and not any(
            symptom.shows(course) for symptom in self.graver
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

    With most losses a discriminator may be nearly always right for a while,
    and with some losses large logits are normal. Together with a low diversity
    that does not rise, both are a bad sign.
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
    least_conditional_diversity: float | None,
    most_near_duplicates: float | None,
    most_distance: float | None,
    most_logit: float | None,
    most_weight_growth: float | None,
) -> list[Symptom]:
    """Returns the symptoms for these bounds, the most serious first.

    `None` leaves a symptom out. Raises a `TypeError` or a `ValueError` for a
    bound that is out of its range.
    """
    chosen: list[Symptom] = [_NotFinite()]
    if least_diversity is not None:
        positive_float(least_diversity, "least_diversity")
        chosen.append(_FewDifferentSamples(least_diversity))
    if least_conditional_diversity is not None:
        positive_float(
            least_conditional_diversity, "least_conditional_diversity"
        )
        chosen.append(
            _IgnoredLatents(least_conditional_diversity, least_diversity)
        )
    if most_near_duplicates is not None:
        unit_float(most_near_duplicates, "most_near_duplicates")
        # The two more serious symptoms show few samples too.
        chosen.append(_NearDuplicates(most_near_duplicates, chosen[1:]))
    for most, argument, symptom in (
        (most_distance, "most_distance", _FarAway),
        (most_logit, "most_logit", _DiscriminatorWins),
        (most_weight_growth, "most_weight_growth", _WeightsExplode),
    ):
        if most is not None:
            chosen.append(symptom(positive_float(most, argument)))
    return chosen


def _counted(checks: int) -> str:
    return "1 check" if checks == 1 else f"{checks} checks"


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
