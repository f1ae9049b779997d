"""Seeds for draws that differ between replicas."""

from typing import Any

import keras

from keras_regan._backend import replicas
from keras_regan._typing import Tensor


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A generator of seeds that differ between the replicas of a step.

    The state is the same on all replicas, and they advance it together. On
    one replica it is a plain `keras.random.SeedGenerator`.
    """

    def next(self, *args: Any, **kwargs: Any) -> Tensor:
        """Returns the next seed of this replica."""
        return replicas.own_seed(super().next(*args, **kwargs))
