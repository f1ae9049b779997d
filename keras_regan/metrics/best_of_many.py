"""The distance from the nearest of several samples to the true one."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan.metrics._conditional_metric import SamplesOfConditions
from keras_regan.metrics._feature_distance import distance_rows
from keras_regan.metrics._feature_distance import distances


@register
class BestOfMany(SamplesOfConditions):
    """Measures how near the nearest sample of a condition is to the truth.

    Use it for conditional generators whose data has one true sample for each
    condition, such as the other half of an image, or the photograph for a
    sketch. More variety lowers the value only if it covers the truth, which
    noise does not; so it measures useful variety, where `ConditionalDiversity`
    measures any variety. It also reports the mean distance of all samples: if
    both are the same, the generator ignores its latents.

    Formula: `best = mean over conditions, min over i, of |f(x) - f(G(z_i, c))|`
    with the real sample `x` that came with `c`, and `mean` the same with
    a mean over i; the distance of maps is that of `FeatureDiversity`.

    Cost: the feature network on `samples_per_condition + 1` samples of each
    condition. It keeps two numbers for each condition, and no samples.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are (with one output, or with maps of several layers), or `None`
            for InceptionV3 with Keras's weights. Defaults to `None`.
        samples_per_condition: Positive integer. The value falls with this
            number, so compare at equal numbers only. Defaults to `8`.
        max_samples: Positive integer. Only the first `max_samples` conditions
            count. Defaults to `10_000`.
        name: String. The end of its keys in the logs, after `"best_of_many_"`
            and `"mean_of_many_"`. Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`. A batch without them does not
            count.
        generated: Generated samples, shape
            `(batch, samples_per_condition, ...)`.
        conditions: The conditions of the samples: a tensor, or a tuple or
            dictionary of them, with as many rows.

    Raises:
        ValueError: If the numbers of samples or of conditions do not fit; from
            `result`, if there are no samples.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.BestOfMany(
    ...     model, samples_per_condition=2, name="plane")
    >>> truth = np.array([[0.0, 0.0], [5.0, 0.0]])
    >>> generated = np.array(
    ...     [[[1.0, 0.0], [3.0, 0.0]], [[5.0, 4.0], [5.0, 2.0]]])
    >>> metric.update_state(truth, generated, conditions=np.array([0, 1]))
    >>> metric.result()
    {'best_of_many_plane': 1.5, 'mean_of_many_plane': 2.5}

    Reference: [Bhattacharyya et al., 2018](https://arxiv.org/abs/1806.07772)
    for the best of many; [Yang et al., 2019](https://arxiv.org/abs/1901.09024)
    report it for diverse conditional generation. Differs from theirs: it
    compares any features, where they compare pixels or LPIPS.
    """

    quantities = ("best_of_many", "mean_of_many")
    numbers = 2

    @property
    def wants_real(self) -> bool:
        """Always, because it compares with the real sample of a condition."""
        return True

    def see(self, real: Any, generated: Any, conditions: Any) -> None:
        """Accumulates a batch if it has real and generated samples."""
        if real is None or generated is None:
            return
        for truth, samples in self.in_parts(real, generated):
            rows = ops.convert_to_tensor(distance_rows(self.features, truth))
            gaps = distances(
                self.features, self.rows_of(samples), rows[:, None]
            )
            self.generated.update(
                ops.stack(
                    [ops.min(gaps, axis=1), ops.mean(gaps, axis=1)], axis=1
                )
            )

    def measure(self) -> list[float]:
        """Returns the mean distances of the nearest and of all samples."""
        return self.generated.rows().astype("float64").mean(axis=0).tolist()

    @property
    def protocol(self) -> dict[str, Any]:
        """What a value depends on besides the generator."""
        protocol = super().protocol
        protocol["real_samples"] = protocol["conditions"]
        return protocol
