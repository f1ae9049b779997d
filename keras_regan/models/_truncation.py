"""The truncation trick: normal latents within a bound."""

import math
from typing import Any

import keras
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import positive_float
from keras_regan.models._latents import Draw
from keras_regan.models._latents import Seed

_NORMAL = ("normal", "truncated_normal")


def checked_truncation(
    truncation: Any, latents: str | Draw | None, are_overridden: bool
) -> float | None:
    """Returns the bound of the latents, or `None` for no bound.

    Args:
        truncation: The user's bound, or `None`.
        latents: The distribution of the model's latents.
        are_overridden: Whether a subclass draws the latents itself.

    Raises:
        TypeError: If the bound is not a number.
        ValueError: If it is not positive, or if the latents are not normal.
    """
    if truncation is None:
        return None
    bound = positive_float(truncation, "truncation")
    if not are_overridden and latents in _NORMAL:
        return bound
    drawn = f"latents={getattr(latents, '__name__', repr(latents))}"
    if are_overridden:
        drawn = "a `sample_latents` of its own"
    raise ValueError(
        message(
            "truncation",
            f"None for a model with {drawn}, because only normal latents, "
            "those of latents='normal', can be truncated",
            truncation,
        )
    )


def drawn_within(latents: Tensor, bound: float, seed: Seed) -> Tensor:
    """Returns normal latents, those beyond a bound drawn again.

    Drawing again until a value is within the bound gives it the truncated
    normal distribution. So one draw from that is enough: by the inverse of its
    distribution function, from a uniform number. Float32 has few numbers for
    the tails of a wide distribution there, but then hardly a value is drawn
    again.

    Args:
        latents: Standard normal tensor.
        bound: The largest magnitude.
        seed: What the latents were drawn with.
    """
    share = math.erf(bound / math.sqrt(2.0))
    uniform = keras.random.uniform(
        ops.shape(latents), -share, share, dtype="float32", seed=_next(seed)
    )
    again = math.sqrt(2.0) * ops.erfinv(uniform)
    # Rounding may take a value past the bound.
    again = ops.cast(ops.clip(again, -bound, bound), latents.dtype)
    return ops.where(ops.abs(latents) > bound, again, latents)


def _next(seed: Seed) -> Seed:
    """Returns the seed of a second draw, independent of the first one."""
    if isinstance(seed, keras.random.SeedGenerator):
        return seed
    # As far from this and its neighbours as seeds can be: on PyTorch, the next
    # one gives the latents of another call.
    return (seed + 2**30) % 2**31
