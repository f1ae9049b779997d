"""Passes the seed to losses that draw random numbers."""

import functools
import inspect
from collections.abc import Callable

import keras

from keras_regan._typing import Tensor


def takes_seed(method: Callable[..., Tensor]) -> bool:
    """Tells whether a method of a loss has an argument `seed`."""
    return "seed" in inspect.signature(method).parameters


def needs_seed(method: Callable[..., Tensor]) -> bool:
    """Tells whether a method cannot be called without `seed`."""
    argument = inspect.signature(method).parameters.get("seed")
    return argument is not None and argument.default is argument.empty


def with_seed(
    method: Callable[..., Tensor], seed: keras.random.SeedGenerator | None
) -> Callable[..., Tensor]:
    """Returns a method of a loss, with the seed if it asks for one."""
    if seed is not None and takes_seed(method):
        return functools.partial(method, seed=seed)
    return method
