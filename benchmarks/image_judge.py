"""How near generated images come to real ones: what benchmarks have alike."""

import pathlib

import numpy as np

import keras_regan as kr
from keras_regan.metrics._feature_sharing import shared_features

_AT_A_TIME = 100

QUALITY = {
    "fd": ("FD", 1, 2),
    "kd": ("KD x 1000", 1e3, 2),
    "precision": ("precision", 1, 3),
    "recall": ("recall", 1, 3),
}


class ImageJudge:
    """Compares images with real ones, by the columns of `QUALITY`.

    Args:
        real: Real images.
        features: The features that are compared.
        folder: Where the features of the real images are kept.
    """

    def __init__(
        self,
        real: np.ndarray,
        features: kr.metrics.FeatureExtractor,
        folder: pathlib.Path,
    ):
        self.count = len(real)
        self._features = features
        self._reference = str(folder / f"reference_{len(real)}.npz")
        kr.metrics.write_reference(self._reference, real, features)

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        """Returns all values of as many images as there are real ones."""
        kinds = kr.metrics
        frechet, kernel, neighbours = metrics = [
            kind(self._features, reference=self._reference)
            for kind in (
                kinds.FrechetDistance,
                kinds.KernelDistance,
                kinds.PrecisionRecall,
            )
        ]
        for first in range(0, len(images), _AT_A_TIME):
            with shared_features():
                for metric in metrics:
                    metric.update_state(
                        None, images[first : first + _AT_A_TIME]
                    )
        precision, recall = neighbours.result().values()
        values = {
            "fd": frechet.result(),
            "kd": kernel.values()[kernel.name],
            "precision": precision,
            "recall": recall,
        }
        return {name: float(value) for name, value in values.items()}
