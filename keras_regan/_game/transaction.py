"""A step that is taken as a whole, or leaves no trace."""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops

from keras_regan._typing import Tensor


class Transaction:
    """What becomes of a block of `all_or_nothing`.

    Attributes:
        taken: Boolean scalar, for the block to set: whether all of it counts.
    """

    taken: Tensor | bool = True


@contextlib.contextmanager
def all_or_nothing(variables: list[keras.Variable]) -> Iterator[Transaction]:
    """Gives variables their values back unless what the block did counts.

    An optimizer with a loss scale leaves out steps whose gradients overflow.
    The overflow would stay for good in what else a step moves, as the moving
    statistics of layers.

    Args:
        variables: List of variables. One that stands in it twice counts once.
    """
    variables = list({id(v): v for v in variables}.values())
    before = [ops.copy(v.value) for v in variables]  # Not what they will be.
    transaction = Transaction()
    yield transaction
    for variable, value in zip(variables, before, strict=True):
        variable.assign(ops.where(transaction.taken, variable.value, value))
