"""How near the nearest of several samples of a condition is to the truth."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan.metrics._conditional_metric import SamplesOfConditions
from keras_regan.metrics._feature_distance import distance_rows
from keras_regan.metrics._feature_distance import distances


@register
class BestOfMany(SamplesOfConditions):
    """How near the nearest of several samples of a condition is to the truth.

    For generators that are told what to make, where the data has one true
    sample for each condition: the other half of an image, the photograph that
    was sketched. More variety lowers the value only if it covers the truth,
    which noise does not; so it tells useful variety from any
    (`ConditionalDiversity`). Beside it stands the mean distance of all samples:
    if both are the same, the latents are ignored.

    Formula: `best = mean over conditions, min over i, of |f(x) - f(G(z_i, c))|`
    with the real sample `x` that came with `c`, and `mean` likewise with a mean
    over i; the distance of maps is that of `FeatureDiversity`.

    Cost: the feature network on `samples_per_condition + 1` samples of each
    condition. Two numbers of a condition are kept, and no samples.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are (with one output, or with maps of several layers), or `None`
            for InceptionV3 with Keras's weights. Defaults to `None`.
        samples_per_condition: Positive integer. The more, the smaller the
            value, so compare equal numbers only. Defaults to `8`.
        max_samples: Positive integer. The first so many conditions count.
            Defaults to `10_000`.
        name: String. What its keys in the logs end with, after
            `"best_of_many_"` and `"mean_of_many_"`. Defaults to the
            extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`. Without them a batch does not
            count.
        generated: Generated samples, shape
            `(batch, samples_per_condition, ...)`.
        conditions: What they were generated for: a tensor, or a tuple or
            dictionary of them, with as many rows.

    Raises:
        ValueError: If there is another number of samples or of conditions;
            from `result`, if there are none.

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
    report it for diverse conditional generation. Differs from theirs: any
    features, where pixels or LPIPS were compared.
    """

    quantities = ("best_of_many", "mean_of_many")
    numbers = 2

    @property
    def wants_real(self) -> bool:
        """Always: real and generated samples of a condition meet."""
        return True

    def see(self, real: Any, generated: Any, conditions: Any) -> None:
        """Takes a batch into account, if both sides are there."""
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
