"""A penalty on how unevenly the generator stretches its latent space."""

from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import float_below_one
from keras_regan.penalties._draws import normal_like
from keras_regan.penalties._norms import norms
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class PathLength(Penalty):
    """Makes latent steps of equal size change samples by equal amounts.

    StyleGAN2's regularizer of the generator. It gives a smoother latent space,
    in which interpolation is even and projecting an image is easier. The
    target length is a moving average of the lengths seen so far.

    Formula: `factor * mean_i((||J_i^T y_i|| - a)^2)`

    `J_i` is the Jacobian of the sample at its latents, `y_i` normal noise of
    the sample's shape, divided by the square root of its number of pixels (the
    product of the spatial axes: one for vectors). Before that,
    `a <- momentum * a + (1 - momentum) * mean_i(||J_i^T y_i||)`, starting at
    zero, in every training step that computes the penalty. On several replicas
    each compares with the average that its own samples have updated; after the
    step all keep the average that the whole batch would give.

    Cost: one backward pass through the generator, differentiated once more; no
    further forward pass.

    Reads: `fake` and `latent_gradient`.

    Args:
        factor: Non-negative float or schedule. Defaults to `2.0`.
        momentum: Float in `[0, 1)`. The momentum of the average in each such
            step. Defaults to `0.99`.
        interval: Positive integer. The penalty is computed in every
            `interval`-th update and counts that many times. Defaults to `4`.
        **kwargs: `name`, as in `Penalty`.

    Raises:
        TypeError: If `momentum` is not a number.
        ValueError: If `momentum` is not in `[0, 1)`.

    Attributes:
        average: `keras.Variable`, the moving average `a`. It is saved with the
            model and does not change in `evaluate`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(generator_regularizers=[
    ...     keras_regan.penalties.PathLength(2.0)])

    Reference: [Karras et al., 2020](https://arxiv.org/abs/1912.04958), section
    3.2. Differs from the authors' code: it uses the latents instead of
    StyleGAN's intermediate ones, of which there is one for each layer, and the
    samples of the step instead of half as many new ones. As there, the average
    is updated before the comparison, and its part of the gradient is kept.
    """

    networks = ("generator",)

    def __init__(
        self,
        factor: Factor = 2.0,
        *,
        momentum: float = 0.99,
        interval: int = 4,
        **kwargs: Any,
    ):
        super().__init__(factor, interval=interval, **kwargs)
        self.momentum = float_below_one(momentum, "momentum")
        self.average = keras.Variable(
            0.0, dtype="float32", trainable=False, name="path_length_average"
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """The moving average of the lengths."""
        return [self.average]

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean squared distance of the lengths from the average."""
        pixels = 1
        for size in _spatial(ops.shape(context.fake)):
            pixels = pixels * size
        noise = normal_like(context.fake, context)
        noise = noise / ops.sqrt(ops.cast(pixels, noise.dtype))
        lengths = norms(context.latent_gradient(noise))
        before = ops.cast(self.average.value, lengths.dtype)
        average = before + (1.0 - self.momentum) * (ops.mean(lengths) - before)
        if context.training:
            moved = ops.cast(ops.stop_gradient(average), self.average.dtype)
            self.average.assign(moved)
        return ops.mean(ops.square(lengths - average))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "momentum": self.momentum}


def _spatial(shape: Any) -> Any:
    """Returns the sizes between the batch and the channels."""
    if keras.config.image_data_format() == "channels_first":
        return shape[2:]
    return shape[1:-1]
