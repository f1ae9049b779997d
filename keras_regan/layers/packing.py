"""Several samples as one, for a discriminator that judges them together."""

from typing import Any

import keras
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Shape
from keras_regan._typing import Tensor


@register
class Packing(keras.layers.Layer):
    """Packs several samples into one, so that they are judged together.

    Use it as the first layer of a discriminator: a collapse to few modes then
    shows within a pack, and the other layers need no change. The batch becomes
    smaller by `size`: the discriminator returns one logit for each pack, and
    losses are means over packs.

    Consecutive samples are packed. If `size` does not divide the batch, the
    last pack is filled up with the first samples of the batch. Labels are not
    packed, so use it in networks without classes. Metrics and penalties still
    count samples: `R1` is then the mean over samples of the squared gradient
    of the pack's logit.

    Formula: `(x_1, ..., x_size)`, concatenated along the channels.

    Cost: none; the discriminator sees fewer and wider samples.

    Args:
        size: Positive integer. The paper's m: samples in a pack. Defaults to
            `2`.
        data_format: `"channels_last"`, `"channels_first"` or `None`, which
            means `keras.config.image_data_format()`. It has no effect on
            inputs of shape `(batch, features)`. Defaults to `None`.
        **kwargs: `name`, `dtype` and so on, as for every layer.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`, `(batch, ..., channels)`
            or, with `"channels_first"`, `(batch, channels, ...)`.

    Returns:
        Tensor of `ceil(batch / size)` packs, with `size` times the channels:
        all channels of the first sample, then those of the second.

    Raises:
        TypeError: If `size` is not an integer.
        ValueError: If `size` is not positive, or if `data_format` is unknown.

    Example:
    >>> layer = keras_regan.layers.Packing(2)
    >>> ops.convert_to_numpy(layer(np.array([[1.0], [2.0], [3.0]])))
    array([[1., 2.],
           [3., 1.]], dtype=float32)

    Reference: [Lin et al., 2017](https://arxiv.org/abs/1712.04086). Differs
    from the authors' code: they draw each pack anew, so that one step sees
    `size` times as many samples; here a batch of the same size gives fewer
    logits.
    """

    def __init__(
        self, size: int = 2, data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.size = _validation.positive_integer(size, "size")
        if data_format is None:
            data_format = keras.config.image_data_format()
        self.data_format = _validation.one_of(
            data_format, "data_format", ("channels_first", "channels_last")
        )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the packs."""
        if self.size == 1:
            return inputs
        batch_size, *shape = ops.shape(inputs)
        packs = -(-batch_size // self.size)
        again = ops.concatenate([inputs] * (self.size - 1), axis=0)
        missing = packs * self.size - batch_size
        filled = ops.concatenate([inputs, again[:missing]], axis=0)
        packed = ops.reshape(filled, (packs, self.size, *shape))
        axis = self._channel_axis(len(inputs.shape))
        packed = ops.moveaxis(packed, 1, axis)
        shape[axis - 1] = shape[axis - 1] * self.size
        return ops.reshape(packed, (packs, *shape))

    def _channel_axis(self, rank: int) -> int:
        return 1 if self.data_format == "channels_first" else rank - 1

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the packs."""
        batch_size, *shape = input_shape
        axis = self._channel_axis(len(input_shape)) - 1
        if batch_size is not None:
            batch_size = -(-batch_size // self.size)
        channels = shape[axis]
        if channels is not None:
            shape[axis] = channels * self.size
        return (batch_size, *shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "size": self.size,
            "data_format": self.data_format,
        }
