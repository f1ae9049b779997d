"""Improved precision and recall: quality and coverage as two values."""

from typing import NamedTuple

import numpy as np

from keras_regan._registration import register
from keras_regan._typing import PathLike
from keras_regan._validation import positive_integer
from keras_regan.metrics._feature_arrays import checked_features
from keras_regan.metrics._feature_arrays import neighbour_radii
from keras_regan.metrics._feature_arrays import squared_distances
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource


class PrecisionRecallResult(NamedTuple):
    """Two shares between 0 and 1."""

    precision: float
    recall: float


def precision_recall(
    real_features: np.ndarray,
    generated_features: np.ndarray,
    *,
    neighbours: int = 3,
) -> PrecisionRecallResult:
    """Computes the share of each set that lies in the other's manifold.

    Formula: a set's manifold is the union of balls around its samples, each
    reaching to the k-th nearest other sample. Precision is the share of
    generated samples in the real manifold, recall the share of real samples in
    the generated one.

    Args:
        real_features: Array of shape `(count, size)`.
        generated_features: Array of shape `(count, size)`.
        neighbours: Positive integer k. Defaults to `3`.

    Returns:
        The tuple `(precision, recall)`.

    Raises:
        ValueError: If a set has `neighbours` samples or fewer.

    Example:
    >>> real = np.random.default_rng(0).normal(size=(500, 4))
    >>> keras_regan.metrics.precision_recall(real, 0.01 * real)
    PrecisionRecallResult(precision=1.0, recall=0.0)

    Reference: [Kynkaanniemi et al., 2019](https://arxiv.org/abs/1904.06991).
    """
    neighbours = positive_integer(neighbours, "neighbours")
    real, generated = checked_features(
        real_features, generated_features, neighbours + 1
    )
    real_radii = neighbour_radii(real, neighbours)
    generated_radii = neighbour_radii(generated, neighbours)
    recalled = np.empty(len(real), bool)
    precise = np.zeros(len(generated), bool)
    for part, squares in squared_distances(real, generated):
        recalled[part] = (squares <= generated_radii).any(axis=1)
        precise |= (squares <= real_radii[part, None]).any(axis=0)
    return PrecisionRecallResult(float(precise.mean()), float(recalled.mean()))


@register
class PrecisionRecall(FeatureMetric):
    """Distinguishes bad samples (low precision) from missing ones (low recall).

    A single distance does not show which of the two is the problem. A
    generator that collapsed to a few good images has a high precision and a
    recall near 0. Both values rise with the number of samples: compare at
    equal numbers of some thousands. A single outlier makes a large ball;
    `DensityCoverage` is less sensitive to outliers.

    Formula: with balls around each sample that reach to its k-th nearest
    neighbour in the same set, `precision` is the share of generated samples in
    balls of real ones, `recall` the share of real samples in balls of
    generated ones.

    Cost: the feature network; once `O(samples^2 * size)` for three matrices of
    distances, which are never in memory as a whole.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are, or `None` for InceptionV3 with Keras's weights. Defaults to
            `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`. Defaults to `None`.
        neighbours: Positive integer k. Defaults to `3`.
        max_samples: Positive integer. Only the first `max_samples` samples of
            each side count; memory for their features is reserved. Defaults to
            `10_000`.
        name: String. The end of its keys in the logs, after `"precision_"` and
            `"recall_"`. Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if a side has `neighbours` samples or fewer.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.PrecisionRecall(model, name="plane")
    >>> points = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric.update_state(points, points)
    >>> metric.result()
    {'precision_plane': 1.0, 'recall_plane': 1.0}

    Reference: [Kynkaanniemi et al., 2019](https://arxiv.org/abs/1904.06991).
    Differs from the authors' code: distances are float64, not float16.
    """

    quantities = ("precision", "recall")
    settings = ("neighbours",)

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        neighbours: int = 3,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        super().__init__(
            features, reference=reference, max_samples=max_samples, name=name
        )
        self.neighbours = positive_integer(neighbours, "neighbours")

    @property
    def least_samples(self) -> int:  # type: ignore[override]  # Read only.
        """Each sample needs `neighbours` others besides itself."""
        return self.neighbours + 1

    def measure(self) -> PrecisionRecallResult:
        """Returns precision and recall."""
        return precision_recall(
            self.real.rows(),
            self.generated.rows(),
            neighbours=self.neighbours,
        )
