"""The optimizer of all recipes, with one learning rate and two averages."""

from typing import Any
from typing import TypeAlias

import keras

from keras_regan._typing import Schedule

Recipe: TypeAlias = dict[str, Any]
# The value of Adam's authors and of all these programs; Keras has 1e-7.
EPSILON = 1e-8


def adam(
    role: str, learning_rate: float | Schedule, beta_1: float, beta_2: float
) -> keras.optimizers.Adam:
    """Returns a new optimizer, named in the logs after its network."""
    return keras.optimizers.Adam(
        learning_rate, beta_1, beta_2, epsilon=EPSILON, name=role
    )
