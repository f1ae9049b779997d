"""Residual blocks without normalization, of grouped convolutions."""

import keras

from keras_regan._typing import Tensor
from keras_regan.networks import _initial_weights
from keras_regan.networks._image_layers import channel_axis
from keras_regan.networks._image_layers import leaky_relu

# The filters of a grouped convolution, as a multiple of those of its block.
EXPANSION = 2


class ResidualBlocks:
    """The residual blocks for maps of one size.

    Args:
        repeats: Number of blocks, one after the other.
        group_size: Channels of each group in their convolutions.
        number: How many blocks the whole network has.
    """

    def __init__(self, repeats: int, group_size: int, number: int):
        self._repeats = repeats
        self._group_size = group_size
        self._number = number

    def __call__(self, x: Tensor) -> Tensor:
        """Returns maps of the same shape."""
        size = x.shape[-2]
        for index in range(self._repeats):
            x = self._block(x, f"block_{size}_{index + 1}")
        return x

    def _block(self, x: Tensor, name: str) -> Tensor:
        filters = x.shape[channel_axis()]
        expanded = EXPANSION * filters
        y = self._activated(expanded, 1, 1, f"{name}_widened")(x)
        y = leaky_relu()(y)
        groups = expanded // self._group_size
        y = self._activated(expanded, 3, groups, f"{name}_grouped")(y)
        y = leaky_relu()(y)
        y = keras.layers.Conv2D(
            filters,
            1,
            use_bias=False,
            kernel_initializer=keras.initializers.Zeros(),
            name=f"{name}_narrowed",
        )(y)
        return keras.layers.Add(name=name)([x, y])

    def _activated(
        self, filters: int, kernel_size: int, groups: int, name: str
    ) -> keras.layers.Layer:
        """Returns a convolution that a LeakyReLU follows."""
        return keras.layers.Conv2D(
            filters,
            kernel_size,
            padding="same",
            groups=groups,
            kernel_initializer=_initial_weights.in_residual_block(
                self._number, layers=3
            ),
            name=name,
        )
