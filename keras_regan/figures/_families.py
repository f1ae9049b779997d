"""Groups curves into panels."""

import math
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from keras_regan.figures._curves import Curve
from keras_regan.figures._shares import is_regularizer
from keras_regan.figures._shares import shares

_FAMILIES = (
    ("Fréchet distance (less is better)", r"(fd|fid|frechet)(_.*)?"),
    ("kernel distance (less is better)", r"(kd|kid|kernel)(_.*)?"),
    (
        "precision, recall, density, coverage (more is better)",
        r"(precision|recall|density|coverage)(_.*)?",
    ),
    ("inception score (more is better)", r"inception_score(_.*)?"),
    (
        "distance from samples to the truth (less is better)",
        r"(best|mean)_of_many(_.*)?",
    ),
    (
        "diversity within conditions relative to real samples",
        r"conditional_diversity_ratio(_.*)?",
    ),
    (
        "diversity within conditions (more is better)",
        r"conditional_diversity_.+",
    ),
    (
        "generated samples relative to real ones",
        "(conditional_)?diversity|near_duplicates|distance_to_real",
    ),
    (
        "accuracy of the discriminator",
        "d_real_accuracy|d_fake_accuracy|d_separation",
    ),
    ("size of logits, growth of weights", "d_logit_size|[dg]_weight_growth"),
    ("relative change of weights a step", "[dg]_update"),
    ("factors of regularizers", ".*_factor"),
    ("learning rate", "learning_rate.*|lr"),
)
# Parts of the keys of errors and deviations, which are drawn as bands around
# other curves.
_SPREADS = ("_standard_error", "_deviation")
_MOST = 14


class Family(NamedTuple):
    """The curves of one panel.

    Args:
        title: The title of the panel.
        curves: The curves by their keys.
        spreads: For some of them, the curve of the standard error, which is
            drawn as a band.
    """

    title: str
    curves: dict[str, Curve]
    spreads: dict[str, Curve]


def without_val(key: str) -> str:
    """Returns a key of the logs without the prefix of validation."""
    return key.removeprefix("val_")


def families(curves: dict[str, Curve]) -> list[Family]:
    """Groups all curves; validation is drawn with training.

    Regularizers become shares of their loss, for training only. Curves with
    unknown keys are grouped by scale. Metrics that are not computed in every
    epoch are NaN in the others, so NaN is marked in losses only.
    """
    spreads = _spreads(curves)
    losses = _take(curves, "([dg]_)?loss")
    rest = {
        key: curve.without_nan()
        for key, curve in curves.items()
        if key not in losses
        and not is_regularizer(without_val(key))
        and not any(curve is spread for spread in spreads.values())
    }
    groups = [
        ("losses", losses),
        ("share of each regularizer in its loss", shares(curves)),
    ]
    for title, pattern in _FAMILIES:
        group = _take(rest, pattern)
        rest = {key: curve for key, curve in rest.items() if key not in group}
        groups.append((title, group))
    return [
        Family(title, part, {k: spreads[k] for k in part if k in spreads})
        for title, group in [*groups, *_by_scale(rest)]
        for part in _parts(group)
    ]


def _spreads(curves: dict[str, Curve]) -> dict[str, Curve]:
    """Returns, for some keys, the curve of their standard error."""
    return {
        key.replace(mark, ""): curve
        for key, curve in curves.items()
        for mark in _SPREADS
        if mark in key and key.replace(mark, "") in curves
    }


def _take(curves: dict[str, Curve], pattern: str) -> dict[str, Curve]:
    """Returns the curves whose keys match."""
    return {
        key: curve
        for key, curve in curves.items()
        if re.fullmatch(pattern, without_val(key))
    }


def _by_scale(
    rest: dict[str, Curve],
) -> Iterator[tuple[str, dict[str, Curve]]]:
    scales: dict[str, float] = {}
    for key, curve in rest.items():
        scales[without_val(key)] = max(
            scales.get(without_val(key), -math.inf), _scale(curve)
        )
    for scale in sorted(set(scales.values())):
        group = {
            key: curve
            for key, curve in rest.items()
            if scales[without_val(key)] == scale
        }
        yield _title(sorted({without_val(key) for key in group})), group


def _scale(curve: Curve) -> int:
    """Returns one number for values in [0, 1], and one per two decades."""
    values = curve.finite
    if not values.size or (values.min() >= 0.0 and values.max() <= 1.0):
        return -100
    size = float(np.median(np.abs(values)))
    return round(math.log10(size) / 2) if size else 0


def _title(keys: list[str]) -> str:
    common = os.path.commonprefix(keys)
    if len(keys) > 1:
        common = common[: common.rfind("_") + 1].rstrip("_")
    return common or "others"


def _parts(group: dict[str, Curve]) -> Iterator[dict[str, Curve]]:
    """Splits a group that is too large for a panel, by keys without `val_`."""
    keys = list(dict.fromkeys(map(without_val, group)))
    count = math.ceil(len(group) / _MOST)
    for part in np.array_split(np.array(keys, dtype=object), max(count, 1)):
        chosen = {
            key: c for key, c in group.items() if without_val(key) in part
        }
        if chosen:
            yield chosen
