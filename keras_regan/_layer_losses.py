"""What layers add to a loss by themselves."""

from typing import Any

import keras


def regularized_variables(network: keras.Model) -> list[keras.Variable]:
    """Returns the trainable weights that carry a regularizer."""
    return [
        variable
        for variable in network.trainable_variables
        if getattr(variable, "regularizer", None) is not None
    ]


def losses_of_latest_call(network: keras.Model) -> list[Any]:
    """Returns what layers added in the latest call of a network.

    Activity regularizers and `add_loss`, but not the regularizers of weights,
    which do not belong to a call.
    """
    # Keras lists the losses of weights last.
    losses = network.losses
    return losses[: len(losses) - len(regularized_variables(network))]
