"""What an optimizer has made of a gradient."""

import keras
from keras import ops

from keras_regan._backend.keras_internals.optimizers import count_of_gradients
from keras_regan._typing import Tensor


class GradientCounts:
    """Tells whether an optimizer took a gradient, and whether it moved weights.

    A loss scale refuses gradients that overflow, and an optimizer that
    accumulates gradients moves weights with the last of several. All others
    take each gradient and move, so nothing is computed for them.

    Args:
        optimizer: Built Keras optimizer.

    Attributes:
        may_refuse: Whether a loss scale may refuse gradients.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer):
        self.may_refuse = isinstance(
            optimizer, keras.optimizers.LossScaleOptimizer
        )
        inner = optimizer.inner_optimizer if self.may_refuse else optimizer
        self._always_moves = (
            not self.may_refuse and inner.gradient_accumulation_steps is None
        )
        self._optimizer = optimizer
        self._gradients = count_of_gradients(inner)

    def now(self) -> tuple[Tensor, Tensor] | None:
        """Returns how many gradients were taken, and how many moves."""
        if self._always_moves:
            return None
        # Copies, because the optimizer changes its variables in place.
        return self._gradients.value + 0, self._optimizer.iterations + 0

    def since(
        self, before: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor | bool, Tensor | bool]:
        """Returns whether a gradient was taken, and whether it moved weights.

        Args:
            before: What `now` returned before the gradient.
        """
        if before is None:
            return True, True
        gradients, moves = before
        taken = ops.not_equal(self._gradients.value, gradients)
        return taken, ops.not_equal(self._optimizer.iterations, moves)
