"""The recipe for networks with spectral normalization."""

import keras

from keras_regan._typing import Schedule
from keras_regan._validation import positive_integer
from keras_regan.losses import Hinge
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam

_LEARNING_RATE = 2e-4
_DISCRIMINATOR_STEPS = 5


def sngan(steps: int | None = None) -> Recipe:
    """Returns SNGAN's arguments of `compile`.

    Use it with networks whose discriminator has spectral normalization, which
    belongs to the layers and not to `compile`: `keras_regan.networks.resnet`,
    or your own layers wrapped in `keras_regan.layers.SpectralNormalization`.

    * The hinge loss trains the discriminator only where it is not sure.
    * `discriminator_steps=5` keeps the discriminator ahead, which its bounded
      slope allows.
    * Adam has no average of gradients (`beta_1` of 0) and a short one of
      squares (`beta_2` of 0.9).
    * With `steps`, the learning rate falls linearly from 0.0002 to zero.

    Use it with batches of 64. Differs from the paper: the five updates see the
    same real samples, and new generated ones.

    Args:
        steps: Positive integer, or `None`. The number of steps of the
            training, that is epochs times batches; 50,000 for the authors'
            CIFAR-10. `None` keeps the learning rate constant. Defaults to
            `None`.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Raises:
        TypeError: If `steps` is not an integer.
        ValueError: If `steps` is not positive.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.resnet((28, 28, 1), width=4))
    >>> gan.compile(**keras_regan.recipes.sngan(steps=50_000))

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957),
    equations 16 and 17, and
    [the authors' code](https://github.com/pfnet-research/sngan_projection) for
    residual networks on CIFAR-10. For ImageNet, the rate falls only in the
    last ninth of the steps.
    """
    if steps is not None:
        steps = positive_integer(steps, "steps")
    return {
        "generator_optimizer": adam("generator", _falling(steps, 1), 0.0, 0.9),
        "discriminator_optimizer": adam(
            "discriminator", _falling(steps, _DISCRIMINATOR_STEPS), 0.0, 0.9
        ),
        "loss": Hinge(),
        "generator_regularizers": [],
        "discriminator_regularizers": [],
        "discriminator_steps": _DISCRIMINATOR_STEPS,
    }


def _falling(steps: int | None, updates: int) -> float | Schedule:
    """Returns the learning rate for a number of updates in each step."""
    if steps is None:
        return _LEARNING_RATE
    return keras.optimizers.schedules.PolynomialDecay(
        _LEARNING_RATE, steps * updates, end_learning_rate=0.0
    )
