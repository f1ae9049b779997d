"""Finds the adjustable factor of a regularizer."""

import keras

from keras_regan import _validation
from keras_regan.penalties import AdjustableFactor


def adjustable_factor(model: keras.Model, name: str) -> AdjustableFactor:
    """Returns the factor of a regularizer of a compiled model.

    Args:
        model: A compiled `RegularizedGAN`.
        name: String. The regularizer's name in the logs.

    Raises:
        ValueError: If there is no such regularizer, or if its factor is a
            number or a schedule.
    """
    factors = model.regularizer_factors
    if name not in factors:
        raise ValueError(
            _validation.message("name", f"one of {sorted(factors)}", name)
        )
    factor = factors[name]
    if not isinstance(factor, AdjustableFactor):
        raise ValueError(
            f"The factor of `{name}` cannot be adjusted while training runs. "
            "Expected a `keras_regan.penalties.AdjustableFactor`, as in "
            "`Scheduled(regularizer, factor=AdjustableFactor(0.1))` or "
            f"`R1(AdjustableFactor(1.0))`. Received: {factor!r}"
        )
    return factor
