"""The values of variables, for a step that may not count."""

from collections.abc import Sequence

import keras
from keras import ops

from keras_regan._typing import Tensor


class Snapshot:
    """Keeps the values that variables have now.

    An optimizer with a loss scale skips steps whose gradients overflow. The
    overflow would stay in the other variables that a step changes, such as the
    moving statistics of layers.

    Args:
        variables: List of variables. A variable that is in it twice counts
            once.
    """

    def __init__(self, variables: Sequence[keras.Variable]):
        self._variables = list({id(v): v for v in variables}.values())
        # Copies, because a step changes the variables in place.
        self._values = [ops.copy(v.value) for v in self._variables]

    def restore_unless(self, taken: Tensor | bool) -> None:
        """Restores the values unless a step was taken.

        Args:
            taken: Boolean scalar.
        """
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(ops.where(taken, variable.value, value))
