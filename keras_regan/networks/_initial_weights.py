"""Random initial weights that preserve the variance of their inputs."""

import keras

# The slope of every LeakyReLU in the networks for images, and the gain that
# preserves the variance through it (He et al., 2015).
SLOPE = 0.2
_GAIN = 2.0 / (1.0 + SLOPE**2)


# Each call returns a new initializer: layers that share one start from the
# same numbers.
def linear() -> keras.initializers.Initializer:
    """Returns the initializer for a layer that no activation follows."""
    return _scaled(1.0, "fan_in")


def before_leaky_relu() -> keras.initializers.Initializer:
    """Returns the initializer for a layer that a LeakyReLU follows."""
    return _scaled(_GAIN, "fan_in")


def in_residual_block(
    blocks: int, layers: int
) -> keras.initializers.Initializer:
    """Returns the initializer for a convolution in a residual block.

    All `blocks` add to the same sum. Weights that are smaller for more blocks
    keep it from growing (Fixup; Zhang et al., 2019). A block has a number of
    `layers`, of which the last starts at zero; a LeakyReLU follows the others.
    """
    return _scaled(_GAIN * blocks ** (-1.0 / (layers - 1)), "fan_in")


def doubling() -> keras.initializers.Initializer:
    """Returns the initializer for a transposed convolution of strides 2."""
    # Each pixel uses a quarter of the kernel. Its last axis, which Keras calls
    # "out", is that of the inputs.
    return _scaled(4.0, "fan_out")


def doubling_before_leaky_relu() -> keras.initializers.Initializer:
    """Returns the same as `doubling` for a layer that a LeakyReLU follows."""
    return _scaled(4.0 * _GAIN, "fan_out")


def _scaled(scale: float, mode: str) -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(scale, mode, "untruncated_normal")
