"""Penalties that make weights exactly zero after each update."""

import math
from collections.abc import Sequence

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


class ZeroMaker(Penalty):
    """A penalty that moves weights to zero and adds nothing to the loss."""

    makes_zeros = True

    def __call__(self, context: StepContext) -> Tensor:
        """Returns zero: nothing is added to the loss."""
        return ops.zeros((), "float32")

    def logged(self, added: Tensor, kernels: list[keras.Variable]) -> Tensor:
        """Returns the share of weights that are zero."""
        return share_of_zeros(kernels) if kernels else added


def soft_threshold(weights: Tensor, threshold: Tensor) -> Tensor:
    """Returns weights that are nearer to zero by a threshold, or zero."""
    weights = ops.convert_to_tensor(weights)
    size = ops.absolute(weights) - ops.cast(threshold, weights.dtype)
    return ops.sign(weights) * ops.relu(size)


def share_of_zeros(kernels: Sequence[keras.Variable]) -> Tensor:
    """Returns the share of weights that are zero, as a float32 scalar."""
    zeros = [
        ops.sum(ops.cast(ops.equal(kernel, 0), "float32")) for kernel in kernels
    ]
    return sum(zeros) / number_of(kernels)


def number_of(kernels: Sequence[keras.Variable]) -> int:
    """Returns how many weights there are."""
    return sum(math.prod(kernel.shape) for kernel in kernels)
