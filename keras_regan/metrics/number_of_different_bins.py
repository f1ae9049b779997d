"""The number of bins in which generated samples are too many or too few."""

import statistics
from typing import NamedTuple

import numpy as np

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import PathLike
from keras_regan.metrics._feature_arrays import checked_features
from keras_regan.metrics._feature_arrays import squared_distances
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource

_MOST_ITERATIONS = 100


class DifferentBinsResult(NamedTuple):
    """The number of different bins, their share, and a divergence."""

    different: int
    share: float
    divergence: float


def number_of_different_bins(
    real_features: np.ndarray,
    generated_features: np.ndarray,
    *,
    bins: int = 100,
    significance: float = 0.05,
    seed: int = 0,
) -> DifferentBinsResult:
    """Counts the bins in which the shares of two sets differ significantly.

    Formula: the bins are the clusters that k-means finds in the real samples;
    a bin is different if `|p - q| / sqrt(s (1 - s) (1/m + 1/n))` exceeds the
    two-sided quantile of a normal distribution, with shares p of m real and q
    of n generated samples, and s the share of both together.

    Args:
        real_features: Array of shape `(count, size)`.
        generated_features: Array of shape `(count, size)`.
        bins: Integer of 2 or more. Defaults to `100`.
        significance: Float between 0 and 1. The share of bins that differ by
            chance. Defaults to `0.05`.
        seed: Integer. The seed of k-means. Defaults to `0`.

    Returns:
        The tuple `(different, share, divergence)`, the last one the
        Jensen-Shannon divergence of the shares, in nats.

    Raises:
        ValueError: If there are fewer real samples than bins.

    Example:
    >>> real = np.random.default_rng(0).normal(size=(2000, 2))
    >>> keras_regan.metrics.number_of_different_bins(
    ...     real, real, bins=10).different
    0

    Reference: [Richardson and Weiss, 2018](https://arxiv.org/abs/1805.12462).
    """
    bins = _validation.positive_integer(bins, "bins")
    limit = statistics.NormalDist().inv_cdf(
        1.0 - _open_unit_float(significance, "significance") / 2.0
    )
    real, generated = checked_features(real_features, generated_features, 1)
    if not 2 <= bins <= len(real):
        raise ValueError(
            _validation.message(
                "bins",
                f"an integer from 2 to the number of real samples, {len(real)}",
                bins,
            )
        )
    centers = _cluster_centers(
        real, bins, np.random.default_rng(_validation.random_seed(seed))
    )
    p, q = (
        np.bincount(_nearest(rows, centers), minlength=bins) / len(rows)
        for rows in (real, generated)
    )
    m, n = len(real), len(generated)
    together = (m * p + n * q) / (m + n)
    error = np.sqrt(together * (1.0 - together) * (1.0 / m + 1.0 / n))
    different = int((np.abs(p - q) > limit * error).sum())
    middle = (p + q) / 2.0
    divergence = (
        _relative_entropy(p, middle) + _relative_entropy(q, middle)
    ) / 2
    return DifferentBinsResult(different, different / bins, float(divergence))


@register
class NumberOfDifferentBins(FeatureMetric):
    """Counts the regions of the data that are over- or underrepresented.

    Real samples are divided into bins by k-means; a bin counts if generated
    samples fall into it significantly more or less often than real ones. It
    shows missing and preferred modes that distances of means and covariances
    average out. For equal distributions, a share of `significance` of the bins
    differs by chance, 5 of 100 by default; with more samples, smaller
    differences count.

    Formula: `|p - q| / sqrt(s (1 - s) (1/m + 1/n))` above the two-sided normal
    quantile, for shares p of m real and q of n generated samples in a bin, and
    s of both together; the value is the number of such bins.

    Cost: the feature network; once k-means on the real features, up to 100
    times `O(samples * bins * size)`.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are (the published metric uses the pixels themselves: a model of
            one `Flatten` layer), or `None` for InceptionV3 with Keras's
            weights. Defaults to `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`. Defaults to `None`.
        bins: Integer of 2 or more. Defaults to `100`.
        significance: Float between 0 and 1. Defaults to `0.05`.
        max_samples: Positive integer. Only the first `max_samples` samples of
            each side count; memory for their features is reserved. Defaults to
            `10_000`.
        seed: Integer. The seed of k-means. Defaults to `0`.
        name: String. The end of its keys in the logs, after `"ndb_"`,
            `"ndb_share_"` and `"ndb_divergence_"`. Defaults to the extractor's
            name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if there are fewer real samples than bins.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.NumberOfDifferentBins(
    ...     model, bins=10, name="plane")
    >>> points = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric.update_state(points, np.abs(points))
    >>> metric.result()["ndb_plane"] > 5
    True

    Reference: [Richardson and Weiss, 2018](https://arxiv.org/abs/1805.12462).
    Differs from the authors' code: k-means runs on all features instead of a
    random subset of dimensions.
    """

    quantities = ("ndb", "ndb_share", "ndb_divergence")
    settings = ("bins", "significance", "seed")

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        bins: int = 100,
        significance: float = 0.05,
        max_samples: int = 10_000,
        seed: int = 0,
        name: str | None = None,
    ):
        super().__init__(
            features, reference=reference, max_samples=max_samples, name=name
        )
        self.bins = _validation.positive_integer(bins, "bins")
        self.significance = _open_unit_float(significance, "significance")
        self.seed = _validation.random_seed(seed)

    def measure(self) -> DifferentBinsResult:
        """Returns the number of bins, their share, and the divergence."""
        return number_of_different_bins(
            self.real.rows(),
            self.generated.rows(),
            bins=self.bins,
            significance=self.significance,
            seed=self.seed,
        )


def _cluster_centers(rows, count, generator):
    """Returns the centers that Lloyd's algorithm finds from k-means++."""
    centers = _spread_out_rows(rows, count, generator)
    nearest = None
    for _ in range(_MOST_ITERATIONS):
        previous, nearest = nearest, _nearest(rows, centers)
        if previous is not None and (nearest == previous).all():
            break
        members = nearest[:, None] == np.arange(count)
        sizes = members.sum(axis=0)
        sums = members.T.astype("float64") @ rows
        # A center without samples stays where it is.
        kept = sizes == 0
        centers = np.where(
            kept[:, None], centers, sums / np.maximum(sizes, 1)[:, None]
        )
    return centers


def _spread_out_rows(rows, count, generator):
    """Returns rows far from each other, as k-means++ chooses them."""
    centers = np.empty((count, rows.shape[1]))
    centers[0] = rows[generator.integers(len(rows))]
    closest = np.full(len(rows), np.inf)
    for index in range(1, count):
        gap = np.square(rows - centers[index - 1]).sum(axis=1)
        closest = np.minimum(closest, gap)
        total = closest.sum()
        share = closest / total if total > 0 else None
        centers[index] = rows[generator.choice(len(rows), p=share)]
    return centers


def _nearest(rows, centers):
    nearest = np.empty(len(rows), "int64")
    for part, squares in squared_distances(rows, centers):
        nearest[part] = squares.argmin(axis=1)
    return nearest


def _relative_entropy(p, q):
    present = p > 0
    return float((p[present] * np.log(p[present] / q[present])).sum())


def _open_unit_float(value, argument):
    expected = "a float between 0 and 1"
    if not _validation.is_real_number(value):
        raise TypeError(_validation.message(argument, expected, value))
    if not 0 < value < 1:
        raise ValueError(_validation.message(argument, expected, value))
    return float(value)
