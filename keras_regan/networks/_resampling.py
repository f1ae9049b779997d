"""Doubles and halves images, with each pixel a mean of its neighbours.

The interpolation has the filter [1, 3, 3, 1] / 8 along both axes, and zeros
around the image. This filter equals three means of two neighbours, one after
the other, so layers of Keras without weights can compute it.
"""

import keras

from keras_regan._typing import Tensor


def doubled(x: Tensor) -> Tensor:
    """Returns maps of twice the height and width, interpolated linearly."""
    # Repeating pixels acts as the first mean.
    x = keras.layers.UpSampling2D(2, interpolation="nearest")(x)
    x = keras.layers.ZeroPadding2D(1)(x)
    return _mean_of_neighbours()(_mean_of_neighbours()(x))


def halved(x: Tensor) -> Tensor:
    """Returns maps of half the height and width."""
    x = keras.layers.ZeroPadding2D(1)(x)
    x = _mean_of_neighbours()(_mean_of_neighbours()(x))
    return keras.layers.AveragePooling2D(2)(x)


def _mean_of_neighbours() -> keras.layers.Layer:
    return keras.layers.AveragePooling2D(2, strides=1)
