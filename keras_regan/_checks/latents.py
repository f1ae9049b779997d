"""Checks of latents that a user's function or model has drawn."""

from typing import Any

import numpy as np
from keras import ops

from keras_regan._typing import Shape


def check_latents(latents: Any, latent_shape: Shape) -> None:
    """Raises unless latents are a tensor of the right shape.

    Raises:
        TypeError: If they are not a tensor.
        ValueError: If they have another shape.
    """
    if isinstance(latents, np.ndarray) or not hasattr(latents, "shape"):
        raise TypeError(
            "`sample_latents`, or a function given as `latents`, must return "
            "a tensor that was drawn with `keras.random` and `seed`: a "
            "compiled step would repeat anything else in each call. "
            f"Received: {type(latents).__name__}"
        )
    shape = tuple(latents.shape)
    if len(shape) != 1 + len(latent_shape) or any(
        size not in (None, right)
        for size, right in zip(shape[1:], latent_shape, strict=True)
    ):
        sizes = ", ".join(map(str, latent_shape))
        raise ValueError(
            "`sample_latents`, or a function given as `latents`, must return "
            f"latents of shape (batch_size, {sizes}). Received: shape {shape}"
        )


def check_fixed(latents: Any, again: Any) -> None:
    """Raises a `ValueError` for random latents that do not use the seed.

    Args:
        latents: Latents that were drawn without the seed.
        again: The latents of the next draw.
    """
    if not np.array_equal(*map(ops.convert_to_numpy, (latents, again))):
        raise ValueError(
            "`sample_latents`, or a function given as `latents`, must draw "
            "with `keras.random` and `seed`. Received: random numbers that do "
            "not come from `seed`, such as those of NumPy, which a compiled "
            "step would repeat in each call"
        )
