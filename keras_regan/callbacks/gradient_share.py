"""A regularizer's share of the gradient, as a quantity to hold."""

from typing import Any

import keras
import numpy as np

from keras_regan._representation import as_call


class GradientShare:
    """Measures a regularizer's share of its network's gradient.

    Use it as the `measure` of `AdaptiveFactor`. It is measured on the same
    batch of real samples each time.

    Args:
        real: Array of real samples, one batch; for conditional models the
            tuple `(samples, conditions)`.

    Call arguments:
        model: A compiled `RegularizedGAN`.
        name: String. The regularizer's name in the logs.

    Returns:
        Float between 0 and 1, see `RegularizedGAN.gradient_share`.

    Example:
    >>> samples = np.random.default_rng(0).normal(size=(64, 2))
    >>> share = keras_regan.callbacks.GradientShare(samples)
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=4))
    >>> gan.compile(
    ...     generator_regularizers=[keras_regan.regularizers.L2(1e-3)])
    >>> 0 < share(gan, "g_l2") < 1
    True
    """

    __repr__ = as_call

    def __init__(self, real: Any):
        samples, conditions = real if isinstance(real, tuple) else (real, None)
        self._samples = np.asarray(samples, "float32")
        self._conditions = conditions

    def __call__(self, model: keras.Model, name: str) -> float:
        """Returns the share."""
        return model.gradient_share(name, self._samples, self._conditions)
