"""Batch normalization with a scale and an offset for each class."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan.layers._class_labels import class_ids
from keras_regan.layers._class_labels import first_shape


@register
class ConditionalBatchNormalization(keras.layers.Layer):
    """Normalizes over the batch, then scales and shifts by class.

    Class-conditional generators of images usually take the class in this way.
    Use it in place of each `BatchNormalization` layer of the generator.

    Formula: `gamma[label] * (x - mean) / sqrt(var + epsilon) + beta[label]`,
    with mean and variance of the whole batch, whatever the classes.

    Cost: as `BatchNormalization`, and two numbers per class and channel.

    Args:
        num_classes: Positive integer. Labels run from zero to below this.
        axis: Integer. The axis of the channels. Defaults to `-1`.
        momentum: Float in the interval [0, 1). The momentum of the moving
            averages for inference. Defaults to `0.9`: networks in a GAN change
            too quickly for Keras's 0.99.
        epsilon: Positive float. Added to the variance. Defaults to `1e-5`.
        **kwargs: `name`, `dtype` and so on, as for every layer.

    Call arguments:
        inputs: List of a tensor of shape `(batch, ..., channels)` and an
            integer tensor of labels, of shape `(batch,)` or `(batch, 1)`.
        training: Bool. As for `BatchNormalization`. Defaults to `False`.

    Returns:
        Tensor of the shape of the first input.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If a number is out of its range, or, on building, if the
            inputs are not a list of two.

    Example:
    >>> layer = keras_regan.layers.ConditionalBatchNormalization(10)
    >>> images, labels = np.ones((2, 8, 8, 3)), np.array([7, 0])
    >>> tuple(layer([images, labels]).shape)
    (2, 8, 8, 3)

    Reference: [de Vries et al., 2017](https://arxiv.org/abs/1707.00683), and in
    a generator [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637).
    Differs from the latter's code: epsilon is 1e-5 instead of 2e-5.
    """

    def __init__(
        self,
        num_classes: int,
        axis: int = -1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_classes = _validation.positive_integer(
            num_classes, "num_classes"
        )
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise TypeError(_validation.message("axis", "an integer", axis))
        self.axis = axis
        self.momentum = _validation.float_below_one(momentum, "momentum")
        self.epsilon = _validation.positive_float(epsilon, "epsilon")
        self.normalization = keras.layers.BatchNormalization(
            axis=axis,
            momentum=self.momentum,
            epsilon=self.epsilon,
            center=False,
            scale=False,
            dtype=self.dtype_policy,
            name="normalization",
        )

    def build(self, input_shape: list[Shape]) -> None:
        """Creates one scale and one offset for each class and channel."""
        shape = first_shape(input_shape, type(self).__name__)
        self.normalization.build(shape)
        # Flat, so that they do not count as kernels, which regularizers of
        # weights act on.
        channels: Any = shape[self.axis]
        weight_shape = (self.num_classes * channels,)
        self.gamma = self.add_weight(
            name="gamma", shape=weight_shape, initializer="ones"
        )
        self.beta = self.add_weight(
            name="beta", shape=weight_shape, initializer="zeros"
        )

    def call(self, inputs: list[Tensor], training: bool = False) -> Tensor:
        """Returns the normalized tensor."""
        x, labels = inputs
        labels = class_ids(labels)
        shape = [-1, *[1] * (len(x.shape) - 1)]
        shape[self.axis] = x.shape[self.axis]
        gamma, beta = (
            ops.reshape(self._of_classes(weight, labels), tuple(shape))
            for weight in (self.gamma, self.beta)
        )
        x = self.normalization(x, training=training)
        return ops.cast(gamma, x.dtype) * x + ops.cast(beta, x.dtype)

    def _of_classes(self, weight: keras.Variable, labels: Tensor) -> Tensor:
        rows = ops.reshape(weight, (self.num_classes, -1))
        return ops.take(rows, labels, axis=0)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape of the first input."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
