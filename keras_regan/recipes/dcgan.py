"""The recipe that made convolutional GANs train."""

from keras_regan.losses import NonSaturating
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam


def dcgan() -> Recipe:
    """Returns DCGAN's arguments of `compile`.

    This is the oldest recipe that still works, and the quickest. Use it with
    `keras_regan.networks.dcgan`, whose batch normalization it relies on. It
    has no regularizers.

    * The loss is the non-saturating one.
    * Adam has a short average of gradients (`beta_1` of 0.5), since the
      opponent changes; with 0.9 training oscillated.

    Use it with batches of 128, and with latents that are uniform from -1 to
    1: `RegularizedGAN(..., latents="uniform")`.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2), latents="uniform")
    >>> gan.compile(**keras_regan.recipes.dcgan())

    Reference: [Radford et al., 2016](https://arxiv.org/abs/1511.06434),
    section 4.
    """
    return {
        "generator_optimizer": adam("generator", 2e-4, 0.5, 0.999),
        "discriminator_optimizer": adam("discriminator", 2e-4, 0.5, 0.999),
        "loss": NonSaturating(),
        "generator_regularizers": [],
        "discriminator_regularizers": [],
        "discriminator_steps": 1,
    }
