"""Objects as hypothesis draws them: written down first, made later."""

import dataclasses
import math
import numbers
from typing import Any

import keras

import keras_regan as kr

# What enters a step in float32 may be multiplied a few times without an
# overflow that nobody could help.
MODERATE = 100.0


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A class by its public name, and the arguments that it is made with.

    Its text is code that makes it, so that a failure can be pasted.
    """

    name: str
    arguments: dict[str, Any]

    def make(self):
        """Returns the object, made of new ones."""
        made = keras if self.name.startswith("keras.") else kr
        for part in self.name.removeprefix("keras.").split("."):
            made = getattr(made, part)
        return made(**{k: make(v) for k, v in self.arguments.items()})

    def __repr__(self):
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.arguments.items())
        return f"{self.name}({arguments})"

    def _repr_pretty_(self, printer, cycle):
        printer.text(repr(self))


def make(value):
    """Returns what a recipe, or each of a list, says; others as they are."""
    if isinstance(value, Recipe):
        return value.make()
    if isinstance(value, list):
        return [make(entry) for entry in value]
    return value


def is_moderate(value):
    """Tells whether no number in a recipe is large enough to overflow."""
    if isinstance(value, Recipe):
        return is_moderate(list(value.arguments.values()))
    if isinstance(value, list | tuple):
        return all(is_moderate(entry) for entry in value)
    if isinstance(value, numbers.Real):
        return math.isfinite(value) and abs(value) <= MODERATE
    return True
