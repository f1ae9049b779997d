"""The class that a classifier assigns to a sample."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.metrics.feature_extractor import FeatureExtractor
from keras_regan.metrics.feature_extractor import as_extractor

_TOLERANCE = 1e-3
# Rows of an array that are classified at a time.
_CHUNK = 256


def as_classifier(classifier: Any) -> FeatureExtractor:
    """Returns a metric's argument `classifier` as an extractor."""
    if not isinstance(classifier, FeatureExtractor | keras.Model):
        raise TypeError(
            message(
                "classifier",
                "a Keras model or a `keras_regan.metrics.FeatureExtractor`",
                classifier,
            )
        )
    return as_extractor(classifier)


def parts_and_classes(classifier: FeatureExtractor) -> tuple[int, int]:
    """Returns the number of labels of a sample, and of classes of each.

    Raises:
        ValueError: If the classifier returns something else.
    """
    shapes: list[Any] = classifier.output_shapes
    if len(shapes) == 1 and None not in shapes[0][1:]:
        if len(shapes[0]) == 2:
            return 1, shapes[0][1]
        if len(shapes[0]) == 3:
            return shapes[0][1], shapes[0][2]
    raise ValueError(
        message(
            "classifier",
            "a model with one output of shape (batch, classes) or "
            "(batch, parts, classes)",
            shapes,
        )
    )


def class_scores(classifier: FeatureExtractor, samples: Any) -> Tensor:
    """Returns the classifier's scores, shape `(batch, parts, classes)`."""
    if not classifier.gives_maps:
        scores = ops.convert_to_tensor(classifier(samples))
    elif isinstance(samples, np.ndarray):
        parts = np.split(samples, range(_CHUNK, len(samples), _CHUNK))
        scores = ops.concatenate(
            [classifier.maps(ops.convert_to_tensor(p))[0] for p in parts]
        )
    else:
        (scores,) = classifier.maps(samples)
    return ops.reshape(scores, (-1, *parts_and_classes(classifier)))


def is_finite(scores: Tensor) -> Tensor:
    """Returns whether all scores of a sample are numbers, `(batch,)`."""
    return ops.all(ops.isfinite(scores), axis=(1, 2))


def check_probabilities(classifier: FeatureExtractor) -> None:
    """Raises a `ValueError` if the classifier's scores do not sum to one."""
    shape = classifier.model.input_shape
    if not isinstance(shape, tuple) or None in shape[1:]:
        return
    ones = ops.ones((1, *shape[1:]))
    scores = classifier.model(ones, training=False)
    sums = ops.convert_to_numpy(ops.sum(ops.cast(scores, "float32"), axis=-1))
    if np.abs(sums - 1.0).max() > _TOLERANCE:
        raise ValueError(
            message(
                "confidence",
                "`None`, or a classifier that returns probabilities, which "
                f"sum to one and not to {sums.ravel()[0]:.4g}",
                classifier.name,
            )
        )
