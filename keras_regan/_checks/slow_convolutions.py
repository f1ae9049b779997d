"""A check for layers that are slow where they are to be trained."""

import math
import warnings
from collections.abc import Sequence

import keras

from keras_regan import _backend
from keras_regan._checks.networks import layers_inside
from keras_regan.layers import Conv2DTranspose

# Multiplications for a sample. They take about a millisecond more than they
# need to in each step, so that fewer are not worth a word.
_MANY = 1_000_000
# The height or width of images of any size.
_USUAL_SIZE = 16


def warn_of_slow_convolutions(
    networks: Sequence[keras.Model], stacklevel: int
) -> None:
    """Warns if networks have slow layers for which this package has fast ones.

    These are Keras's transposed convolutions with strides on JAX and a CPU.
    Small ones are no reason for a warning.

    Args:
        networks: Built Keras models.
        stacklevel: As in `warnings.warn`, from here.
    """
    slow = [layer for network in networks for layer in slow_layers(network)]
    if sum(_multiplications(layer) for layer in slow) < _MANY:
        return
    names = ", ".join(dict.fromkeys(f"`{layer.name}`" for layer in slow))
    warnings.warn(
        "JAX computes the gradients of strided transposed convolutions many "
        f"times slower than others on a CPU (layers: {names}). Use "
        "`keras_regan.layers.Conv2DTranspose` instead of "
        "`keras.layers.Conv2DTranspose`: it has the same arguments and "
        "weights, and computes the same numbers.",
        stacklevel=stacklevel + 1,
    )


def slow_layers(network: keras.Model) -> list[keras.layers.Conv2DTranspose]:
    """Returns the layers of a network that are slow here, and need not be."""
    if not _backend.transposes_slowly():
        return []
    return [
        layer
        for layer in layers_inside(network)
        if isinstance(layer, keras.layers.Conv2DTranspose)
        and not isinstance(layer, Conv2DTranspose)
        and layer.built
        and max(layer.strides) > 1
    ]


def _multiplications(layer: keras.layers.Conv2DTranspose) -> int:
    """Returns how many multiplications a layer needs for one sample."""
    shape = (layer.get_build_config() or {}).get("input_shape") or ()
    sizes = list(shape[1:])
    axis = 0 if layer.data_format == "channels_first" else -1
    if sizes:
        del sizes[axis]
    places = math.prod(size or _USUAL_SIZE for size in sizes)
    return places * math.prod(layer.kernel.shape)
