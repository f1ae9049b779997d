"""The spread of the batch as a feature of each sample."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor

_EPSILON = 1e-8


@register
class MinibatchStdDev(keras.layers.Layer):
    """Appends the standard deviation over the batch as further channels.

    Use it near the end of a discriminator, before its last layers: the network
    can then see that generated samples resemble each other more than real ones
    do, which counteracts mode collapse. The logits of a batch then depend on
    each other, and gradient penalties take this into account.

    The batch is divided into groups of `group_size` samples: sample `i`
    belongs to group `i mod (number of groups)`. If `group_size` does not
    divide the batch, no sample is left out or counted twice, but some groups
    have more samples; a batch smaller than that is one group.

    Formula: `mean_chw(sqrt(var_group(x) + 1e-8))`, with the variance of the
    population; appended to each sample of the group.

    Cost: one pass over the inputs, and `num_features` more channels.

    Args:
        group_size: Positive integer. Defaults to `4`.
        num_features: Positive integer. The channels are split into this many
            parts, each of which gives one channel; it must divide the number
            of channels. Defaults to `1`.
        data_format: `"channels_last"`, `"channels_first"` or `None`, which
            means `keras.config.image_data_format()`. It has no effect on
            inputs of shape `(batch, features)`. Defaults to `None`.
        **kwargs: `name`, `dtype` and so on, as for every layer.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`, `(batch, ..., channels)`
            or, with `"channels_first"`, `(batch, channels, ...)`.

    Returns:
        Tensor with `num_features` more channels. A batch of one has a
        deviation of 1e-4, the root of the epsilon.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If a number is not positive, if `data_format` is unknown,
            or, on building, if `num_features` does not divide the channels.

    Example:
    >>> layer = keras_regan.layers.MinibatchStdDev()
    >>> outputs = layer(np.array([[1.0], [-1.0], [1.0], [-1.0]]))
    >>> float(outputs[0, 1])
    1.0

    Reference: [Karras et al., 2017](https://arxiv.org/abs/1710.10196), section
    3; splitting the channels:
    [Karras et al., 2020](https://arxiv.org/abs/1912.04958), in their code.
    Differs from the authors' code: any batch size works; theirs must be a
    multiple of `group_size` or smaller than it. The computation is in float32
    at least.
    """

    def __init__(
        self,
        group_size: int = 4,
        num_features: int = 1,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.group_size = _validation.positive_integer(group_size, "group_size")
        self.num_features = _validation.positive_integer(
            num_features, "num_features"
        )
        if data_format is None:
            data_format = keras.config.image_data_format()
        self.data_format = _validation.one_of(
            data_format, "data_format", ("channels_first", "channels_last")
        )

    def build(self, input_shape: Shape) -> None:
        """Checks that the channels can be split."""
        channels = input_shape[self._channel_axis(len(input_shape))]
        if channels is None or channels % self.num_features:
            raise ValueError(
                _validation.message(
                    "num_features",
                    f"a divisor of the number of channels, {channels}",
                    self.num_features,
                )
            )

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the inputs with the deviations appended."""
        axis = self._channel_axis(len(inputs.shape))
        others = [a for a in range(1, len(inputs.shape)) if a != axis]
        batch_size = ops.shape(inputs)[0]
        groups = _at_least_one(batch_size // self.group_size)
        rows = -(-batch_size // groups)
        deviations = _deviations(inputs, batch_size, groups, rows)
        if others:
            deviations = ops.mean(deviations, axis=others)
        parts = ops.reshape(deviations, (groups, self.num_features, -1))
        features = ops.tile(ops.mean(parts, axis=-1), (rows, 1))[:batch_size]
        features = ops.expand_dims(ops.cast(features, inputs.dtype), others)
        shape = list(ops.shape(inputs))
        shape[axis] = self.num_features
        features = ops.broadcast_to(features, tuple(shape))
        return ops.concatenate([inputs, features], axis=axis)

    def _channel_axis(self, rank: int) -> int:
        return 1 if self.data_format == "channels_first" else rank - 1

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the inputs with more channels."""
        axis = self._channel_axis(len(input_shape))
        shape = list(input_shape)
        channels = shape[axis]
        if channels is not None:
            shape[axis] = channels + self.num_features
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "group_size": self.group_size,
            "num_features": self.num_features,
            "data_format": self.data_format,
        }


def _at_least_one(count: Any) -> Any:
    # A count that is known in advance stays an integer, as shapes need it.
    return max(count, 1) if isinstance(count, int) else ops.maximum(count, 1)


def _deviations(
    inputs: Tensor, batch_size: Any, groups: Any, rows: Any
) -> Tensor:
    """Returns the elements' deviations, of shape `(groups, ...)`."""
    dtype = keras.backend.standardize_dtype(inputs.dtype)
    inputs = ops.cast(inputs, keras.backend.result_type(dtype, "float32"))
    total = rows * groups
    # If the last row is short, samples with a weight of zero fill it up.
    dealt = ops.concatenate([inputs, inputs[: total - batch_size]], axis=0)
    dealt = ops.reshape(dealt, (rows, groups, *ops.shape(inputs)[1:]))
    counted = ops.cast(ops.arange(0, total) < batch_size, inputs.dtype)
    ones = [1] * (len(inputs.shape) - 1)
    counted = ops.reshape(counted, (rows, groups, *ones))
    size = ops.sum(counted, axis=0)
    mean = ops.sum(counted * dealt, axis=0) / size
    squares = counted * ops.square(dealt - mean)
    return ops.sqrt(ops.sum(squares, axis=0) / size + _EPSILON)
