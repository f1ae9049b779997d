"""The recipe of lazy regularization of both networks."""

import keras

from keras_regan._typing import Factor
from keras_regan.losses import NonSaturating
from keras_regan.penalties import R1
from keras_regan.penalties import PathLength
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam

_GENERATOR_INTERVAL = 4
_DISCRIMINATOR_INTERVAL = 16


def stylegan2(factor: Factor = 10.0) -> Recipe:
    """Returns StyleGAN2's arguments of `compile`.

    It is good for large images: `R1` alone keeps training stable and, computed
    in one of 16 updates, costs next to nothing. The path length penalty
    differentiates through the generator twice; without it
    (`recipe["generator_regularizers"].clear()`) steps are cheaper and the
    latent space is less smooth.

    * The loss is the non-saturating one.
    * `R1(factor, interval=16)` flattens the discriminator at real samples;
      `keras_regan.recipes.r1_factor` returns a usual factor.
    * `PathLength(2.0, interval=4)` makes steps of one size in latent space
      change samples equally.
    * Adam has no average of gradients (`beta_1` of 0). Its learning rate is
      0.002 and its `beta_2` 0.99, corrected for the intervals `k`: the rate
      times `k / (k + 1)`, `beta_2` to that power.

    Use it with batches of 32 and a moving average of the generator that halves
    in 10,000 images: `RegularizedGAN(..., ema_momentum=0.5 ** (32 / 10_000))`,
    which is 0.9978. Bring your own networks; the authors' discriminator has a
    `keras_regan.layers.MinibatchStdDev`.

    Differs from the authors' code: there, a penalty has an update of its own,
    for which the correction makes up; here it is part of the update of the
    loss. So the discriminator moves by 6 % less than theirs per step, and the
    generator by 20 %.

    Args:
        factor: Non-negative float or schedule. The paper's gamma. Defaults to
            `10.0`, the authors' value for faces of 1024x1024.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Raises:
        TypeError: If `factor` is neither a number nor a schedule.
        ValueError: If `factor` is negative or not finite.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2), ema_momentum=0.998)
    >>> gan.compile(**keras_regan.recipes.stylegan2(factor=1.0))

    Reference: [Karras et al., 2020](https://arxiv.org/abs/1912.04958), section
    3 and appendix B, and [the authors' code](
    https://github.com/NVlabs/stylegan2), configuration F. The interval of the
    path length is the code's; the paper has 8.
    """
    return {
        "generator_optimizer": _adam("generator", _GENERATOR_INTERVAL),
        "discriminator_optimizer": _adam(
            "discriminator", _DISCRIMINATOR_INTERVAL
        ),
        "loss": NonSaturating(),
        "generator_regularizers": [
            PathLength(2.0, interval=_GENERATOR_INTERVAL)
        ],
        "discriminator_regularizers": [
            R1(factor, interval=_DISCRIMINATOR_INTERVAL)
        ],
        "discriminator_steps": 1,
    }


def _adam(role: str, interval: int) -> keras.optimizers.Adam:
    correction = interval / (interval + 1)
    return adam(role, 0.002 * correction, 0.0, 0.99**correction)
