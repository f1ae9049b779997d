"""Density and coverage: precision and recall that are robust to outliers."""

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


class DensityCoverageResult(NamedTuple):
    """A density, about 1 at best, and a share."""

    density: float
    coverage: float


def density_coverage(
    real_features: np.ndarray,
    generated_features: np.ndarray,
    *,
    neighbours: int = 5,
) -> DensityCoverageResult:
    """Computes density and coverage.

    Formula: with balls around the real samples that reach to the k-th nearest
    other real sample, density is `(balls around a generated sample) / k` on
    average, and coverage the share of balls with a generated sample in them.

    Args:
        real_features: Array of shape `(count, size)`.
        generated_features: Array of shape `(count, size)`.
        neighbours: Positive integer k. Defaults to `5`.

    Returns:
        The tuple `(density, coverage)`.

    Raises:
        ValueError: If there are too few samples for `neighbours`.

    Example:
    >>> real = np.random.default_rng(0).normal(size=(500, 4))
    >>> density, coverage = keras_regan.metrics.density_coverage(
    ...     real, real[:5])
    >>> coverage < 0.2
    True

    Reference: [Naeem et al., 2020](https://arxiv.org/abs/2002.09797).
    """
    neighbours = positive_integer(neighbours, "neighbours")
    real, generated = checked_features(real_features, generated_features, 1)
    if len(real) <= neighbours:
        raise ValueError(
            "Invalid value for argument `real_features`. Expected more "
            f"samples than `neighbours`, {neighbours}. Received: {len(real)}"
        )
    radii = neighbour_radii(real, neighbours)
    inside = 0
    covered = np.empty(len(real), bool)
    for part, squares in squared_distances(real, generated):
        hits = squares < radii[part, None]
        inside += int(hits.sum())
        covered[part] = hits.any(axis=1)
    density = inside / (neighbours * len(generated))
    return DensityCoverageResult(float(density), float(covered.mean()))


@register
class DensityCoverage(FeatureMetric):
    """Distinguishes bad samples (low density) from missing ones (low coverage).

    It is like `PrecisionRecall`, with balls around real samples only: real
    outliers have little effect on the density, and generated outliers have
    none on the coverage. Equal distributions have a density of 1 on average
    (above 1 if samples crowd in the middle) and a coverage of `1 - 2^-k` for
    equal numbers, 0.97 for k = 5.

    Formula: with balls around real samples that reach to the k-th nearest
    real one, `density = balls around a generated sample / k` on average,
    `coverage` the share of balls that contain a generated sample.

    Cost: the feature network; once `O(samples^2 * size)` for two matrices of
    distances, which are never in memory as a whole.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are, or `None` for InceptionV3 with Keras's weights. Defaults to
            `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`. Defaults to `None`.
        neighbours: Positive integer k. Defaults to `5`.
        max_samples: Positive integer. Only the first `max_samples` samples of
            each side count; memory for their features is reserved. Defaults to
            `10_000`.
        name: String. The end of its keys in the logs, after `"density_"` and
            `"coverage_"`. Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if there are too few samples.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.DensityCoverage(model, name="plane")
    >>> points = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric.update_state(points, points)
    >>> metric.result()["coverage_plane"]
    1.0

    Reference: [Naeem et al., 2020](https://arxiv.org/abs/2002.09797).
    """

    quantities = ("density", "coverage")
    settings = ("neighbours",)

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        neighbours: int = 5,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        super().__init__(
            features, reference=reference, max_samples=max_samples, name=name
        )
        self.neighbours = positive_integer(neighbours, "neighbours")

    @property
    def least_samples(self) -> int:  # type: ignore[override]  # Read only.
        """Each real sample needs `neighbours` others besides itself."""
        return self.neighbours + 1

    def measure(self) -> DensityCoverageResult:
        """Returns density and coverage."""
        return density_coverage(
            self.real.rows(),
            self.generated.rows(),
            neighbours=self.neighbours,
        )
