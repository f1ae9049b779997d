"""JAX: the values of variables in nested scopes.

Keras's scopes do not see the values of an enclosing scope. Each frame therefore
starts with the values of the frame around it, and passes its assignments on to
that frame, so that tracers never leak out of the transformation that made them.
"""

import contextlib
import threading

import keras

from keras_regan._backend.keras_internals import layers

_local = threading.local()


class Frame:
    """A stateless scope together with the variables that it maps."""

    def __init__(self, variables, values):
        self.variables = variables
        self._scope = keras.StatelessScope(
            state_mapping=list(zip(variables, values, strict=True)),
            collect_losses=True,
        )
        self._start = self.values(variables)

    def values(self, variables):
        return [self._scope.get_current_value(v) for v in variables]

    def update(self, variables, values):
        for variable, value in zip(variables, values, strict=True):
            layers.assign_in_scope(self._scope, variable, value)

    def changed(self):
        """Returns the variables that were assigned inside the frame."""
        return [
            variable
            for variable, old in zip(self.variables, self._start, strict=True)
            if self._scope.get_current_value(variable) is not old
        ]

    @contextlib.contextmanager
    def active(self):
        outer = current_frame()
        _local.frame = self
        try:
            with self._scope:
                yield self
        finally:
            _local.frame = outer


def current_frame():
    return getattr(_local, "frame", None) or Frame([], [])


def nested_frame(outer, variables=(), values=()):
    """Returns a frame like `outer`, with other values for some variables."""
    replaced = dict(zip(map(id, variables), values, strict=True))
    return Frame(
        outer.variables,
        [
            replaced.get(id(variable), value)
            for variable, value in zip(
                outer.variables, outer.values(outer.variables), strict=True
            )
        ],
    )
