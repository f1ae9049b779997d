"""The moving average of a network's weights."""

import keras
from keras import ops

from keras_regan._copying.network_copier import NetworkCopier
from keras_regan._copying.network_copier import NoCopy
from keras_regan._typing import Tensor


def copy_of(network: keras.Model, name: str) -> keras.Model:
    """Returns a frozen copy of a network with the same weights.

    Raises:
        ValueError: If a layer of the network cannot be recreated.
    """
    try:
        return NetworkCopier().copy(network, name)
    except NoCopy as error:
        raise ValueError(
            "Invalid value for argument `ema_momentum`. Expected None for a "
            f"generator that cannot be copied for the average. {error} "
            f"Received: {error.__cause__}"
        ) from error


def update_average(
    average: keras.Model,
    network: keras.Model,
    momentum: float,
    step: Tensor,
    taken: Tensor | bool,
    makes_zeros: bool,
) -> None:
    """Moves the average towards the network.

    Formula, where `t` is the number of updates of the network so far:

    ```
    m = min(momentum, (1 + t) / (10 + t))
    average = m * average + (1 - m) * weight
    ```

    The second term lets the average forget the initial weights within some
    tens of steps (as `num_updates` of `tf.train.ExponentialMovingAverage`
    does). Moving statistics of normalization layers are averaged too. A
    skipped step leaves the average as it is. The average moves once a step,
    however many updates the step has, as in StarGAN v2, whose generator has
    two.

    If something makes weights exactly zero, such a weight is zero in the
    average too: a sparse network has a sparse average.
    """
    step = ops.cast(step, "float32")
    momentum = ops.minimum(momentum, (1.0 + step) / (10.0 + step))
    momentum = ops.where(taken, momentum, 1.0)
    for old, new in zip(average.weights, network.weights, strict=True):
        if keras.backend.is_float_dtype(old.dtype):
            rate = ops.cast(1.0 - momentum, old.dtype)
            moved = old + rate * (new - old)
            if makes_zeros:
                moved = moved * ops.cast(ops.not_equal(new, 0), moved.dtype)
            old.assign(moved)
        else:
            old.assign(new)
