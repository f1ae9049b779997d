"""What a batch of training data must be like."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Shape
from keras_regan._validation import message


def split(data: Any, labels: Any = None) -> tuple[Any, Any]:
    """Returns `(samples, labels)` of what Keras hands to a step.

    Raises:
        ValueError: If there are sample weights.
    """
    if labels is None:
        data, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise ValueError(
                "Invalid value for argument `sample_weight`. Expected None: "
                "the loss of a GAN has no weights for samples. Received: "
                "sample weights"
            )
    if labels is None and isinstance(data, list | tuple) and len(data) == 2:
        data, labels = data
    return data, labels


def check_labels(labels: Any, conditional: bool) -> None:
    """Raises a `ValueError` unless labels are given just when needed."""
    if conditional and labels is None:
        raise ValueError(
            "The networks are class-conditional and got no labels. Expected "
            "data of the form (samples, labels). Received: samples only"
        )
    if not conditional and labels is not None:
        raise ValueError(
            "The networks are not class-conditional and got labels. Expected "
            "samples only, or a generator and a discriminator with a second "
            "input for labels. Received: (samples, labels)"
        )


def check_samples(samples: Any, sample_shape: Shape) -> None:
    """Raises a `ValueError` unless samples are floats of the right shape.

    Args:
        samples: What has a shape, batch included, and a dtype.
        sample_shape: The shape of what the generator makes, without batch.
    """
    shape = tuple(samples.shape)
    if len(shape) != len(sample_shape) + 1 or any(
        a is not None and b is not None and a != b
        for a, b in zip(shape[1:], sample_shape, strict=True)
    ):
        raise ValueError(
            "The data does not have the shape of what the generator makes. "
            f"Expected samples of shape {(None, *sample_shape)}. "
            f"Received: shape {shape}"
        )
    dtype = keras.backend.standardize_dtype(samples.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise ValueError(
            "The data must be floats in the generator's range of values. "
            "Expected, for images with values from 0 to 255 and a generator "
            "that ends in tanh, `images.astype('float32') / 127.5 - 1`. "
            f"Received: dtype {dtype}"
        )


def check_source(
    x: Any, y: Any, sample_shape: Shape, conditional: bool
) -> None:
    """Checks whatever of `x` and `y` can be checked before a batch is drawn.

    Arrays, tensors and `tf.data.Dataset`s say their shape and type in
    advance; of other sources each batch is checked as it comes.
    """
    specification = getattr(x, "element_spec", None)
    if specification is not None:
        x, y = split(specification)
    elif not hasattr(x, "shape"):
        return
    if hasattr(x, "dtype") and getattr(x.shape, "rank", 0) is not None:
        check_samples(x, sample_shape)
        check_labels(y, conditional)
        _check_count(x, y)


def _check_count(x: Any, y: Any) -> None:
    shape = getattr(y, "shape", None)
    if shape and x.shape[0] != shape[0]:
        raise ValueError(
            "Expected as many labels as samples. Received: "
            f"{x.shape[0]} samples and {shape[0]} labels"
        )


def check_not_empty(x: Any, argument: str) -> None:
    """Raises a `ValueError` for data that is known to be empty."""
    try:
        count = len(x)
    except (TypeError, NotImplementedError):  # It does not know its length.
        return
    if not count:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected one sample or "
            f"more. Received: {type(x).__name__} of length 0"
        )


def no_batches(x: Any) -> ValueError:
    """Returns the error for data that turned out to be empty."""
    return ValueError(
        "Invalid value for argument `x`. Expected one batch or more. "
        f"Received: {type(x).__name__} that has none, so nothing was trained"
    )


def refuse_weights(arguments: dict[str, Any]) -> None:
    """Raises a `ValueError` for weights, which would be ignored."""
    for argument in ("class_weight", "sample_weight"):
        value = arguments.get(argument)
        if value is not None:
            raise ValueError(
                f"Invalid value for argument `{argument}`. Expected None: the "
                "loss of a GAN has no weights for samples or classes. "
                f"Received: {argument} of type {type(value).__name__}"
            )


def labels_for(n: int, labels: Any, label_shape: Shape) -> np.ndarray:
    """Returns `n` labels, of one label or of `n`, in the network's shape.

    Raises:
        TypeError: If they are not numbers.
        ValueError: If there is another number of them.
    """
    expected = f"one label, or n={n} of them"
    try:
        array = ops.convert_to_numpy(labels)
    except ValueError:  # Rows of different lengths.
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise TypeError(message("labels", expected, labels))
    if array.ndim == 0:
        return np.full((n,), array)
    if len(array) != n:
        raise ValueError(
            f"Invalid value for argument `labels`. Expected {expected}. "
            f"Received: {len(array)} labels"
        )
    if None not in label_shape and array.size == n * math.prod(label_shape):
        return array.reshape((n, *label_shape))
    return array
