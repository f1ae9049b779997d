"""Random numbers, one for each sample, of shape `(batch, 1, ..., 1)`."""

import keras
from keras import ops

from keras_regan._typing import Tensor


def factors(
    samples: Tensor,
    center: float,
    reach: float,
    seed: keras.random.SeedGenerator,
) -> Tensor:
    """Returns uniform numbers from `center - reach` to `center + reach`."""
    return keras.random.uniform(
        _shape(samples),
        center - reach,
        center + reach,
        dtype=keras.backend.standardize_dtype(samples.dtype),
        seed=seed,
    )


def integers(
    samples: Tensor,
    first: int | Tensor,
    last: int | Tensor,
    seed: keras.random.SeedGenerator,
) -> Tensor:
    """Returns uniform whole numbers from `first` to `last`, both included."""
    return keras.random.randint(
        _shape(samples), first, last + 1, dtype="int32", seed=seed
    )


def chosen(
    samples: Tensor,
    probability: float | Tensor,
    seed: keras.random.SeedGenerator,
) -> Tensor:
    """Returns true with a probability: never with 0, always with 1."""
    draw = keras.random.uniform(_shape(samples), dtype="float32", seed=seed)
    return ops.less(draw, probability)


def _shape(samples: Tensor) -> tuple[int | Tensor, ...]:
    ones = [1] * (len(samples.shape) - 1)
    return (ops.shape(samples)[0], *ones)
