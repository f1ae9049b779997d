"""Attributes that are set once."""

from typing import Any


class Fixed:
    """An attribute that cannot be changed: a compiled step has read its value.

    TensorFlow and JAX would silently keep the old value.

    Args:
        instead: Text that says what to use for a value that changes.
    """

    def __init__(self, instead: str):
        self._instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        try:
            return vars(instance)[self._name]
        except KeyError:
            raise AttributeError(
                f"`{type(instance).__name__}` has no attribute "
                f"`{self._name}`: its constructor did not call "
                "`super().__init__()`"
            ) from None

    def __set__(self, instance: Any, value: Any) -> None:
        if self._name in vars(instance):
            raise AttributeError(
                f"Attribute `{self._name}` of `{type(instance).__name__}` "
                "cannot be changed, since a compiled step has read it. "
                f"Expected {self._instead}, or a new object and a new "
                f"`compile`. Received: {self._name}={value!r}"
            )
        vars(instance)[self._name] = value


def fixed_factor() -> Fixed:
    """Returns the fixed attribute for the factor of a regularizer."""
    return Fixed(
        "a factor that is a variable, "
        "`keras_regan.penalties.AdjustableFactor` (for anything that is not a "
        "penalty: `keras_regan.penalties.Scheduled(..., factor=...)`)"
    )
