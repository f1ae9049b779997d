"""What a batch of training data must be like."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Shape
from keras_regan._typing import Tensor
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
    if shape[0] == 0:
        raise ValueError(
            "The data is empty. Expected at least one sample. Received: "
            f"shape {shape}"
        )
    dtype = _dtype_name(samples)
    if not dtype.startswith(("float", "bfloat")):
        raise ValueError(
            "The data must be floats in the generator's range of values. "
            "Expected, for images with values from 0 to 255 and a generator "
            "that ends in tanh, `images.astype('float32') / 127.5 - 1`. "
            f"Received: dtype {dtype}"
        )


def check_latents(latents: Any, latent_dim: int) -> None:
    """Raises unless an overridden `sample_latents` returned latents.

    Raises:
        TypeError: If they are no tensor.
        ValueError: If they have another shape.
    """
    if isinstance(latents, np.ndarray) or not hasattr(latents, "shape"):
        raise TypeError(
            "`sample_latents` must return a tensor that was drawn with "
            "`keras.random` and `seed`: a compiled step would repeat any "
            f"other for ever. Received: {type(latents).__name__}"
        )
    shape = tuple(latents.shape)
    if len(shape) != 2 or shape[1] not in (None, latent_dim):
        raise ValueError(
            "`sample_latents` must return latents of shape "
            f"(batch_size, {latent_dim}). Received: shape {shape}"
        )


def frozen_latents() -> ValueError:
    """Returns the error for latents that are the same in all steps."""
    return ValueError(
        "`sample_latents` must draw with `keras.random` and `seed`. Received: "
        "numbers that are a constant of the compiled step, as those of NumPy "
        "are: every step would train on the same latents"
    )


def is_no_class(labels: Tensor, num_classes: int | None) -> Tensor:
    """Tells of each label whether it numbers no class, in a step.

    Args:
        labels: Tensor of numbers.
        num_classes: How many there are, or `None` if that is not known.
    """
    if num_classes is None:
        return ops.zeros_like(labels, dtype="bool")
    labels = ops.cast(labels, "float32")
    return ops.logical_or(labels < 0, labels > num_classes - 1)


def check_label_batch(labels: Any, label_shape: Shape) -> None:
    """Raises unless labels are numbers of the shape that networks take.

    Args:
        labels: What has a shape, batch included, and a dtype.
        label_shape: The shape of one sample's label.

    Raises:
        TypeError: If they are not an array of numbers.
        ValueError: If they have another shape.
    """
    if not hasattr(labels, "shape"):
        raise TypeError(
            "Invalid value for argument `y`. Expected one array or tensor of "
            f"labels. Received: an object of type {type(labels).__name__}"
        )
    dtype = _dtype_name(labels)
    if dtype != "bool" and not dtype.startswith(
        ("int", "uint", "float", "bfloat")
    ):
        raise TypeError(
            "Invalid value for argument `y`. Expected labels that are "
            f"numbers. Received: dtype {dtype}"
        )
    shape = tuple(labels.shape)
    # Keras adds or drops a last axis of one.
    fitting = [label_shape, (*label_shape, 1)]
    if label_shape[-1:] == (1,):
        fitting.append(label_shape[:-1])
    if not shape or not any(
        len(shape) == len(right) + 1
        and all(
            a is None or b is None or a == b
            for a, b in zip(shape[1:], right, strict=True)
        )
        for right in fitting
    ):
        raise ValueError(
            "Invalid value for argument `y`. Expected labels of shape "
            f"{(None, *label_shape)}. Received: shape {shape}"
        )


def check_classes(labels: Any, num_classes: int | None) -> None:
    """Raises a `ValueError` unless labels number classes that there are.

    Args:
        labels: Array of numbers.
        num_classes: How many there are, or `None` if that is not known.
    """
    if num_classes is None:
        return
    labels = np.atleast_1d(ops.convert_to_numpy(labels))
    wrong = labels[~((labels >= 0) & (labels < num_classes))]
    if wrong.size == 0:
        wrong = labels[labels != np.floor(labels)]
    if wrong.size:
        raise ValueError(
            "Invalid value for argument `labels`. Expected class numbers from "
            f"0 to {num_classes - 1}. Received: {wrong[0]} among them"
        )


def as_array(labels: Any) -> Any:
    """Returns labels given as a list as an array, others as they are."""
    if not isinstance(labels, list | tuple | int | float):
        return labels
    try:
        return np.asarray(labels)
    except ValueError:  # Rows of different lengths.
        return np.asarray(None)


def check_source(
    x: Any, y: Any, sample_shape: Shape, conditional: bool
) -> None:
    """Checks whatever of `x` and `y` can be checked before a batch is drawn.

    Arrays, tensors and `tf.data.Dataset`s say their shape and type in
    advance; of other sources each batch is checked as it comes.

    Args:
        x: The samples, or a source of batches.
        y: The labels, if `x` is an array.
        sample_shape: The shape of one sample.
        conditional: Whether the networks take labels.

    Raises:
        TypeError: If `x` is no array and no source.
        ValueError: If they do not fit the networks.
    """
    specification = getattr(x, "element_spec", None)
    if not hasattr(x, "shape"):
        _check_kind(x, y)
    if specification is not None:
        x, y = split(specification)
    elif not hasattr(x, "shape"):
        return
    if hasattr(x, "dtype") and getattr(x.shape, "rank", 0) is not None:
        check_samples(x, sample_shape)
        check_labels(y, conditional)
        _check_count(x, y)


def check_array(x: Any) -> None:
    """Raises a `TypeError` unless samples are one array."""
    if not hasattr(x, "shape"):
        raise TypeError(
            "Invalid value for argument `x`. Expected one array or tensor of "
            f"samples. Received: an object of type {type(x).__name__}"
        )


def _check_kind(x: Any, y: Any) -> None:
    """Raises unless `x` is something that hands out batches."""
    plain = dict | list | tuple | set | str | bytes
    if isinstance(x, plain) or not (
        hasattr(x, "__iter__") or hasattr(x, "__getitem__")
    ):
        raise TypeError(
            "Invalid value for argument `x`. Expected an array or tensor of "
            "samples, a `tf.data.Dataset`, a `keras.utils.PyDataset`, a torch "
            "`DataLoader` or a generator. Received: an object of type "
            f"{type(x).__name__}"
        )
    if y is not None:
        raise ValueError(
            "Invalid value for argument `y`. Expected None with a source of "
            "batches, which has the labels in it. Received: an object of type "
            f"{type(y).__name__}"
        )


def _dtype_name(tensor: Any) -> str:
    """Returns a dtype's name, also where Keras does not know it."""
    try:
        return keras.backend.standardize_dtype(tensor.dtype)
    except (TypeError, ValueError):
        return str(tensor.dtype)


def _check_count(x: Any, y: Any) -> None:
    shape = getattr(y, "shape", None)
    if shape and x.shape[0] != shape[0]:
        raise ValueError(
            "Expected as many labels as samples. Received: "
            f"{x.shape[0]} samples and {shape[0]} labels"
        )


def length(x: Any) -> int | None:
    """Returns how many samples or batches there are, `None` if unknown."""
    try:
        return len(x)
    except (TypeError, NotImplementedError):  # It does not say.
        return None


def check_not_empty(x: Any, argument: str) -> None:
    """Raises a `ValueError` for data that is known to be empty."""
    if length(x) == 0:
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


def no_samples(x: Any) -> ValueError:
    """Returns the error for batches that all turned out to be empty."""
    return ValueError(
        "Invalid value for argument `x`. Expected batches with one sample or "
        f"more. Received: {type(x).__name__} of empty batches, so nothing was "
        "trained"
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
