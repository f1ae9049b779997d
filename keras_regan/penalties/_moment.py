"""The random and other state of a network at one moment."""

import contextlib
from collections.abc import Iterator
from collections.abc import Sequence

import keras
from keras import ops

from keras_regan import _backend


class Moment:
    """Keeps the values of variables and all random state as they are now.

    Two passes that begin at one moment have the same dropout, the same
    augmentation and the same singular values, so that they differ only because
    of their inputs.

    Args:
        variables: The variables that a pass may change.
    """

    def __init__(self, variables: Sequence[keras.Variable]):
        self._variables = variables
        self._values = [ops.copy(variable.value) for variable in variables]
        self._random_states = _backend.random_states()

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        """Runs a block from this moment, and undoes its changes."""
        before = Moment(self._variables)
        self._restore()
        yield
        before._restore()

    def _restore(self) -> None:
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)
        if self._random_states:
            _backend.set_random_states(self._random_states)
