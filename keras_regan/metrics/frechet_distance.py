"""The Frechet distance between Gaussians fitted to features."""

from typing import Any

import numpy as np

from keras_regan._registration import register
from keras_regan._typing import PathLike
from keras_regan._validation import message
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource
from keras_regan.metrics._statistics import MomentSums
from keras_regan.metrics.reference import Reference


def frechet_distance(
    real_mean: np.ndarray,
    real_covariance: np.ndarray,
    generated_mean: np.ndarray,
    generated_covariance: np.ndarray,
) -> float:
    """Computes the squared Frechet distance of two Gaussians.

    Formula:
    `|m - n|^2 + tr(S) + tr(T) - 2 tr((S^(1/2) T S^(1/2))^(1/2))` for means m, n
    and covariances S, T.

    The trace is a sum of square roots of eigenvalues of a symmetric matrix,
    none of which is negative, apart from rounding. So covariances without full
    rank, as of fewer samples than features, need no correction.

    Args:
        real_mean: Array of shape `(size,)`.
        real_covariance: Array of shape `(size, size)`, symmetric.
        generated_mean: Array of shape `(size,)`.
        generated_covariance: Array of shape `(size, size)`, symmetric.

    Returns:
        Non-negative float.

    Example:
    >>> keras_regan.metrics.frechet_distance(
    ...     np.zeros(2), np.eye(2), np.ones(2), 4 * np.eye(2))
    4.0

    Reference: [Heusel et al., 2017](https://arxiv.org/abs/1706.08500);
    [Dowson and Landau, 1982](https://doi.org/10.1016/0047-259X(82)90077-X).
    """
    arrays = [
        np.asarray(array, "float64")
        for array in (
            real_mean,
            real_covariance,
            generated_mean,
            generated_covariance,
        )
    ]
    size = arrays[0].shape[0] if arrays[0].ndim == 1 else None
    shapes = [array.shape for array in arrays]
    if size is None or shapes != 2 * [(size,), (size, size)]:
        raise ValueError(
            message(
                "real_mean",
                "two means of shape (size,) and two covariances of shape "
                f"(size, size), and not {shapes}",
                shapes[0],
            )
        )
    mean, covariance, other_mean, other_covariance = arrays
    root = _square_root(covariance)
    product = root @ other_covariance @ root
    overlap = np.sqrt(np.clip(np.linalg.eigvalsh(product), 0.0, None)).sum()
    squares = np.square(mean - other_mean).sum()
    traces = np.trace(covariance) + np.trace(other_covariance)
    return max(float(squares + traces - 2.0 * overlap), 0.0)


@register
class FrechetDistance(FeatureMetric):
    """Measures the Frechet distance between generated and real features.

    This is the metric that papers report as FID, on the features that you
    choose. It responds to both quality and diversity, and needs a few thousand
    samples. Few samples bias it upwards, so compare at equal numbers only, and
    report its `protocol`. Below about 2,000 samples `KernelDistance` is the
    better choice.

    It keeps only sums, in pairs of float32 numbers: 50,000 samples of 2048
    features take 67 MB, and the last step, two eigenvalue problems, is done in
    float64.

    Formula:
    `|m - n|^2 + tr(S) + tr(T) - 2 tr((S^(1/2) T S^(1/2))^(1/2))` of means m, n
    and unbiased covariances S, T of the features.

    Cost: the feature network, and `O(size^2)` per image; once `O(size^3)`.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are, or `None` for InceptionV3 with Keras's weights. Defaults to
            `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`. Defaults to `None`.
        name: String. The end of its key in the logs, after `"fd_"`. Defaults
            to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if there are fewer than two samples.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.FrechetDistance(model, name="plane")
    >>> points = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric.update_state(points, points + [3.0, 4.0])
    >>> round(metric.result(), 3)
    25.0

    Reference: [Heusel et al., 2017](https://arxiv.org/abs/1706.08500).
    Differs from the authors' code: the trace comes from symmetric
    eigenvalues, and no `epsilon` is added to singular covariances.
    """

    quantities = ("fd",)

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        name: str | None = None,
    ):
        super().__init__(features, reference=reference, name=name)

    def statistic(self, name: str, max_samples: int) -> MomentSums:
        """Creates the sums of one side."""
        return MomentSums(self.add_variable, self.features.size, name)

    def take_reference(self, reference: Reference) -> None:
        """Takes mean and covariance of real samples from a reference."""
        self.use_reference(reference)
        self.real.load(reference.mean, reference.covariance, reference.count)

    def measure(self) -> tuple[float]:
        """Returns the distance."""
        return (
            frechet_distance(*self.real.moments(), *self.generated.moments()),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["max_samples"]
        return config


def _square_root(covariance):
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
