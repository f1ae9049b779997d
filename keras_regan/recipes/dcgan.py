"""The recipe that made convolutional GANs train."""

from keras_regan.losses import NonSaturating
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam


def dcgan() -> Recipe:
    """Returns DCGAN's arguments of `compile`.

    The oldest of the recipes that still works, and the quickest: for
    `keras_regan.networks.dcgan`, whose batch normalization it relies on. It
    regularizes nothing.

    * The loss is the non-saturating one.
    * Adam forgets its average of gradients soon (`beta_1` of 0.5), since the
      opponent changes; with 0.9 the training oscillated.

    It goes with batches of 128, and with latents that are uniform from -1 to
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
