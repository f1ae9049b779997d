"""Latents that a model with a distribution of its own has drawn."""

from typing import Any

import numpy as np


def check_latents(latents: Any, latent_dim: int) -> None:
    """Raises unless an overridden `sample_latents` returned latents.

    Raises:
        TypeError: If they are no tensor.
        ValueError: If they have another shape.
    """
    if isinstance(latents, np.ndarray) or not hasattr(latents, "shape"):
        raise TypeError(
            "`sample_latents` must return a tensor that was drawn with "
            "`keras.random` and `seed`: a compiled step would repeat any "
            f"other for ever. Received: {type(latents).__name__}"
        )
    shape = tuple(latents.shape)
    if len(shape) != 2 or shape[1] not in (None, latent_dim):
        raise ValueError(
            "`sample_latents` must return latents of shape "
            f"(batch_size, {latent_dim}). Received: shape {shape}"
        )


def frozen_latents() -> ValueError:
    """Returns the error for latents that are the same in all steps."""
    return ValueError(
        "`sample_latents` must draw with `keras.random` and `seed`. Received: "
        "numbers that are a constant of the compiled step, as those of NumPy "
        "are: every step would train on the same latents"
    )
