"""What the samples that `generate` makes are to be of."""

from typing import Any

import numpy as np

from keras_regan._typing import Shape
from keras_regan._validation import message
from keras_regan.models import batch


def checked_labels(
    n: int, labels: Any, label_shape: Shape | None, num_classes: int | None
) -> np.ndarray | None:
    """Returns a label for each of `n` samples, in the network's shape.

    Args:
        n: How many samples are made.
        labels: One label, `n` of them, or `None`.
        label_shape: The shape of one label, `None` for networks without.
        num_classes: How many classes there are, or `None` if that is not
            known.

    Raises:
        TypeError: If labels are not numbers.
        ValueError: If they are missing, not wanted or of another kind.
    """
    if label_shape is None:
        if labels is not None:
            expected = "None, for the networks are not class-conditional"
            raise ValueError(message("labels", expected, labels))
        return None
    if labels is None:
        expected = (
            f"one label, or n={n} of them, for the networks are "
            "class-conditional"
        )
        raise ValueError(message("labels", expected, labels))
    labels = batch.labels_for(n, labels, label_shape)
    if not _fits(labels.shape[1:], label_shape):
        each = f"of shape {label_shape}" if label_shape else "one number"
        if label_shape == () and labels.shape[1:] == (num_classes,):
            each += ", as `labels.argmax(-1)` of one-hot rows"
        raise ValueError(
            f"Invalid value for argument `labels`. Expected {n} labels, each "
            f"{each}. Received: an array of shape {labels.shape}"
        )
    batch.check_classes(labels, num_classes)
    return labels


def _fits(shape: Shape, label_shape: Shape) -> bool:
    """Tells whether labels can be those of a network; one for all can."""
    return not shape or (
        len(shape) == len(label_shape)
        and all(
            b is None or a == b for a, b in zip(shape, label_shape, strict=True)
        )
    )
