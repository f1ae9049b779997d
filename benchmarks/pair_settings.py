"""What may be added to a generator's loss so that its answers vary."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import keras
import numpy as np

import keras_regan as kr


class Task(NamedTuple):
    """What terms have to know of the task that they are used for.

    Attributes:
        image_shape: Shape of one image.
        latent_dim: Number of latents, which are normal.
        margin: How far apart real images of nearly one condition are.
        steps: How many steps are trained.
    """

    image_shape: tuple[int, ...]
    latent_dim: int
    margin: float
    steps: int


Terms = Callable[[float, Task], list]


class Setting(NamedTuple):
    """What is added to the generator's loss, and where pairs come from.

    Attributes:
        terms: Called with a factor and the task, returns regularizers.
        factor: The factor that was chosen.
        each: `samples_per_condition` of `compile`.
        nearest_of: That of `Reconstruction`, where there is one.
    """

    terms: Terms
    factor: float = 0.0
    each: int = 1
    nearest_of: int = 1


def none(factor: float, task: Task) -> list:
    return []


def pairwise(**more: Any) -> Terms:
    return lambda factor, task: [
        kr.regularizers.PairwiseDistance(
            factor, distance="l1", margin=task.margin, **more
        )
    ]


def mode_seeking(factor: float, task: Task) -> list:
    return [kr.regularizers.ModeSeeking(factor)]


def diversity_sensitive(factor: float, task: Task) -> list:
    # A ratio: two normal latents are 2 / sqrt(pi) apart.
    bound = task.margin / (2.0 / np.pi**0.5)
    return [kr.regularizers.DiversitySensitive(factor, bound=bound)]


def normalized_diversification(factor: float, task: Task) -> list:
    return [kr.regularizers.NormalizedDiversification(factor)]


def latent_reconstruction(factor: float, task: Task) -> list:
    inputs = x = keras.Input(task.image_shape)
    for width in (16, 32, 64):
        x = keras.layers.Conv2D(width, 4, strides=2, padding="same")(x)
        x = keras.layers.LeakyReLU(0.2)(x)
    outputs = keras.layers.Dense(task.latent_dim)(keras.layers.Flatten()(x))
    encoder = keras.Model(inputs, outputs)
    return [kr.penalties.LatentReconstruction(factor, encoder=encoder)]


def falling(terms: Terms, end: float = 0.1) -> Terms:
    """Returns terms whose factor falls to a share of what it was."""

    def scheduled(factor: float, task: Task) -> list:
        fall = keras.optimizers.schedules.PolynomialDecay(1.0, task.steps, end)
        return [
            kr.penalties.Scheduled(term, fall) for term in terms(factor, task)
        ]

    return scheduled


def with_l2(terms: Terms) -> Terms:
    """Returns terms and L2 of the generator's weights."""
    return lambda factor, task: [
        *terms(factor, task),
        kr.regularizers.L2(1e-5),
    ]


def of_conditions(
    pairwise_factor: float, bound_factor: float
) -> dict[str, Setting]:
    """Returns settings for generators with conditions, by what is compared.

    Args:
        pairwise_factor: The first factor of `PairwiseDistance`. Like all but
            that of `LatentReconstruction`, it falls to a tenth.
        bound_factor: That of `DiversitySensitive`.
    """
    distance = falling(pairwise())
    across = falling(pairwise(across_conditions=True))
    twice = "each condition twice"
    return {
        "none": Setting(none),
        f"PairwiseDistance, {twice}": Setting(
            distance, pairwise_factor, each=2
        ),
        "PairwiseDistance, second pass": Setting(distance, pairwise_factor),
        "PairwiseDistance, other conditions": Setting(across, pairwise_factor),
        f"ModeSeeking, {twice}": Setting(falling(mode_seeking), 0.1, each=2),
        f"DiversitySensitive, {twice}": Setting(
            falling(diversity_sensitive), bound_factor, each=2
        ),
        "LatentReconstruction": Setting(latent_reconstruction, 1.0),
        f"PairwiseDistance and L2, {twice}": Setting(
            with_l2(distance), pairwise_factor, each=2
        ),
    }


def four_of_each(factor: float) -> dict[str, Setting]:
    """Returns the setting that compares four samples of each condition."""
    name = "NormalizedDiversification, each condition four times"
    return {name: Setting(falling(normalized_diversification), factor, each=4)}
