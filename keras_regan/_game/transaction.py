"""A step that is taken as a whole or not at all."""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops

from keras_regan._typing import Tensor


class Transaction:
    """The outcome of a block of `all_or_nothing`.

    Attributes:
        taken: Boolean scalar that the block sets: whether its changes count.
    """

    taken: Tensor | bool = True


@contextlib.contextmanager
def all_or_nothing(variables: list[keras.Variable]) -> Iterator[Transaction]:
    """Restores the values of variables unless the block sets `taken`.

    An optimizer with a loss scale skips steps whose gradients overflow. The
    overflow would stay in the other variables that a step changes, such as the
    moving statistics of layers.

    Args:
        variables: List of variables. A variable that is in it twice counts
            once.
    """
    variables = list({id(v): v for v in variables}.values())
    # Copies, because the block changes the variables in place.
    before = [ops.copy(v.value) for v in variables]
    transaction = Transaction()
    yield transaction
    for variable, value in zip(variables, before, strict=True):
        variable.assign(ops.where(transaction.taken, variable.value, value))
