"""The distance between generated samples of one condition."""

import math
from typing import Any

import numpy as np
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.metrics._condition_rows import KEY_SIZE
from keras_regan.metrics._condition_rows import condition_keys
from keras_regan.metrics._conditional_metric import SamplesOfConditions
from keras_regan.metrics._feature_arrays import checked_rows
from keras_regan.metrics._feature_distance import distance_rows
from keras_regan.metrics._feature_distance import distances
from keras_regan.metrics._feature_distance import row_size
from keras_regan.metrics._statistics import FeatureStore
from keras_regan.metrics.feature_diversity import feature_diversity

# The number of floats that are kept of real maps, 256 MB.
_MOST_OF_MAPS = 2**26


@register
class ConditionalDiversity(SamplesOfConditions):
    """Measures how far apart generated samples of one condition are.

    Use it for conditional generators, which may ignore their latents: then all
    samples of a condition are the same, and the value is zero, however varied
    the samples of different conditions are. It says nothing about quality;
    read it together with `BestOfMany`.

    If conditions occur more than once in the real data, as class labels do,
    there is a second value: the ratio to the same mean distance of real
    samples of one condition, which should be near 1. Conditions are the same
    if all their elements are equal. If no condition occurs twice, the ratio is
    NaN.

    Formula: `mean over conditions, mean over i < j, of
    |f(G(z_i, c)) - f(G(z_j, c))|`; for real samples, the same over all pairs
    with equal conditions, each condition weighted by its number of samples.
    The distance of maps is that of `FeatureDiversity`.

    Cost: the feature network on `samples_per_condition + 1` samples of each
    condition; once, of real samples with equal conditions,
    `O(samples^2 * size)`. It keeps one number for each condition, and the
    features of the real sample; if these are maps, which are large, only those
    of the first real samples, up to 256 MB.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are (with one output, or with maps of several layers), or `None`
            for InceptionV3 with Keras's weights. Defaults to `None`.
        samples_per_condition: Integer of 2 or more. The value does not depend
            on it on average. Defaults to `8`.
        max_samples: Positive integer. Only the first `max_samples` conditions
            count, and as many real samples. Defaults to `10_000`.
        name: String. The end of its keys in the logs, after
            `"conditional_diversity_"` and `"conditional_diversity_ratio_"`.
            Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape
            `(batch, samples_per_condition, ...)`.
        conditions: The conditions of the real and of the generated samples: a
            tensor, or a tuple or dictionary of them, with as many rows.

    Raises:
        ValueError: If the numbers of samples or of conditions do not fit; from
            `result`, if there are no samples.

    Example:
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.ConditionalDiversity(
    ...     model, samples_per_condition=2, name="line")
    >>> labels = np.array([3, 7, 3, 7])
    >>> real = np.array([[0.0], [50.0], [4.0], [54.0]])
    >>> generated = np.array([[0.0, 1.0], [50.0, 51.0]] * 2)[..., None]
    >>> metric.update_state(real, generated, labels)
    >>> metric.result()["conditional_diversity_ratio_line"]
    0.25

    Reference: [Zhu et al., 2017](https://arxiv.org/abs/1711.11586). Differs
    from theirs: any features and distance; all pairs of the samples of a
    condition, where they draw some; and the ratio to real samples.
    """

    quantities = ("conditional_diversity", "conditional_diversity_ratio")
    least_per_condition = 2

    def prepare(self) -> None:
        """Creates the variables."""
        super().prepare()
        size = row_size(self.features)
        capacity = self.max_samples
        if self.features.gives_maps:
            capacity = min(capacity, max(_MOST_OF_MAPS // size, 1))
        self.real = FeatureStore(
            self.add_variable, size + KEY_SIZE, capacity, "real"
        )

    def see(self, real: Any, generated: Any, conditions: Any) -> None:
        """Accumulates a batch."""
        if real is not None and self.wants_real:
            self._see_real(real, condition_keys(conditions))
        if generated is not None:
            for (samples,) in self.in_parts(generated):
                gaps = self._gaps(ops.convert_to_tensor(self.rows_of(samples)))
                self.generated.update(ops.mean(gaps, axis=1, keepdims=True))

    def measure(self) -> tuple[float, float]:
        """Returns the mean distance, and its ratio to that of real samples."""
        generated = float(self.generated.rows().astype("float64").mean())
        real = self._real_diversity()
        return generated, generated / real if real > 0 else math.nan

    def _see_real(self, real: Any, keys: Tensor) -> None:
        if isinstance(real, np.ndarray):
            keys = ops.convert_to_numpy(keys)
        for samples, own in self.in_parts(real, keys):
            rows = distance_rows(self.features, samples)
            self.real.update(ops.concatenate([rows, own], axis=1))

    def _gaps(self, rows: Tensor) -> Tensor:
        """Returns the distances of all pairs of samples of each condition."""
        return ops.concatenate(
            [
                distances(self.features, rows[:, apart:], rows[:, :-apart])
                for apart in range(1, self.samples_per_condition)
            ],
            axis=1,
        )

    def _real_diversity(self) -> float:
        """Returns the mean distance of real samples; NaN without any pair."""
        groups = [rows for rows in self._real_groups() if len(rows) > 1]
        if not groups:
            return math.nan
        means = [self._mean_of_pairs(rows) for rows in groups]
        return float(np.average(means, weights=[len(rows) for rows in groups]))

    def _real_groups(self) -> list[np.ndarray]:
        """Returns the rows of real samples, grouped by condition."""
        rows = self.real.rows()
        _, which = np.unique(rows[:, -KEY_SIZE:], axis=0, return_inverse=True)
        which = which.reshape(-1)
        order = np.argsort(which, kind="stable")
        ends = np.cumsum(np.bincount(which))[:-1]
        return np.split(rows[order, :-KEY_SIZE], ends)

    def _mean_of_pairs(self, rows: np.ndarray) -> float:
        if not self.features.gives_maps:
            return feature_diversity(rows)
        rows = checked_rows(rows, "features", 2)
        return float(2.0 * np.square(rows - rows.mean(axis=0)).sum()) / (
            len(rows) - 1
        )
