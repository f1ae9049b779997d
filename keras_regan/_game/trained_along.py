"""Weights of penalties that are trained together with a network's own."""

from collections.abc import Sequence

import keras

from keras_regan.penalties import Penalty


def trained_along(penalties: Sequence[Penalty]) -> list[keras.Variable]:
    """Returns the weights of active penalties, each once."""
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
    """Raises a `ValueError` if a weight of a penalty belongs to a network.

    Args:
        role: `"generator"` or `"discriminator"`, the owner of the penalties.
        penalties: The penalties.
        networks: The networks whose weights have an optimizer.
    """
    known = {id(v) for network in networks for v in network.variables}
    for penalty in penalties:
        for variable in penalty.trained_variables:
            if id(variable) in known:
                raise ValueError(
                    f"Invalid value for argument `{role}_regularizers`. "
                    f"Expected `{penalty.name}` to train only weights of its "
                    f"own. Received: the variable `{variable.path}`, which "
                    "belongs to one of the two networks"
                )
