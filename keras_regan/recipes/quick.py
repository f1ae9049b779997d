"""The recipe for the soonest good image on a processor."""

from keras_regan._typing import Schedule
from keras_regan.losses import NonSaturating
from keras_regan.recipes._adam import Recipe
from keras_regan.recipes._adam import adam


def quick(learning_rate: float | Schedule = 1e-3) -> Recipe:
    """Returns the arguments of `compile` for a good image within minutes.

    Use it with a narrow `keras_regan.networks.dcgan(image_shape, width=16)` on
    a processor, where steps are dear. Add regularizers to its lists:
    `recipe["generator_regularizers"].append(...)`.

    * Many cheap steps are better than few dear ones: narrow networks and
      batches of 32.
    * Batch normalization of both networks bears a learning rate that is five
      times DCGAN's.
    * The discriminator judges the samples that the generator has just learned
      from (`shared_samples`), which saves a pass of the generator.
    * The loss is the non-saturating one, and `beta_1` of Adam is 0.5, as in
      `keras_regan.recipes.dcgan`.

    It is for small images that are quickly learned. On photos of 64 pixels the
    discriminator wins. There `keras_regan.recipes.photos` had less than half
    the Frechet distance in the same time, and a DCGAN with a learning rate of
    0.0002 little more than half. Shared samples alone do as much harm: with
    them the distance of `keras_regan.recipes.photos` was twice as large after
    five epochs (`benchmarks/photos.py`, one seed).

    Use it with batches of 32 and a moving average of the generator:
    `RegularizedGAN(..., ema_momentum=0.995)`, or 0.999 in several minutes.

    Args:
        learning_rate: Positive float or schedule, of both networks. A wider
            network needs a smaller one: 0.0006 for `width=32`. Defaults to
            `1e-3`.

    Returns:
        Dictionary of `compile`'s arguments, of new objects.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.dcgan((28, 28, 1), width=4),
    ...     ema_momentum=0.995)
    >>> gan.compile(**keras_regan.recipes.quick())

    Reference: `benchmarks/time_to_quality.py`, which compares it with public
    examples by what processor seconds give. It is not published elsewhere.
    """
    return {
        "generator_optimizer": adam("generator", learning_rate, 0.5, 0.999),
        "discriminator_optimizer": adam(
            "discriminator", learning_rate, 0.5, 0.999
        ),
        "loss": NonSaturating(),
        "generator_regularizers": [],
        "discriminator_regularizers": [],
        "discriminator_steps": 1,
        "shared_samples": True,
    }
