"""The recipe for photos on a processor."""

from keras_regan._validation import positive_float
from keras_regan._validation import positive_integer
from keras_regan.losses import Relativistic
from keras_regan.penalties import R1
from keras_regan.penalties import R2
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam
from keras_regan.recipes._cosine import along_cosine

_INTERVAL = 4


def photos(
    steps: int, factor: float = 0.2, learning_rate: float = 5e-4
) -> Recipe:
    """Returns the arguments of `compile` for photos within an hour.

    Use it for photos from 64 pixels on, where the discriminator of
    `keras_regan.recipes.quick` wins, with
    `keras_regan.networks.dcgan(image_shape, width=32,
    discriminator_batch_normalization=False)`. Add regularizers of the
    generator to its list:
    `recipe["generator_regularizers"].append(...)`.

    It is `keras_regan.recipes.r3gan` for small networks and short trainings:

    * The relativistic loss ranks each generated sample against a real one.
    * `R1` and `R2` flatten the discriminator at real and at generated samples,
      in every fourth step, which saves most of their time but where XLA
      compiles for a processor, as on JAX. Batch normalization, which mixes
      samples, is not for a discriminator with them.
    * The learning rate is higher than R3GAN's, and falls along half a cosine
      to a tenth, as the factor does.
    * Adam has no average of gradients (`beta_1` of 0), since the opponent
      changes.

    Use it with batches of 32 and a moving average of the generator:
    `RegularizedGAN(..., ema_momentum=0.999)`.

    Drawings, which are learned more quickly, take half the width, twice the
    rate, and bear shared samples, which photos do not:
    `compile(**photos(steps, learning_rate=1e-3), shared_samples=True)` draws
    faces in four minutes (`benchmarks/time_to_quality.py`), with fewer kinds
    of hair than real ones.

    Args:
        steps: Positive integer. The number of steps of the training, that is
            epochs times batches. The schedules end there and stay constant.
        factor: Positive float. The factor of `R1` and `R2` at the beginning.
            Defaults to `0.2`.
        learning_rate: Positive float, of both networks at the beginning.
            Defaults to `5e-4`.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is not positive, or infinite.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.dcgan(
    ...         (64, 64, 3), width=4, discriminator_batch_normalization=False),
    ...     ema_momentum=0.999)
    >>> gan.compile(**keras_regan.recipes.photos(steps=40_000))

    Reference: loss and penalties of
    [Huang et al., 2024](https://arxiv.org/abs/2501.05441); their intervals, as
    of [Karras et al., 2020](https://arxiv.org/abs/1912.04958), the rates and
    the factor are ours. On cat faces of 64 pixels the Frechet distance of a
    DCGAN with `keras_regan.recipes.dcgan`'s loss and rate was a tenth larger
    after 43 processor minutes (`benchmarks/photos.py`, one seed).
    """
    steps = positive_integer(steps, "steps")
    factor = positive_float(factor, "factor")
    learning_rate = positive_float(learning_rate, "learning_rate")

    rate = along_cosine(learning_rate, 0.1, steps)
    return {
        "generator_optimizer": adam("generator", rate, 0.0, 0.99),
        "discriminator_optimizer": adam("discriminator", rate, 0.0, 0.99),
        "loss": Relativistic(),
        "generator_regularizers": [],
        "discriminator_regularizers": [
            R1(along_cosine(factor, 0.1, steps), interval=_INTERVAL),
            R2(along_cosine(factor, 0.1, steps), interval=_INTERVAL),
        ],
        "discriminator_steps": 1,
    }
