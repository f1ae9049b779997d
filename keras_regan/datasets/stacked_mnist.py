"""A thousand modes: three digits in the channels of one image."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan import _validation

_DIGITS = 10
# Images that are stacked at a time.
_CHUNK = 1000


def stacked_mnist(
    images: np.ndarray,
    labels: np.ndarray,
    count: int,
    seed: int = 0,
    value_range: tuple[float, float] = (-1.0, 1.0),
) -> tuple[np.ndarray, np.ndarray]:
    """Returns images of three random digits each, red, green and blue.

    This is the usual test for missing modes in images. It has 1,000 modes,
    which are equally likely except for the unequal numbers of digits in MNIST.
    `stacked_mnist_classifier` recognizes them for
    `keras_regan.metrics.ModeCoverage`.

    Published settings: a fixed set of 128,000 stacks of the 70,000 digits
    (training and test), judged on 26,000 samples (VEEGAN, PacGAN); new stacks
    for each step, judged on 25,600 (unrolled GAN). 128,000 stacks of 28 x 28
    pixels are 1.2 GB (1,204,224,000 bytes), and making them takes hardly more
    memory than that.

    Args:
        images: Array of digits, shape `(n, 28, 28)` or with an axis for one
            channel, uint8, as returned by `keras.datasets.mnist.load_data()`.
        labels: Array of integers from 0 to 9, shape `(n,)`.
        count: Positive integer. The number of stacks.
        seed: Non-negative integer. The same seed gives the same stacks.
            Defaults to `0`.
        value_range: Tuple of two increasing floats, the values of black and
            white in the result. Defaults to `(-1.0, 1.0)`.

    Returns:
        A tuple `(stacks, modes)`: float32 of shape `(count, 28, 28, 3)`, or
        `(count, 3, 28, 28)` if Keras's image data format is
        `"channels_first"`; and int32 of shape `(count,)`, with
        `100 * first + 10 * second + third`.

    Raises:
        TypeError: If `images` are not uint8 or `labels` not integers.
        ValueError: If an argument has another shape or is out of its range.

    Example:
    >>> digits = np.random.default_rng(0).integers(
    ...     0, 256, (100, 28, 28), dtype="uint8")
    >>> stacks, modes = keras_regan.datasets.stacked_mnist(
    ...     digits, np.arange(100) % 10, count=50)
    >>> stacks.shape, modes.shape
    ((50, 28, 28, 3), (50,))

    Reference: [Metz et al., 2016](https://arxiv.org/abs/1611.02163).
    """
    images = _checked_images(images)
    labels = _checked_labels(labels, len(images))
    count = _validation.positive_integer(count, "count")
    random = np.random.default_rng(_validation.random_seed(seed))
    # A table of values makes black and white exactly the ends of the range.
    values = np.linspace(*_checked_range(value_range), 256, dtype="float32")
    picked = random.integers(len(images), size=(count, 3))
    stacks = np.empty((count, 3, *images.shape[1:]), "float32")
    if keras.config.image_data_format() != "channels_first":
        stacks = np.empty((count, *images.shape[1:], 3), "float32")
    channels = np.moveaxis(stacks, _channel_axis(), 1)
    for first in range(0, count, _CHUNK):
        part = slice(first, first + _CHUNK)
        channels[part] = values[images[picked[part]]]
    return stacks, (labels[picked] @ [100, 10, 1]).astype("int32")


def stacked_mnist_classifier(classifier: keras.Model) -> keras.Model:
    """Returns a classifier of stacks, made from a classifier of digits.

    It classifies each channel on its own. Pass it to
    `keras_regan.metrics.ModeCoverage(classifier=...)`, which takes the most
    likely digit of each channel and counts 1,000 modes. The weights are those
    of `classifier`, not a copy.

    Args:
        classifier: Built Keras model from digits of shape
            `(batch, 28, 28, 1)`, in the values of the stacks, to
            probabilities or logits of shape `(batch, 10)`.

    Returns:
        A functional Keras model from stacks of shape `(batch, 28, 28, 3)` to
        `(batch, 3, 10)`. Saving and loading it does not need this package.

    Raises:
        TypeError: If `classifier` is not a Keras model.
        ValueError: If it is not built, or has other shapes.

    Example:
    >>> digits = keras.Sequential([
    ...     keras.Input((28, 28, 1)), keras.layers.Flatten(),
    ...     keras.layers.Dense(10, activation="softmax")])
    >>> stacks = keras_regan.datasets.stacked_mnist_classifier(digits)
    >>> stacks.output_shape
    (None, 3, 10)
    >>> metric = keras_regan.metrics.ModeCoverage(classifier=stacks)
    """
    expected = "a built Keras model from (batch, 28, 28, 1) to (batch, 10)"
    if not isinstance(classifier, keras.Model):
        raise TypeError(_validation.message("classifier", expected, classifier))
    # Keras models that are not built, or subclassed, have no such shapes.
    inputs: Any = getattr(classifier, "input_shape", None)
    outputs = getattr(classifier, "output_shape", None)
    axis = _channel_axis()
    if not _are_shapes_of_digits(inputs, outputs, axis):
        raise ValueError(
            _validation.message(
                "classifier", expected, f"a model from {inputs} to {outputs}"
            )
        )
    shape = list(inputs[1:])
    shape[axis - 1] = 3
    stacks = keras.Input(shape, name="stacks")
    digits = [classifier(c) for c in keras.ops.split(stacks, 3, axis=axis)]
    return keras.Model(
        stacks,
        keras.ops.stack(digits, axis=1),
        name=f"stacked_{classifier.name}",
    )


def _are_shapes_of_digits(inputs: Any, outputs: Any, axis: int) -> bool:
    return (
        isinstance(inputs, tuple)
        and isinstance(outputs, tuple)
        and len(inputs) == 4
        and inputs[axis] == 1
        and len(outputs) == 2
        and outputs[1] == _DIGITS
    )


def _channel_axis() -> int:
    return 1 if keras.config.image_data_format() == "channels_first" else 3


def _checked_images(images: Any) -> np.ndarray:
    """Returns digits of shape `(n, height, width)`."""
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(
            _validation.message("images.dtype", "uint8", str(images.dtype))
        )
    shape = images.shape
    if images.ndim == 4 and 1 in (shape[1], shape[3]):
        images = images.squeeze(3 if shape[3] == 1 else 1)
    if images.ndim != 3 or not images.size:
        raise ValueError(
            _validation.message(
                "images.shape", "(n, 28, 28) or (n, 28, 28, 1)", shape
            )
        )
    return images


def _checked_labels(labels: Any, count: int) -> np.ndarray:
    """Returns integers from 0 to 9 of shape `(n,)`."""
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(
            _validation.message(
                "labels.dtype", "an integer type", str(labels.dtype)
            )
        )
    if labels.shape not in ((count,), (count, 1)):
        raise ValueError(
            _validation.message("labels.shape", f"({count},)", labels.shape)
        )
    if labels.min() < 0 or labels.max() >= _DIGITS:
        raise ValueError(
            _validation.message(
                "labels",
                "integers from 0 to 9",
                f"from {labels.min()} to {labels.max()}",
            )
        )
    return labels.reshape(-1).astype("int32")


def _checked_range(value_range: Any) -> tuple[float, float]:
    expected = "a tuple of two increasing floats"
    if (
        isinstance(value_range, str)
        or not isinstance(value_range, Sequence)
        or not all(map(_validation.is_real_number, value_range))
    ):
        raise TypeError(
            _validation.message("value_range", expected, value_range)
        )
    if (
        len(value_range) != 2
        or not all(map(_validation.is_finite, value_range))
        or not value_range[0] < value_range[1]
    ):
        raise ValueError(
            _validation.message("value_range", expected, value_range)
        )
    return float(value_range[0]), float(value_range[1])
