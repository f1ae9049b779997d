"""Noise on all samples, which makes the two distributions overlap."""

from typing import Any

import keras

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import non_negative_float
from keras_regan.augmentations.augmentation import Augmentation


@register
class InstanceNoise(Augmentation):
    """Adds Gaussian noise to everything that the discriminator sees.

    Real and generated samples that lie on thin sets can be told apart without
    error, and the generator's gradient vanishes or points anywhere. Noise on
    both makes them overlap. It takes samples of any shape, so it is also the
    augmentation of `keras_regan.penalties.Consistency` for vectors and
    sequences. Gradient penalties have much the same effect and need no noise.

    Formula: `T(x) = x + deviation * e`, `e` standard normal

    Cost: one random number per element.

    Args:
        deviation: Non-negative float. In the units of the samples. Defaults
            to `0.1`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        seed: `keras.random.SeedGenerator`.

    Returns:
        Tensor of the same shape.

    Raises:
        TypeError: If `deviation` is not a number.
        ValueError: If `deviation` is negative or not finite.

    Example:
    >>> noise = keras_regan.augmentations.InstanceNoise(0.1)
    >>> points = np.zeros((4, 2), "float32")
    >>> tuple(noise(points, keras.random.SeedGenerator(0)).shape)
    (4, 2)

    Reference: [Sonderby et al., 2016](https://arxiv.org/abs/1610.04490),
    section 3; [Arjovsky and Bottou, 2017](https://arxiv.org/abs/1701.04862),
    section 3. Differs from the first: the deviation is constant instead of
    decreasing during training.
    """

    images_only = False

    def __init__(self, deviation: float = 0.1):
        self.deviation = non_negative_float(deviation, "deviation")

    def call(self, samples: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns samples with noise."""
        noise = keras.random.normal(
            keras.ops.shape(samples), dtype=samples.dtype, seed=seed
        )
        return samples + self.deviation * noise

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"deviation": self.deviation}
