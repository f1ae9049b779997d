"""Labels of real samples, from which only the discriminator learns."""

from collections.abc import Iterable

from keras_regan._checks.conditions import Condition
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.interface import Interface
from keras_regan.penalties import Penalty

UNKNOWN = -1


class Labels(Conditions):
    """A class number for each real sample, or -1 where it is unknown.

    They come with the samples as conditions do, but no network takes them.

    Args:
        classes: The number of classes; `None` if it is unknown.
    """

    needed_by = "The discriminator learns to classify"

    def __init__(self, classes: int | None):
        super().__init__([Condition(None, (), "int32", classes, UNKNOWN)])

    @property
    def expected(self) -> str:
        """A description of a valid batch of labels."""
        return f"{super().expected}, {UNKNOWN} where a class is unknown"


def labels_for(
    penalties: Iterable[Penalty], interface: Interface
) -> Labels | None:
    """Returns the description of labels; `None` if no penalty reads them.

    Labels that the generator takes are conditions, none of which may be
    unknown.

    Args:
        penalties: The penalties of both networks.
        interface: The `Interface` of the two networks.
    """
    if interface.conditions is not None:
        return None
    if not any(penalty.reads_labels for penalty in penalties):
        return None
    return Labels(interface.classes)
