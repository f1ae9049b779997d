"""Reconstruction: the distance to the real sample of the same condition."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import positive_integer
from keras_regan.metrics.feature_extractor import FeatureExtractor
from keras_regan.metrics.feature_extractor import as_extractor
from keras_regan.regularizers import _distances
from keras_regan.regularizers._chosen_distance import Distance
from keras_regan.regularizers._chosen_distance import checked_distance
from keras_regan.regularizers._chosen_distance import deserialized
from keras_regan.regularizers._chosen_distance import distance_of_each
from keras_regan.regularizers._chosen_distance import serialized
from keras_regan.regularizers.sample_regularizer import SampleRegularizer
from keras_regan.regularizers.sample_regularizer import Sizes

_BY_NAME = {**_distances.BY_NAME, "squared": _distances.mean_square}


@register
class Reconstruction(SampleRegularizer):
    """Pulls each sample towards the real one that came with its condition.

    Use it in conditional GANs whose data holds a target for each condition,
    such as the other half of an image, or the photograph for a sketch. The
    adversarial loss alone makes samples plausible; this term makes them fit
    their condition. As there is only one target per condition, a generator
    with a large factor learns to ignore its latents. Two things keep its
    samples varied, and go together: a `PairwiseDistance`, and `nearest_of=2`,
    which makes two samples of each condition and pulls only the nearer one to
    the target, so that the other is free to be what the target is not.

    Formula: `factor * mean(D(G(z, c), x))`, `x` the real sample that came
    with the condition `c`; with `nearest_of=k`,
    `factor * mean(min_i(D(G(z_i, c), x)))` over `k` samples of the condition;
    with `features`, `D` is the mean over the network's outputs `f` of
    `D(f(G(z, c)), f(x))`

    Cost: one subtraction per sample; with `features` two passes through the
    feature network and one back. With `nearest_of=k` the generator makes
    `k - 1` more batches, once for all regularizers that compare samples of one
    condition; none if its own batch holds each condition `k` times
    (`compile(samples_per_condition=k)`).

    On the discriminator's features it is the feature matching of pix2pixHD:
    `keras_regan.penalties.OnFeatures(Reconstruction(10.0))`. With `features`
    it is a perceptual loss. The feature network is not trained. Images go
    through the extractor's preparation, but are neither rounded nor clipped to
    `value_range`, because that would leave no gradient.

    Args:
        factor: Non-negative float. Weights of 10 to 100 are common.
            Defaults to `1.0`.
        distance: `"l1"` (mean absolute difference), `"l2"` (root mean square
            of the differences, as in the other regularizers), `"squared"`
            (mean square of the differences), all per element so that a factor
            keeps its meaning across sample sizes, or a callable that takes two
            tensors `(batch, ...)` shaped like the samples, or like an output
            of `features`, and returns `(batch,)` distances. Register a
            callable with `keras.saving.register_keras_serializable` to be
            able to load a model that uses it. Defaults to `"l1"`.
        features: `keras_regan.metrics.FeatureExtractor`, or a built Keras
            model that takes samples as they are, with one or several outputs.
            Its outputs are compared instead of the samples. It is saved with
            the GAN if it is given as an object, but not if it is given as a
            path. Defaults to `None`, which compares the samples themselves.
        nearest_of: Positive integer. How many samples of each condition are
            made, of which the nearest is pulled; of all in the batch if
            `samples_per_condition` makes more. Defaults to `1`, which pulls
            every sample.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        real: Tensor of the same shape: the target of each row. With
            `nearest_of`, one for each condition is enough.
        conditions: Integer. With `nearest_of`, how many conditions the rows
            have: row `i` and row `i + conditions` have the same one. Defaults
            to the number of rows of `real`.

    Returns:
        Scalar tensor, not negative.

    Raises:
        TypeError: If `features` is neither an extractor nor a model, or
            `nearest_of` is not an integer.
        ValueError: If `distance` is none of those listed, or `nearest_of` is
            below 1; when called, if samples and real ones have different
            shapes; in the first step, if there are no conditions.

    Example:
    >>> samples, real = np.array([[0.0], [1.0]]), np.array([[4.0], [3.0]])
    >>> float(keras_regan.regularizers.Reconstruction(10.0)(samples, real))
    30.0
    >>> nearest = keras_regan.regularizers.Reconstruction(10.0, nearest_of=2)
    >>> float(nearest(samples, np.array([[4.0]])))
    30.0

    Reference: [Isola et al., 2017](https://arxiv.org/abs/1611.07004)
    (pix2pix, L1 with a factor of 100);
    [Johnson et al., 2016](https://arxiv.org/abs/1603.08155) for features,
    `"squared"` there; [Wang et al., 2018](https://arxiv.org/abs/1711.11585)
    (pix2pixHD, L1 with a factor of 10) for the discriminator's. Differs from
    the authors' code: a mean over several outputs instead of their sum.
    `nearest_of`: the variety loss of
    [Gupta et al., 2018](https://arxiv.org/abs/1803.10892) (Social GAN, 20
    samples); [Bhattacharyya et al., 2018](https://arxiv.org/abs/1806.07772).
    The former's code has a sum over coordinates and scenes where `"squared"`
    has a mean, and takes the least of all paths of a scene together.
    """

    called_with = ("samples", "real")
    paired_with_real = True

    def __init__(
        self,
        factor: float = 1.0,
        *,
        distance: Distance = "l1",
        features: FeatureExtractor | keras.Model | None = None,
        nearest_of: int = 1,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.nearest_of = positive_integer(nearest_of, "nearest_of")
        self.distance = checked_distance(distance, _BY_NAME)
        self.features = None if features is None else as_extractor(features)

    @property
    def feature_networks(self) -> list[FeatureExtractor]:
        """The feature network, if there is one."""
        return [] if self.features is None else [self.features]

    @property
    def samples_compared(self) -> int | None:
        """How many samples of each condition it needs, or `None`."""
        return None if self.nearest_of == 1 else self.nearest_of

    def __call__(
        self,
        samples: Tensor,
        *others: Tensor,
        conditions: int | Tensor | None = None,
    ) -> Tensor:
        """Returns the scalar that is added to the loss."""
        return self._scaled(
            (samples, *others), lambda x, y: self.call(x, y, conditions)
        )

    def call(
        self,
        samples: Tensor,
        real: Tensor,
        conditions: int | Tensor | None = None,
    ) -> Tensor:
        """Returns the mean distance, without the factor."""
        if self.nearest_of == 1:
            return ops.mean(self._distances(samples, real))
        if conditions is None:
            conditions = ops.shape(real)[0]
        # The rest of them, if there are more, are the same again.
        distances = self._distances(samples, real[:conditions])
        of_conditions = ops.reshape(distances, (-1, conditions))
        return ops.mean(ops.min(of_conditions, axis=0))

    def _distances(self, samples: Tensor, real: Tensor) -> Tensor:
        """Returns how far each sample is from its target, `(batch,)`."""
        rows = ops.shape(samples)[0]
        values = [
            distance_of_each(
                self.distance, _BY_NAME, x, self._as_often(y, rows)
            )
            for x, y in zip(
                self._compared(samples),
                map(ops.stop_gradient, self._compared(real)),
                strict=True,
            )
        ]
        return sum(values) / len(values)

    def _as_often(self, targets: Tensor, rows: int | Tensor) -> Tensor:
        """Returns targets again and again until each sample has one."""
        if self.nearest_of == 1:
            return targets
        indices = ops.arange(rows) % ops.shape(targets)[0]
        return ops.take(targets, indices, axis=0)

    def _are_partners(self, samples: Sizes, real: Sizes) -> bool:
        if self.nearest_of == 1:
            return super()._are_partners(samples, real)
        rows, targets = samples[0], real[0]
        return super()._are_partners(samples[1:], real[1:]) and (
            rows is None or targets is None or rows % targets == 0
        )

    def _compared(self, samples: Tensor) -> list[Tensor]:
        if self.features is None:
            return [samples]
        return self.features.differentiable_maps(samples)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        features = self.features
        if features is not None:
            features = keras.saving.serialize_keras_object(features)
        return {
            **super().get_config(),
            "distance": serialized(self.distance),
            "features": features,
            "nearest_of": self.nearest_of,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the regularizer from the result of `get_config`."""
        config = dict(config)
        config["distance"] = deserialized(config.get("distance", "l1"))
        if isinstance(config.get("features"), dict):
            config["features"] = keras.saving.deserialize_keras_object(
                config["features"]
            )
        return cls(**config)
