"""Norms of samples, over all axes but the batch."""

from keras import ops

from keras_regan._typing import Tensor

# Inside a square root it keeps the gradient finite at zero. It changes a norm
# of 1e-3 by less than a millionth.
_EPSILON = 1e-12


def squared_norms(samples: Tensor) -> Tensor:
    """Returns the squared L2 norm of each sample, shape `(batch,)`."""
    axes = tuple(range(1, len(samples.shape)))
    return ops.sum(ops.square(samples), axis=axes)


def norms(samples: Tensor) -> Tensor:
    """Returns the L2 norm of each sample, shape `(batch,)`."""
    return ops.sqrt(squared_norms(samples) + _EPSILON)


def mean_squared_norm(samples: Tensor) -> Tensor:
    """Returns the mean over samples of the squared L2 norm."""
    return ops.mean(squared_norms(samples))
