"""Class labels: what may come beside the samples, and is told to networks."""

import math
from typing import Any

import numpy as np
from keras import ops

from keras_regan._dtypes import dtype_name
from keras_regan._typing import Shape
from keras_regan._typing import Tensor
from keras_regan._validation import message


class ClassLabels:
    """The class labels that two networks take.

    Args:
        shape: The shape of one label, without the batch.
        count: How many classes there are, or `None` if the networks do not
            say.
    """

    def __init__(self, shape: Shape, count: int | None):
        self.shape = shape
        self.count = count

    def check_batch(self, labels: Any) -> None:
        """Raises unless labels are numbers of the shape that networks take.

        Args:
            labels: What has a shape, batch included, and a dtype.

        Raises:
            TypeError: If they are not an array of numbers.
            ValueError: If they have another shape.
        """
        if not hasattr(labels, "shape"):
            raise TypeError(
                "Invalid value for argument `y`. Expected one array or tensor "
                "of labels. Received: an object of type "
                f"{type(labels).__name__}"
            )
        dtype = dtype_name(labels)
        if dtype != "bool" and not dtype.startswith(
            ("int", "uint", "float", "bfloat")
        ):
            raise TypeError(
                "Invalid value for argument `y`. Expected labels that are "
                f"numbers. Received: dtype {dtype}"
            )
        shape = tuple(labels.shape)
        if not shape or not any(
            _fits(shape[1:], right) for right in self._shapes()
        ):
            raise ValueError(
                "Invalid value for argument `y`. Expected labels of shape "
                f"{(None, *self.shape)}. Received: shape {shape}"
            )

    def check_classes(self, labels: Any) -> None:
        """Raises a `ValueError` unless labels number classes that there are.

        Args:
            labels: Array of numbers.
        """
        if self.count is None:
            return
        labels = np.atleast_1d(ops.convert_to_numpy(labels))
        wrong = labels[~((labels >= 0) & (labels < self.count))]
        if wrong.size == 0:
            wrong = labels[labels != np.floor(labels)]
        if wrong.size:
            raise ValueError(
                "Invalid value for the labels in `conditions` or `y`. Expected "
                f"class numbers from 0 to {self.count - 1}. Received: "
                f"{wrong[0]} among them"
            )

    def in_range(self, labels: Tensor) -> Tensor:
        """Tells, in a step, whether all labels number classes that there are.

        Args:
            labels: Tensor of numbers.

        Returns:
            Tensor of booleans, of their shape.
        """
        if self.count is None:
            return ops.ones_like(labels, dtype="bool")
        labels = ops.cast(labels, "float32")
        return ops.logical_and(labels >= 0, labels <= self.count - 1)

    def rows(self, n: int, labels: Any) -> np.ndarray:
        """Returns `n` labels, of one label or of `n`, in the networks' shape.

        Raises:
            TypeError: If they are not numbers.
            ValueError: If there is another number of them, or no such class.
        """
        expected = f"one label, or n={n} of them"
        try:
            array = ops.convert_to_numpy(labels)
        except ValueError:  # Rows of different lengths.
            array = np.array(None)
        if array.dtype.kind not in "biuf":
            raise TypeError(message("conditions", expected, labels))
        if array.ndim == 0:
            array = np.full((n,), array)
        if len(array) != n:
            raise ValueError(
                f"Invalid value for argument `conditions`. Expected {expected}."
                f" Received: {len(array)} labels"
            )
        whole = None not in self.shape
        if whole and array.size == n * math.prod(self.shape):
            array = array.reshape((n, *self.shape))
        if array.shape[1:] and not _fits(array.shape[1:], self.shape):
            each = f"of shape {self.shape}" if self.shape else "one number"
            if self.shape == () and array.shape[1:] == (self.count,):
                each += ", as `labels.argmax(-1)` of one-hot rows"
            raise ValueError(
                f"Invalid value for argument `conditions`. Expected {n} "
                f"labels, each {each}. Received: an array of shape "
                f"{array.shape}"
            )
        self.check_classes(array)
        return array

    def _shapes(self) -> list[Shape]:
        # Keras adds or drops a last axis of one.
        shapes = [self.shape, (*self.shape, 1)]
        if self.shape[-1:] == (1,):
            shapes.append(self.shape[:-1])
        return shapes


def check_wanted(n: int, labels: Any, wanted: bool) -> None:
    """Raises a `ValueError` unless `generate` is told labels if it needs any.

    Args:
        n: How many samples are made.
        labels: What it was told.
        wanted: Whether the networks take labels.
    """
    if labels is not None and not wanted:
        expected = "None, for the networks are not class-conditional"
        raise ValueError(message("conditions", expected, labels))
    if labels is None and wanted:
        expected = (
            f"one label, or n={n} of them, for the networks are "
            "class-conditional"
        )
        raise ValueError(message("conditions", expected, labels))


def _fits(shape: Shape, right: Shape) -> bool:
    return len(shape) == len(right) and all(
        a is None or b is None or a == b
        for a, b in zip(shape, right, strict=True)
    )


def check_present(labels: Any, wanted: bool) -> None:
    """Raises a `ValueError` unless labels are given just when needed."""
    if wanted and labels is None:
        raise ValueError(
            "The networks are class-conditional and got no labels. Expected "
            "data of the form (samples, labels). Received: samples only"
        )
    if not wanted and labels is not None:
        raise ValueError(
            "The networks are not class-conditional and got labels. Expected "
            "samples only, as of `dataset.map(lambda samples, labels: samples)`"
            ", or a generator and a discriminator with a second input for "
            "labels. Received: (samples, labels)"
        )


def as_array(labels: Any) -> Any:
    """Returns labels given as a list as an array, others as they are."""
    if not isinstance(labels, list | tuple | int | float):
        return labels
    try:
        return np.asarray(labels)
    except ValueError:  # Rows of different lengths.
        return np.asarray(None)
