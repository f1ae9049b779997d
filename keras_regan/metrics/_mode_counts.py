"""Computes from counts how many modes are covered, and how evenly."""

from typing import Any
from typing import NamedTuple

import numpy as np

from keras_regan import _validation


class ModeCoverageResult(NamedTuple):
    """A number of modes, a share, and a divergence in nats."""

    modes: int
    good_samples: float
    reverse_kl: float


def mode_coverage(
    counts: np.ndarray,
    total: int,
    weights: np.ndarray | None = None,
    *,
    least: int = 1,
) -> ModeCoverageResult:
    """Computes the coverage of modes from counts of good samples.

    Formula: with `p` the shares of the good samples and `q` the weights, the
    reverse KL divergence is `sum p log(p / q)` over the modes with a good
    sample, in nats. Without any good sample it is its largest value,
    `-log(min q)`.

    Args:
        counts: Array of shape `(modes,)`: good samples in each mode.
        total: Positive integer. All samples, good or not.
        weights: Array of shape `(modes,)`, positive: how likely modes are, up
            to a factor. `None` means equally. Defaults to `None`.
        least: Positive integer. The number of good samples that a mode needs
            to count as covered. Defaults to `1`.

    Returns:
        The tuple `(modes, good_samples, reverse_kl)`: the number of covered
        modes, the share of good samples, and the divergence.

    Raises:
        TypeError: If `total` or `least` is not an integer.
        ValueError: If an argument is out of its range.

    Example:
    >>> keras_regan.metrics.mode_coverage([30, 30, 0, 0], total=80)
    ModeCoverageResult(modes=2, good_samples=0.75, reverse_kl=0.6931471805)

    Reference: [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761);
    the divergence: [Lin et al., 2017](https://arxiv.org/abs/1712.04086).
    """
    counts = _non_negative(counts, "counts")
    total = _validation.positive_integer(total, "total")
    least = _validation.positive_integer(least, "least")
    good = counts.sum()
    if good > total:
        raise ValueError(
            _validation.message("total", f"{good:.0f} or more", total)
        )
    likely = np.ones(len(counts))
    if weights is not None:
        likely = _non_negative(weights, "weights")
        if likely.shape != counts.shape or not likely.all():
            raise ValueError(
                _validation.message(
                    "weights", "a positive float for each mode", weights
                )
            )
    likely = likely / likely.sum()
    if good:
        hit = counts > 0
        shares = counts[hit] / good
        # Rounding could make it negative for equal shares.
        divergence = max(np.sum(shares * np.log(shares / likely[hit])), 0.0)
    else:
        divergence = -np.log(likely.min())
    covered = int((counts >= least).sum())
    return ModeCoverageResult(covered, float(good / total), float(divergence))


def _non_negative(values: Any, argument: str) -> np.ndarray:
    """Returns finite, non-negative numbers as a vector of float64."""
    array = np.asarray(values, "float64")
    if (
        array.ndim != 1
        or not array.size
        or not np.isfinite(array).all()
        or (array < 0).any()
    ):
        raise ValueError(
            _validation.message(
                argument, "a vector of non-negative numbers", values
            )
        )
    return array
