"""Images of twice and of half the size, each pixel a mean of its neighbours.

Interpolation with the filter [1, 3, 3, 1] / 8 along both axes, zeros around
the image. That filter is three means of two neighbours, one after the other,
so that layers of Keras without any weights do it.
"""

import keras

from keras_regan._typing import Tensor


def doubled(x: Tensor) -> Tensor:
    """Returns maps of twice the height and width, interpolated linearly."""
    # Repeating pixels is the first mean.
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
