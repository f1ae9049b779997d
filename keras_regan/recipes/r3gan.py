"""The recipe of two gradient penalties and a relativistic loss."""

from keras_regan._validation import positive_float
from keras_regan._validation import positive_integer
from keras_regan.losses import Relativistic
from keras_regan.penalties import R1
from keras_regan.penalties import R2
from keras_regan.recipes._adam import EPSILON
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._cosine import along_cosine
from keras_regan.recipes._scheduled_adam import ScheduledAdam


def r3gan(steps: int, factor: float = 1.0) -> Recipe:
    """Returns R3GAN's arguments of `compile`.

    Begin with this recipe: it keeps all modes and converges, at the cost of
    second-order gradients in every step. Use it with networks without batch
    normalization: `keras_regan.networks.r3gan`, or
    `keras_regan.networks.dcgan(..., discriminator_batch_normalization=False)`.

    * The relativistic loss ranks each generated sample against a real one, so
      the generator gains nothing by dropping modes.
    * `R1` and `R2` flatten the discriminator at real and at generated samples.
      Their factor falls along half a cosine to a tenth, for stability first
      and details later.
    * The learning rate falls in the same way, from 0.0002 to 0.00005.
    * Adam has no average of gradients (`beta_1` of 0), since the opponent
      changes. Its average of squares is short at first and grows longer:
      `beta_2` rises along half a cosine from 0.9 to 0.99. Keras's own Adam
      takes only a number; this is a subclass that takes a schedule.

    `factor` depends on the data. The authors' values, with their batch sizes:

    | images | `factor` | batch | average halves in |
    |---|---|---|---|
    | CIFAR-10 | 0.05 | 512 | 5,000,000 images |
    | ImageNet, 32x32 | 0.5 | 4096 | 50,000,000 images |
    | ImageNet, 64x64 | 1 | 4096 | 50,000,000 images |
    | FFHQ, 64x64 | 2 | 256 | 500,000 images |
    | FFHQ, 256x256 | 150 | 256 | 500,000 images |

    Two parts are not in this recipe. The moving average is an argument of the
    constructor: `RegularizedGAN(..., ema_momentum=0.5 ** (batch / images))`
    for one that halves in that number of images. The authors' average grows to
    this length along half a cosine; here it is constant, except in the first
    steps, in which it is shorter too. The authors also augment all samples
    that the discriminator sees, with a probability that rises to 0.3 or more:
    `compile(augmentation=keras_regan.augmentations.AdaptiveAugmentation())` is
    similar.

    Args:
        steps: Positive integer. The number of steps of the training, that is
            epochs times batches. The schedules end there and stay constant.
            The authors train on 20 million images, 200 million for ImageNet:
            39,063 steps of 512.
        factor: Positive float. The factor of `R1` and `R2` at the beginning,
            the paper's gamma. Defaults to `1.0`.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If `steps` or `factor` is not positive, or infinite.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.r3gan((32, 32, 3), width=16, blocks=1),
    ...     ema_momentum=0.999)
    >>> gan.compile(**keras_regan.recipes.r3gan(steps=39_063, factor=0.05))

    Reference: [Huang et al., 2024](https://arxiv.org/abs/2501.05441), and [the
    authors' code](https://github.com/brownvc/R3GAN) for the schedules.
    """
    steps = positive_integer(steps, "steps")
    factor = positive_float(factor, "factor")
    return {
        "generator_optimizer": _adam("generator", steps),
        "discriminator_optimizer": _adam("discriminator", steps),
        "loss": Relativistic(),
        "generator_regularizers": [],
        "discriminator_regularizers": [
            R1(along_cosine(factor, 0.1, steps)),
            R2(along_cosine(factor, 0.1, steps)),
        ],
        "discriminator_steps": 1,
    }


def _adam(role: str, steps: int) -> ScheduledAdam:
    return ScheduledAdam(
        learning_rate=along_cosine(2e-4, 0.25, steps),
        beta_1=0.0,
        beta_2=along_cosine(0.9, 1.1, steps),
        epsilon=EPSILON,
        name=role,
    )
