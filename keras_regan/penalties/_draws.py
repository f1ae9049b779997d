"""Random tensors for penalties, in the shape of other tensors."""

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan.penalties.step_context import StepContext


def normal_like(samples: Tensor, context: StepContext) -> Tensor:
    """Returns standard normal noise of the shape of `samples`."""
    dtype = keras.backend.standardize_dtype(samples.dtype)
    return keras.random.normal(
        ops.shape(samples), dtype=dtype, seed=context.seed
    )


def uniform_like(samples: Tensor, context: StepContext) -> Tensor:
    """Returns noise of the shape of `samples`, uniform in [0, 1)."""
    dtype = keras.backend.standardize_dtype(samples.dtype)
    return keras.random.uniform(
        ops.shape(samples), dtype=dtype, seed=context.seed
    )


def uniform_per_sample(samples: Tensor, context: StepContext) -> Tensor:
    """Returns one number in [0, 1) for each sample, shape `(batch, 1, ...)`."""
    dtype = keras.backend.standardize_dtype(samples.dtype)
    shape = (ops.shape(samples)[0],) + (1,) * (len(samples.shape) - 1)
    return keras.random.uniform(shape, dtype=dtype, seed=context.seed)
