"""What an optimizer has made of a gradient."""

from typing import Optional

import keras
from keras import ops

from keras_regan._backend.keras_internals.optimizers import count_of_gradients
from keras_regan._typing import Tensor


class GradientCounts:
    """Tells whether an optimizer took a gradient, and whether it moved weights.

    A loss scale refuses gradients that overflow, and an optimizer that
    accumulates gradients moves weights with the last of several.

    Args:
        optimizer: Built Keras optimizer.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer):
        inner = optimizer.inner_optimizer if scales(optimizer) else optimizer
        self._optimizer = optimizer
        self._gradients = count_of_gradients(inner)

    @classmethod
    def of(
        cls, optimizer: keras.optimizers.Optimizer
    ) -> Optional["GradientCounts"]:
        """Returns `None` for an optimizer that moves with each gradient."""
        if scales(optimizer) or optimizer.gradient_accumulation_steps:
            return cls(optimizer)
        return None

    def now(self) -> tuple[Tensor, Tensor]:
        """Returns how many gradients were taken, and how many moves."""
        # Copies, because the optimizer changes its variables in place.
        return self._gradients.value + 0, self._optimizer.iterations + 0

    def since(self, before: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Returns whether a gradient was taken, and whether it moved weights.

        Args:
            before: What `now` returned before the gradient.
        """
        gradients, moves = before
        taken = ops.not_equal(self._gradients.value, gradients)
        return taken, ops.not_equal(self._optimizer.iterations, moves)


def scales(optimizer: keras.optimizers.Optimizer) -> bool:
    """Tells whether an optimizer scales the loss, and may skip steps."""
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
