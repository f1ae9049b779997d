"""Weights that penalties bring along, to be trained with a network's own."""

from collections.abc import Sequence

import keras

from keras_regan.penalties import Penalty


def trained_along(penalties: Sequence[Penalty]) -> list[keras.Variable]:
    """Returns what penalties train, each once; one that is off trains none."""
    variables = {
        id(variable): variable
        for penalty in penalties
        if penalty.factor != 0
        for variable in penalty.trained_variables
    }
    return list(variables.values())


def check_apart(
    role: str, penalties: Sequence[Penalty], networks: Sequence[keras.Model]
) -> None:
    """Raises a `ValueError` if what penalties train is of a network already.

    Args:
        role: `"generator"` or `"discriminator"`: whose penalties they are.
        penalties: The penalties.
        networks: The networks whose weights have an optimizer.
    """
    known = {id(v) for network in networks for v in network.variables}
    for penalty in penalties:
        for variable in penalty.trained_variables:
            if id(variable) in known:
                raise ValueError(
                    f"Invalid value for argument `{role}_regularizers`. "
                    f"Expected weights of its own in what `{penalty.name}` "
                    "trains along. Received: the variable "
                    f"`{variable.path}`, which is one of the two networks'"
                )
