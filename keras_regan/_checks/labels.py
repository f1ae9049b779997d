"""Labels of real samples, from which the discriminator alone learns."""

from collections.abc import Iterable

from keras_regan._checks.conditions import Condition
from keras_regan._checks.conditions import Conditions
from keras_regan._checks.interface import Interface
from keras_regan.penalties import Penalty

UNKNOWN = -1


class Labels(Conditions):
    """A class number for each real sample, or -1 where it is unknown.

    They come beside the samples as conditions do, and no network is told them.

    Args:
        classes: How many classes there are, or `None` if the discriminator
            does not say.
    """

    needed_by = "The discriminator learns to classify"

    def __init__(self, classes: int | None):
        super().__init__([Condition(None, (), "int32", classes, UNKNOWN)])

    @property
    def expected(self) -> str:
        """What a batch of labels has to be, in words."""
        return f"{super().expected}, {UNKNOWN} where a class is unknown"


def labels_for(
    penalties: Iterable[Penalty], interface: Interface
) -> Labels | None:
    """Returns what labels have to be like, `None` if nobody learns from them.

    Labels that the generator is told are conditions, and no class of those may
    be unknown.

    Args:
        penalties: What stands in the two lists of regularizers.
        interface: What the two networks are called with.
    """
    if interface.conditions is not None:
        return None
    if not any(penalty.reads_labels for penalty in penalties):
        return None
    return Labels(interface.classes)
