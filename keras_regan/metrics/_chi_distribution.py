"""How far samples of a round Gaussian lie from its centre."""

import math

import numpy as np

_TOLERANCE = 1e-12


def share_within(deviations: float, dimensions: int) -> float:
    """Returns the share of samples within a number of standard deviations.

    This is the distribution function of chi-squared with a whole number of
    degrees of freedom, which is a finite sum.
    """
    half = deviations * deviations / 2
    if half == 0:
        return 0.0
    is_odd = dimensions % 2
    orders = np.arange(is_odd / 2, dimensions / 2)
    logarithms = (
        orders * math.log(half)
        - half
        - np.array([math.lgamma(order + 1) for order in orders])
    )
    outside = float(np.exp(logarithms).sum())
    if is_odd:
        outside += math.erfc(math.sqrt(half))
    return min(max(1.0 - outside, 0.0), 1.0)


def deviations_holding(share: float, dimensions: int) -> float:
    """Returns the number of standard deviations that hold a share of samples.

    It is the inverse of `share_within`, found by bisection.
    """
    low, high = 0.0, 1.0
    while share_within(high, dimensions) < share:
        high *= 2
    while high - low > _TOLERANCE * high:
        middle = (low + high) / 2
        if share_within(middle, dimensions) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2
