"""The recipe of least squares."""

from keras_regan.losses import LeastSquares
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam


def lsgan() -> Recipe:
    """Returns LSGAN's arguments of `compile`.

    This is DCGAN's recipe with another loss, whose gradient does not vanish
    where the discriminator is sure. Use it with `keras_regan.networks.dcgan`
    if `keras_regan.recipes.dcgan` stops learning. It has no regularizers.

    * The loss pulls logits to 1 and 0 by their squared distance.
    * Adam has a `beta_1` of 0.5 and a high learning rate, 0.001, as for the
      authors' scenes; for Chinese characters they have 0.0002.

    Use it with batches of 64, and with latents that are uniform from -1 to
    1: `RegularizedGAN(..., latents="uniform")`.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2), latents="uniform")
    >>> gan.compile(**keras_regan.recipes.lsgan())

    Reference: [Mao et al., 2017](https://arxiv.org/abs/1611.04076), equation
    9, and [the authors' code](https://github.com/xudonmao/LSGAN), which sums
    over the batch where the paper and this take the mean.
    """
    return {
        "generator_optimizer": adam("generator", 1e-3, 0.5, 0.999),
        "discriminator_optimizer": adam("discriminator", 1e-3, 0.5, 0.999),
        "loss": LeastSquares(),
        "generator_regularizers": [],
        "discriminator_regularizers": [],
        "discriminator_steps": 1,
    }
