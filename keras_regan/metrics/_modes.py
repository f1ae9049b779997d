"""The modes that `ModeCoverage` counts, and the mode of each sample.

Modes are those of a mixture or the classes of a classifier. Both classes have
the same interface.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.metrics import _likely_class
from keras_regan.metrics._chi_distribution import share_within
from keras_regan.metrics._nearest_mode import Mixture
from keras_regan.metrics._nearest_mode import nearest_mode
from keras_regan.metrics.feature_extractor import FeatureExtractor

# The largest number of modes that are counted.
_MOST_MODES = 10_000_000


class MixtureModes:
    """The Gaussians of a mixture; a sample belongs to the nearest one.

    Args:
        mixture: The mixture.
        radius: The largest distance of good samples, in standard deviations.
    """

    def __init__(self, mixture: Mixture, radius: float):
        self._mixture = mixture
        self._radius = radius

    def prepare(self) -> None:
        """Does nothing, because a mixture needs no preparation."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._mixture.centers)

    @property
    def weights(self) -> np.ndarray | None:
        """How likely each is; `None` means equally."""
        return self._mixture.weights

    @property
    def protocol(self) -> dict[str, Any]:
        """What a sample's mode depends on."""
        modes, dimensions = self._mixture.centers.shape
        return {
            "mixture": f"{modes} modes, {dimensions} dimensions",
            "deviations_allowed": self._radius,
            "good_true_samples": share_within(self._radius, dimensions),
        }

    def of(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the mode of each sample and whether the sample is good."""
        samples = ops.convert_to_tensor(samples)
        return nearest_mode(self._mixture, samples, self._radius)


class ClassifierModes:
    """The classes of a classifier, or tuples of them if it returns several.

    Args:
        classifier: Returns the scores of the classes.
        confidence: The least probability of a good sample's class, or `None`.
    """

    weights = None

    def __init__(self, classifier: FeatureExtractor, confidence: float | None):
        self._classifier = classifier
        self._confidence = confidence

    def prepare(self) -> None:
        """Checks that the scores are probabilities if `confidence` is given.

        Raises:
            ValueError: If they are not.
        """
        if self._confidence is not None:
            _likely_class.check_probabilities(self._classifier)

    @property
    def count(self) -> int:
        """How many there are.

        Raises:
            ValueError: If there are too many, or if the classifier does not
                return scores of classes.
        """
        parts, classes = _likely_class.parts_and_classes(self._classifier)
        if classes**parts > _MOST_MODES:
            raise ValueError(
                message(
                    "classifier",
                    f"at most {_MOST_MODES} modes",
                    f"{classes} classes in each of {parts} parts",
                )
            )
        return classes**parts

    @property
    def protocol(self) -> dict[str, Any]:
        """What a sample's mode depends on."""
        return {**self._classifier.protocol, "confidence": self._confidence}

    def of(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the mode of each sample and whether the sample is good."""
        scores = _likely_class.class_scores(self._classifier, samples)
        parts, classes = scores.shape[1:]
        modes = 0
        for part in range(parts):
            modes = modes * classes + ops.argmax(scores[:, part], axis=-1)
        is_good = _likely_class.is_finite(scores)
        if self._confidence is not None:
            sure = ops.max(scores, axis=-1) >= self._confidence
            is_good = ops.logical_and(is_good, ops.all(sure, axis=-1))
        return modes, is_good
