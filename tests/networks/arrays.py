"""Arrays that go into networks, and those that come out."""

import keras
import numpy as np


def standard_normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def numpy(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor), "float64")


def shares_of_variance(generator, latent_dim, num_classes, count=50):
    """Returns how much of what differs is due to latents, and to labels."""
    latents = standard_normal(count, latent_dim)
    made = np.stack(
        [
            numpy(generator([latents, np.full(count, label, "int32")]))
            for label in range(num_classes)
        ]
    )
    every = made.var(axis=(0, 1)).sum()
    return {
        "latents": made.mean(axis=0).var(axis=0).sum() / every,
        "labels": made.mean(axis=1).var(axis=0).sum() / every,
    }
