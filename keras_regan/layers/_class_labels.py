"""Class labels as the second input of a layer."""

from typing import Any

from keras import ops

from keras_regan._typing import Shape
from keras_regan._typing import Tensor


def first_shape(input_shape: Any, layer: str) -> Shape:
    """Returns the shape of the first input.

    Raises:
        ValueError: If there are not two shapes.
    """
    if len(input_shape) != 2 or not all(
        isinstance(shape, list | tuple) for shape in input_shape
    ):
        raise ValueError(
            f"`{layer}` must be called on a list of two tensors, the second "
            f"one the labels. Received: input shape {input_shape}"
        )
    return tuple(input_shape[0])


def class_ids(labels: Tensor) -> Tensor:
    """Returns labels of shape `(batch,)` or `(batch, 1)` as `(batch,)`."""
    return ops.reshape(ops.cast(labels, "int32"), (-1,))
