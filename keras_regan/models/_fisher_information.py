"""How much the weights of a generator matter to its discriminator."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _backend
from keras_regan._game.networks import Networks
from keras_regan._typing import Tensor
from keras_regan.losses.adversarial_loss import logit_map


def fisher_information(
    networks: Networks,
    kernels: Sequence[keras.Variable],
    latents: Tensor | None,
    conditions: Sequence[Any] | None,
    count: int,
    variables: Sequence[keras.Variable],
    seed: keras.random.SeedGenerator,
) -> list[np.ndarray]:
    """Returns the mean of the squared gradients of single samples.

    Each gradient is that of one sample alone: the square of a gradient of
    several would be another number, near zero where they cancel out.

    Args:
        networks: The two networks.
        kernels: The weights whose information is estimated.
        latents: The latents of the samples; `None` if there are none.
        conditions: List of the conditions of the samples, or `None`.
        count: Number of samples.
        variables: All variables of the model.
        seed: Seed generator that a pass of the discriminator is handed.
    """

    def log_likelihood(latents, conditions):
        samples = networks.generate(latents, conditions, training=False).samples
        logits, _ = networks.discriminate(
            samples, conditions, training=False, seed=seed
        )
        heads = logits if isinstance(logits, list) else [logits]
        return -sum(ops.mean(ops.softplus(-logit_map(head))) for head in heads)

    def with_one_more(totals, latents, conditions):
        gradients = _backend.gradient(
            lambda: log_likelihood(latents, conditions), kernels
        )
        return [
            total + ops.square(ops.cast(gradient, "float32"))
            for total, gradient in zip(totals, gradients, strict=True)
        ]

    added = _backend.compiled(with_one_more, variables)
    totals = [ops.zeros(kernel.shape, "float32") for kernel in kernels]
    for index in range(count):
        totals = added(
            totals,
            None if latents is None else latents[index : index + 1],
            _row(conditions, index),
        )
    return [ops.convert_to_numpy(total) / count for total in totals]


def _row(conditions, index):
    if conditions is None:
        return None
    return [
        ops.convert_to_tensor(part[index : index + 1]) for part in conditions
    ]
