"""A way back for what a step changes besides weights."""

import keras
from keras import ops

from keras_regan._typing import Tensor


class Undo:
    """Remembers the values of variables, within one step.

    Args:
        variables: List of variables. One that stands in it twice counts once.
    """

    def __init__(self, variables: list[keras.Variable]):
        self._variables = list({id(v): v for v in variables}.values())
        # Not what they will be.
        self._values = [ops.copy(v.value) for v in self._variables]

    def unless(self, taken: Tensor) -> None:
        """Gives the variables their values back unless the step was taken.

        Args:
            taken: Boolean scalar.
        """
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(ops.where(taken, variable.value, value))
