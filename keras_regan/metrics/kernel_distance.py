"""The maximum mean discrepancy of features, with a polynomial kernel."""

from typing import NamedTuple

import numpy as np

from keras_regan._registration import register
from keras_regan._typing import PathLike
from keras_regan._validation import positive_integer
from keras_regan._validation import random_seed
from keras_regan.metrics._feature_arrays import checked_features
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource


class KernelDistanceResult(NamedTuple):
    """A mean over subsets and its standard error."""

    value: float
    standard_error: float


def kernel_distance(
    real_features: np.ndarray,
    generated_features: np.ndarray,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> KernelDistanceResult:
    """Computes the unbiased squared MMD, as a mean over random subsets.

    Formula: `mean k(x, x') + mean k(y, y') - 2 mean k(x, y)` with
    `k(x, y) = (x^T y / size + 1)^3`, over pairs of different samples.

    Args:
        real_features: Array of shape `(count, size)`.
        generated_features: Array of shape `(count, size)`.
        subsets: Positive integer. Random pairs of subsets. Defaults to `100`.
        subset_size: Integer of 2 or more, samples in a subset. At most half of
            the samples of either side are used, so that subsets differ.
            Defaults to `1000`.
        seed: Integer. The seed of the random subsets. Defaults to `0`.

    Returns:
        The tuple `(value, standard_error)`. The error is that of the mean over
        the subsets, which overlap: it shows the effect of the choice of
        subsets, not that of another set of samples. `value` may be negative,
        since it is zero on average for equal distributions.

    Raises:
        ValueError: If there are fewer than 4 samples on a side.

    Example:
    >>> real, generated = np.random.default_rng(0).normal(size=(2, 500, 4))
    >>> value, error = keras_regan.metrics.kernel_distance(real, generated)
    >>> abs(value) < 0.1
    True

    Reference: [Binkowski et al., 2018](https://arxiv.org/abs/1801.01401).
    """
    real, generated = checked_features(real_features, generated_features, 4)
    subsets = positive_integer(subsets, "subsets")
    least = min(len(real), len(generated))
    size = min(positive_integer(subset_size, "subset_size"), least // 2)
    size = max(size, 2)
    generator = np.random.default_rng(random_seed(seed))
    values = []
    for _ in range(subsets):
        x = real[generator.choice(len(real), size, replace=False)]
        y = generated[generator.choice(len(generated), size, replace=False)]
        values.append(_unbiased(x, y))
    spread = np.std(values, ddof=1) if subsets > 1 else np.nan
    return KernelDistanceResult(
        float(np.mean(values)), float(spread / np.sqrt(subsets))
    )


@register
class KernelDistance(FeatureMetric):
    """Measures how far generated features are from real ones, without bias.

    This is the metric that papers report as KID, on the features that you
    choose. It is zero on average for equal distributions, whatever the number
    of samples, so it works on validation sets of some hundred images, where a
    Frechet distance mostly reflects their number.

    Formula: `mean k(x, x') + mean k(y, y') - 2 mean k(x, y)` with
    `k(x, y) = (x^T y / size + 1)^3`, a mean over random subsets.

    Cost: the feature network; once `O(subsets * subset_size^2 * size)`.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are, or `None` for InceptionV3 with Keras's weights. Defaults to
            `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`. Defaults to `None`.
        subsets: Positive integer. Defaults to `100`.
        subset_size: Positive integer. At most half of the samples of either
            side are used. Defaults to `1000`.
        max_samples: Positive integer. Only the first `max_samples` samples of
            each side count; memory for their features is reserved. Defaults to
            `10_000`.
        seed: Integer. The seed of the random subsets. Defaults to `0`.
        name: String. The end of its keys in the logs, after `"kd_"` and
            `"kd_standard_error_"`. Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if there are fewer than 4 samples.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.KernelDistance(model, name="plane")
    >>> points = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric.update_state(points, 2.0 * points)
    >>> sorted(metric.result())
    ['kd_plane', 'kd_standard_error_plane']

    Reference: [Binkowski et al., 2018](https://arxiv.org/abs/1801.01401).
    Differs from the authors' code: subsets are at most half of the samples.
    """

    quantities = ("kd", "kd_standard_error")
    settings = ("subsets", "subset_size", "seed")
    least_samples = 4

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        subsets: int = 100,
        subset_size: int = 1000,
        max_samples: int = 10_000,
        seed: int = 0,
        name: str | None = None,
    ):
        super().__init__(
            features, reference=reference, max_samples=max_samples, name=name
        )
        self.subsets = positive_integer(subsets, "subsets")
        self.subset_size = positive_integer(subset_size, "subset_size")
        self.seed = random_seed(seed)

    def measure(self) -> KernelDistanceResult:
        """Returns the distance and its standard error."""
        return kernel_distance(
            self.real.rows(),
            self.generated.rows(),
            subsets=self.subsets,
            subset_size=self.subset_size,
            seed=self.seed,
        )


def _unbiased(x: np.ndarray, y: np.ndarray) -> float:
    count, size = x.shape

    def kernel(a, b):
        return (a @ b.T / size + 1.0) ** 3

    def mean_of_pairs(a):
        # Without the diagonal, which compares samples with themselves.
        gram = kernel(a, a)
        return (gram.sum() - np.trace(gram)) / (count * (count - 1))

    return mean_of_pairs(x) + mean_of_pairs(y) - 2.0 * kernel(x, y).mean()
