"""The objectives of a search."""

from typing import NamedTuple

from keras_regan._validation import log_name
from keras_regan._validation import one_of


class Objective(NamedTuple):
    """A value in the logs, and whether to minimize or maximize it.

    The direction is required: a name alone does not tell a precision from a
    distance, and a wrong guess would find the worst factor.

    Args:
        name: String. A key of the logs, such as `"val_kd_features"`. Values
            for held-out data begin with `val_`.
        direction: `"min"` or `"max"`.

    Example:
    >>> keras_regan.search.Objective("val_recall", "max").name
    'val_recall'
    """

    name: str
    direction: str

    def check(self) -> None:
        """Checks the name and the direction.

        Raises:
            TypeError: If the name is not a string.
            ValueError: If the name is empty, or the direction is neither
                `"min"` nor `"max"`.
        """
        log_name(self.name)
        one_of(self.direction, "direction", {"min", "max"})

    @property
    def sign(self) -> float:
        """1 if less is better, else -1."""
        return 1.0 if self.direction == "min" else -1.0


def checked_objectives(objective: object) -> tuple[Objective, ...]:
    """Returns one objective or several as a tuple.

    Raises:
        TypeError: If it is neither an objective nor a list of objectives.
        ValueError: If there is none, or if one occurs twice.
    """
    several = [objective] if isinstance(objective, Objective) else objective
    if not isinstance(several, list | tuple) or not all(
        isinstance(entry, Objective) for entry in several
    ):
        raise TypeError(
            "Invalid value for argument `objective`. Expected "
            '`Objective("val_...", "min")` (or "max"), or a list of those. '
            f"Received: objective={objective!r}"
        )
    for entry in several:
        entry.check()
    names = [entry.name for entry in several]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "Invalid value for argument `objective`. Expected one objective "
            f"or several different ones. Received: objective={objective!r}"
        )
    return tuple(several)
