"""Weight clipping, the first way to bound a critic's slope."""

from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._representation import as_call
from keras_regan._typing import Tensor
from keras_regan._validation import positive_float


@register
class WeightClipping(keras.constraints.Constraint):
    """Keeps every weight between two bounds.

    The first Wasserstein GAN bounded the slope of its critic in this way. It
    is an ordinary Keras constraint, which a layer applies after each step of
    the optimizer, so `RegularizedGAN` needs no setting for it. Gradient
    penalties came later and work better; use this one for comparisons.

    ```python
    def dense(units):
        return keras.layers.Dense(
            units,
            kernel_constraint=keras_regan.constraints.WeightClipping(0.01),
            bias_constraint=keras_regan.constraints.WeightClipping(0.01),
        )

    critic = keras.Sequential([
        keras.layers.Input((2,)), dense(64), keras.layers.ReLU(), dense(1)])
    generator, _ = keras_regan.networks.mlp((2,), latent_dim=2)
    gan = keras_regan.RegularizedGAN(generator, critic)
    gan.compile(
        generator_optimizer=keras.optimizers.RMSprop(5e-5),
        discriminator_optimizer=keras.optimizers.RMSprop(5e-5),
        loss=keras_regan.losses.Wasserstein(),
        discriminator_steps=5,
    )
    ```

    Formula: `w <- min(max(w, -limit), limit)` after the step

    Cost: two comparisons per weight.

    Args:
        limit: Positive float. Defaults to `0.01`.

    Call arguments:
        w: Tensor of weights.

    Returns:
        Tensor of the same shape.

    Raises:
        TypeError: If `limit` is not a number.
        ValueError: If `limit` is not positive or not finite.

    Example:
    >>> clip = keras_regan.constraints.WeightClipping(0.5)
    >>> ops.convert_to_numpy(clip(np.array([-2.0, 0.25]))).tolist()
    [-0.5, 0.25]

    Reference: [Arjovsky et al., 2017](https://arxiv.org/abs/1701.07875),
    algorithm 1.
    """

    __repr__ = as_call

    def __init__(self, limit: float = 0.01):
        self.limit = positive_float(limit, "limit")

    def __call__(self, w: Tensor) -> Tensor:
        """Returns the clipped weights."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"limit": self.limit}
