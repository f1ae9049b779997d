"""Distributions of latents."""

from collections.abc import Callable
from typing import Any
from typing import TypeAlias

import keras
from keras import ops

from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan._validation import message

Seed: TypeAlias = int | keras.random.SeedGenerator
#: A distribution by the user, called with a shape that includes the batch.
Draw: TypeAlias = Callable[[Shape, Seed], Tensor]


def checked_latents(latents: Any) -> Any:
    """Returns the distribution for the argument `latents` or its config."""
    if isinstance(latents, dict):
        latents = keras.saving.deserialize_keras_object(latents)
    named = isinstance(latents, str) and latents in DRAWS
    if latents is None or named or callable(latents):
        return latents
    raise ValueError(
        message(
            "latents",
            f"one of {sorted(DRAWS)}, a function `latents(shape, seed)`, or "
            "None for a generator that takes conditions only",
            latents,
        )
    )


def serialized_latents(latents: Any) -> Any:
    """Returns `latents` in a form for JSON, which `checked_latents` reads."""
    if latents is None or isinstance(latents, str):
        return latents
    return keras.saving.serialize_keras_object(latents)


def _normal(shape, seed):
    return keras.random.normal(shape, seed=seed)


def _uniform(shape, seed):
    return keras.random.uniform(shape, -1.0, 1.0, seed=seed)


def _on_sphere(shape, seed):
    """Returns random directions with the length of normal latents."""
    normal = keras.random.normal(shape, seed=seed)
    axes = list(range(1, len(shape)))
    squares = ops.mean(ops.square(normal), axis=axes, keepdims=True)
    return normal / ops.sqrt(squares)


def _truncated_normal(shape, seed):
    return keras.random.truncated_normal(shape, seed=seed)


#: The distributions that have a name.
DRAWS: dict[Any, Draw] = {
    "normal": _normal,
    "uniform": _uniform,
    "sphere": _on_sphere,
    "truncated_normal": _truncated_normal,
}
