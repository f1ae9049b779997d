"""Random weights that keep the variance of what they are multiplied with."""

import keras

# Of every LeakyReLU in the networks for images, and what keeps the variance
# through it (He et al., 2015).
SLOPE = 0.2
_GAIN = 2.0 / (1.0 + SLOPE**2)


# Each call returns another one: layers that share one start from the same
# numbers.
def linear() -> keras.initializers.Initializer:
    """Returns the weights of a layer that no activation follows."""
    return _scaled(1.0, "fan_in")


def before_leaky_relu() -> keras.initializers.Initializer:
    """Returns the weights of a dense layer or of a convolution."""
    return _scaled(_GAIN, "fan_in")


def in_residual_block(
    blocks: int, layers: int
) -> keras.initializers.Initializer:
    """Returns the weights of a convolution before a LeakyReLU in a block.

    Each of `blocks` adds to the same sum, which the more of them, the smaller
    weights keep from growing (Fixup; Zhang et al., 2019). A block has a number
    of `layers`, of which the last starts at zero.
    """
    return _scaled(_GAIN * blocks ** (-1.0 / (layers - 1)), "fan_in")


def doubling() -> keras.initializers.Initializer:
    """Returns the weights of a transposed convolution with strides of 2."""
    # Each pixel meets a quarter of the kernel, whose last axis, "out" for
    # Keras, is that of the inputs.
    return _scaled(4.0, "fan_out")


def doubling_before_leaky_relu() -> keras.initializers.Initializer:
    """Returns the weights of such a one before a LeakyReLU."""
    return _scaled(4.0 * _GAIN, "fan_out")


def _scaled(scale: float, mode: str) -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(scale, mode, "untruncated_normal")
