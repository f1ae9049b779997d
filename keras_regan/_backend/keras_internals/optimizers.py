"""Counts of optimizers."""

import keras


def count_of_gradients(
    optimizer: keras.optimizers.Optimizer,
) -> keras.Variable:
    """Returns the variable that counts gradients that were not refused.

    A loss scale refuses a gradient that overflows.

    Why: an optimizer that accumulates gradients shows only, as `iterations`,
        how often it has applied them.
    When it is gone: look for what `keras.optimizers.Optimizer.iterations`
        is divided from.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return next(v for v in inner.variables if v.name == "iteration")
