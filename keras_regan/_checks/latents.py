"""Latents that a model with a distribution of its own has drawn."""

from typing import Any

import numpy as np
from keras import ops

from keras_regan._typing import Shape


def check_latents(latents: Any, latent_shape: Shape) -> None:
    """Raises unless an overridden `sample_latents` returned latents.

    Raises:
        TypeError: If they are no tensor.
        ValueError: If they have another shape.
    """
    if isinstance(latents, np.ndarray) or not hasattr(latents, "shape"):
        raise TypeError(
            "`sample_latents` must return a tensor, and so must a function "
            "given as `latents`, that was drawn with `keras.random` and "
            "`seed`: a compiled step would repeat any other for ever. "
            f"Received: {type(latents).__name__}"
        )
    shape = tuple(latents.shape)
    if len(shape) != 1 + len(latent_shape) or any(
        size not in (None, right)
        for size, right in zip(shape[1:], latent_shape, strict=True)
    ):
        sizes = ", ".join(map(str, latent_shape))
        raise ValueError(
            "`sample_latents` must return, and so must a function given as "
            f"`latents`, latents of shape (batch_size, {sizes}). Received: "
            f"shape {shape}"
        )


def check_fixed(latents: Any, again: Any) -> None:
    """Raises a `ValueError` for random latents that do not use the seed.

    Args:
        latents: What was drawn without use of the seed.
        again: What was drawn next.
    """
    if not np.array_equal(*map(ops.convert_to_numpy, (latents, again))):
        raise ValueError(
            "`sample_latents` must draw with `keras.random` and `seed`, and "
            "so must a function given as `latents`. Received: other numbers "
            "in each call that do not come from `seed`, as those of NumPy, "
            "which a compiled step would repeat for ever"
        )
