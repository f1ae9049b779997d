"""How latents are distributed."""

from collections.abc import Callable
from typing import Any
from typing import TypeAlias

import keras
from keras import ops

from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan._validation import message

Seed: TypeAlias = int | keras.random.SeedGenerator
#: What a distribution of one's own is: called with a shape, batch included.
Draw: TypeAlias = Callable[[Shape, Seed], Tensor]


def checked_latents(latents: Any) -> Any:
    """Returns what the argument `latents` says, also from its config."""
    if isinstance(latents, dict):
        latents = keras.saving.deserialize_keras_object(latents)
    named = isinstance(latents, str) and latents in _NAMED
    if latents is None or named or callable(latents):
        return latents
    raise ValueError(
        message(
            "latents",
            f"one of {sorted(_NAMED)}, a function `latents(shape, seed)`, or "
            "None for a generator that takes conditions only",
            latents,
        )
    )


def serialized_latents(latents: Any) -> Any:
    """Returns what `checked_latents` understands and JSON can hold."""
    if latents is None or isinstance(latents, str):
        return latents
    return keras.saving.serialize_keras_object(latents)


def drawn_latents(latents: str | Draw, shape: Shape, seed: Seed) -> Tensor:
    """Returns latents of a shape, batch included."""
    draw = _NAMED[latents] if isinstance(latents, str) else latents
    return draw(shape, seed)


def _normal(shape, seed):
    return keras.random.normal(shape, seed=seed)


def _uniform(shape, seed):
    return keras.random.uniform(shape, -1.0, 1.0, seed=seed)


def _on_sphere(shape, seed):
    """Returns directions, of the length that normal latents have."""
    normal = keras.random.normal(shape, seed=seed)
    axes = list(range(1, len(shape)))
    squares = ops.mean(ops.square(normal), axis=axes, keepdims=True)
    return normal / ops.sqrt(squares)


def _truncated_normal(shape, seed):
    return keras.random.truncated_normal(shape, seed=seed)


_NAMED = {
    "normal": _normal,
    "uniform": _uniform,
    "sphere": _on_sphere,
    "truncated_normal": _truncated_normal,
}
