"""The distance between generated samples in the features of a network."""

import math
from typing import Any

import numpy as np

from keras_regan._registration import register
from keras_regan._typing import PathLike
from keras_regan.metrics._feature_arrays import checked_rows
from keras_regan.metrics._feature_arrays import squared_distances
from keras_regan.metrics._feature_distance import distance_rows
from keras_regan.metrics._feature_distance import row_size
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource
from keras_regan.metrics._statistics import SpreadSums


def feature_diversity(features: np.ndarray) -> float:
    """Returns the mean distance between all pairs of different rows.

    Formula: `mean |x_i - x_j|` over `i != j`, with the L2 norm.

    Args:
        features: Array of shape `(count, size)`.

    Returns:
        Non-negative float.

    Raises:
        ValueError: If there are fewer than two rows.

    Example:
    >>> keras_regan.metrics.feature_diversity(np.array([[0., 0.], [3., 4.]]))
    5.0
    """
    rows = checked_rows(features, "features", 2)
    total = 0.0
    for part, squares in squared_distances(rows, rows):
        here = np.arange(part.start, part.stop)
        squares[here - part.start, here] = 0.0
        total += np.sqrt(squares).sum()
    return float(total / (len(rows) * (len(rows) - 1)))


@register
class FeatureDiversity(FeatureMetric):
    """Measures how far apart generated samples are, compared with real ones.

    This is the most direct measure of collapse: a ratio to the real samples
    near 1 is good; near 0, all samples are the same. It says nothing about
    quality: noise is diverse, too.

    With a network that returns one vector, it is the mean distance of all
    pairs of vectors. With one that returns maps of features, from one or
    several layers, the distance is that of LPIPS: features are normalized at
    each position, and squared differences are averaged over positions and
    summed over layers. It is a squared distance, so its mean over all pairs
    follows from sums, and no features are stored.

    Formula: `mean |f(x) - f(x')|` over pairs of different samples; for maps,
    `sum over layers, mean over positions, of |u - u'|^2`, where `u` is the
    vector of features at a position, divided by its length.

    Cost: the feature network; once `O(samples^2 * size)` for vectors.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are (with one output, or with maps of several layers), or `None`
            for InceptionV3 with Keras's weights. Defaults to `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`; not for maps. Defaults to `None`.
        max_samples: Positive integer. Only the first `max_samples` samples of
            each side count; for vectors, memory is reserved. Defaults to
            `10_000`.
        name: String. The end of its keys in the logs, after `"diversity_"` and
            `"diversity_ratio_"`. Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if there are fewer than two samples.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.FeatureDiversity(model, name="plane")
    >>> points = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric.update_state(points, 0.5 * points)
    >>> round(metric.result()["diversity_ratio_plane"], 4)
    0.5

    Reference: [Zhang et al., 2018](https://arxiv.org/abs/1801.03924) for the
    distance of maps. Differs from the authors' code: it takes any network, and
    all layers and channels count the same, without weights learned from
    people's judgements.
    """

    quantities = ("diversity", "diversity_ratio")

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        super().__init__(
            features, reference=reference, max_samples=max_samples, name=name
        )

    def prepare(self) -> None:
        """Creates the variables, and loads the reference if there is one."""
        if self.reference is not None and self.features.gives_maps:
            raise ValueError(
                "Invalid value for argument `reference`. Expected `None` with "
                "a network that returns maps: a reference holds vectors. "
                f"Received: reference={self.reference!r}"
            )
        super().prepare()

    def statistic(self, name: str, max_samples: int) -> Any:
        """Creates the statistic of one side."""
        if not self.features.gives_maps:
            return super().statistic(name, max_samples)
        return SpreadSums(self.add_variable, row_size(self.features), name)

    def embedded(self, samples: Any) -> Any:
        """Returns vectors whose distances are those of the samples."""
        return distance_rows(self.features, samples)

    def measure(self) -> tuple[float, float]:
        """Returns the mean distance, and its ratio to that of real samples."""
        generated, real = map(_diversity, (self.generated, self.real))
        return generated, generated / real if real > 0 else math.nan


def _diversity(statistic: Any) -> float:
    if isinstance(statistic, SpreadSums):
        return statistic.mean_squared_distance()
    return feature_diversity(statistic.rows())
