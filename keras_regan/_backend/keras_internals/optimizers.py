"""Counts of optimizers."""

import keras


def count_of_gradients(
    optimizer: keras.optimizers.Optimizer,
) -> keras.Variable:
    """Returns the variable that counts the gradients of an optimizer.

    Why: an optimizer that accumulates gradients shows only, as `iterations`,
        how often it has applied them.
    When it is gone: look for what `keras.optimizers.Optimizer.iterations`
        is divided from.
    """
    return next(v for v in optimizer.variables if v.name == "iteration")
