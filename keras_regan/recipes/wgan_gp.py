"""The recipe of the Wasserstein distance with a gradient penalty."""

from keras_regan.losses import Wasserstein
from keras_regan.penalties import WassersteinGradientPenalty
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam


def wgan_gp() -> Recipe:
    """Returns WGAN-GP's arguments of `compile`.

    It trains nearly any networks, and its loss falls as samples get better, at
    the cost of five updates of the discriminator for one of the generator. The
    discriminator must not have batch normalization:
    `keras_regan.networks.dcgan(..., discriminator_batch_normalization=False)`,
    or layer normalization.

    * The loss is the difference of the discriminator's means, which estimates
      a distance if its slope is one.
    * `WassersteinGradientPenalty(10.0)` keeps that slope near one.
    * `discriminator_steps=5` brings the estimate up to date before the
      generator uses it.
    * Adam has no average of gradients (`beta_1` of 0) and a short one of
      squares (`beta_2` of 0.9).

    Use it with batches of 64. Differs from the paper: the five updates see the
    same real samples, and new generated ones.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(**keras_regan.recipes.wgan_gp())

    Reference: [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028),
    algorithm 1. Some of [the authors' programs](
    https://github.com/igul222/improved_wgan_training) have a `beta_1` of 0.5,
    and for CIFAR-10 a learning rate of 0.0002 that falls to zero.
    """
    return {
        "generator_optimizer": adam("generator", 1e-4, 0.0, 0.9),
        "discriminator_optimizer": adam("discriminator", 1e-4, 0.0, 0.9),
        "loss": Wasserstein(),
        "generator_regularizers": [],
        "discriminator_regularizers": [WassersteinGradientPenalty(10.0)],
        "discriminator_steps": 5,
    }
