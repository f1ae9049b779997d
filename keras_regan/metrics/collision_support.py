"""The number of different samples, estimated from how often two are alike."""

from typing import Any
from typing import NamedTuple
from typing import Self

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import PathLike
from keras_regan.metrics import _likely_class
from keras_regan.metrics._feature_arrays import checked_features
from keras_regan.metrics._feature_arrays import checked_rows
from keras_regan.metrics._feature_arrays import squared_distances
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource
from keras_regan.metrics._statistics import FeatureStore
from keras_regan.metrics.feature_extractor import FeatureExtractor


class CollisionSupportResult(NamedTuple):
    """An estimate, and the number of pairs that it is based on."""

    support: float
    collisions: int


def collision_support(
    real_features: np.ndarray | None,
    generated_features: np.ndarray,
    *,
    threshold: float | None = None,
) -> CollisionSupportResult:
    """Estimates the number of different samples by the birthday paradox.

    Two samples collide if they are equal, or closer than a threshold.

    Formula: `support = s (s - 1) / (2 c)`, where c of the pairs among s
    samples collide; with `c = 0`, the value for `c = 1`, as a lower bound.

    Args:
        real_features: Array of shape `(count, size)`. May be `None` if there
            is a threshold.
        generated_features: Array of shape `(count, size)`.
        threshold: Non-negative float, an L2 distance; with `0.0` only equal
            samples collide. `None` takes the distance of the closest two among
            equally many real samples; the larger set is cut to the size of the
            smaller one. Defaults to `None`.

    Returns:
        The tuple `(support, collisions)`.

    Raises:
        TypeError: If `threshold` is not a number.
        ValueError: If an argument is out of its range.

    Example:
    >>> random = np.random.default_rng(0)
    >>> faces = random.normal(size=(100, 4))[random.integers(100, size=1000)]
    >>> support, collisions = keras_regan.metrics.collision_support(
    ...     None, faces, threshold=0.0)
    >>> 95 < support < 105
    True

    Reference: [Arora and Zhang, 2017](https://arxiv.org/abs/1706.08224).
    """
    if threshold is None:
        if real_features is None:
            raise ValueError(
                _validation.message(
                    "threshold", "a float without real features", threshold
                )
            )
        real, generated = checked_features(real_features, generated_features, 2)
        count = min(len(real), len(generated))
        generated = generated[:count]
        square = _closest(real[:count])
    else:
        square = _validation.non_negative_float(threshold, "threshold") ** 2
        generated = checked_rows(generated_features, "generated_features", 2)
    collisions = _pairs_closer_than(square, generated)
    pairs = len(generated) * (len(generated) - 1) // 2
    return CollisionSupportResult(pairs / max(collisions, 1), collisions)


@register
class CollisionSupport(FeatureMetric):
    """Estimates how many different samples a generator makes.

    A generator that has memorized a few thousand images passes every
    comparison of means and variances. The birthday paradox reveals it: as 23
    people are enough to expect two with the same birthday, a few hundred
    samples are enough to expect two that are alike. The metric counts pairs
    that are alike in the features of a network, or by a classifier that knows
    the modes.

    It reports two values: `support`, the estimated number of different samples
    if all of them are equally likely; and `collisions`, the number of pairs
    that the estimate is based on. Its relative standard error is
    `1 / sqrt(collisions)`. Without any collision, `support` is the number of
    pairs, which is then a lower bound (a support of that size has no collision
    with a probability of 37 %); s samples cannot show more. If samples are not
    equally likely, `support` is `1 / sum p^2`, the effective number, which is
    smaller than the number of all different samples.

    By default two samples are alike if they are closer than any two among
    equally many real samples. The real set then has no collisions itself, and
    the estimate says how much less varied the generated one is. Give a
    threshold to keep it the same from run to run. With a classifier, samples
    are alike if they have the same class, or tuple of classes: this is exact,
    and needs no real samples.

    Formula: `support = s (s - 1) / (2 c)`, where c of the pairs among s
    samples collide; with `c = 0`, the value for `c = 1`.

    Cost: the network; once `O(samples^2 * size)` for two matrices of
    distances, which are never in memory as a whole.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are, or `None` for InceptionV3 with Keras's weights (if there is
            no classifier). Defaults to `None`.
        classifier: `FeatureExtractor` or Keras model that returns scores of
            shape `(batch, classes)` or `(batch, parts, classes)`, instead of
            `features`. Defaults to `None`.
        threshold: Non-negative float, an L2 distance of features; with `0.0`
            only equal ones collide. `None` takes it from the real samples.
            Defaults to `None`.
        reference: Path of a file from `write_reference`, which replaces the
            real samples, or `None`. Defaults to `None`.
        max_samples: Positive integer. Only the first `max_samples` samples of
            each side count; memory for their features is reserved. Defaults to
            `10_000`.
        name: String. The end of its keys in the logs, after `"support_"` and
            `"collisions_"`. Defaults to the network's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`. Ignored with a threshold or a
            classifier.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If arguments cannot be combined; from `result`, if there
            are fewer than two samples.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.CollisionSupport(model, name="plane")
    >>> random = np.random.default_rng(0)
    >>> real = random.normal(size=(1000, 2))
    >>> metric.update_state(real, real[random.integers(100, size=1000)])
    >>> 90 < metric.result()["support_plane"] < 110
    True

    Reference: [Arora and Zhang, 2017](https://arxiv.org/abs/1706.08224).
    Differs from the authors' procedure: they look for the number of samples
    that gives a collision in half of the draws, and let people decide which
    samples look the same.
    """

    quantities = ("support", "collisions")

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        classifier: FeatureExtractor | keras.Model | None = None,
        threshold: float | None = None,
        reference: PathLike | None = None,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        if classifier is not None:
            _refuse("a classifier", features=features, threshold=threshold)
            features = _likely_class.as_classifier(classifier)
        super().__init__(
            features, reference=reference, max_samples=max_samples, name=name
        )
        self._compares_classes = classifier is not None
        self.threshold = (
            None
            if threshold is None
            else _validation.non_negative_float(threshold, "threshold")
        )
        if not self.uses_real:
            _refuse("a classifier or a threshold", reference=reference)

    @property
    def classifier(self) -> FeatureExtractor | None:
        """The classifier, if classes are compared."""
        return self.features if self._compares_classes else None

    @property
    def uses_real(self) -> bool:  # type: ignore[override]  # Read only.
        """Whether the threshold comes from the real samples."""
        return self.threshold is None and not self._compares_classes

    def statistic(self, name: str, max_samples: int) -> Any:
        """Creates the store for the features or the classes of one side."""
        if not self._compares_classes:
            return super().statistic(name, max_samples)
        parts, _ = _likely_class.parts_and_classes(self.features)
        return FeatureStore(self.add_variable, parts, max_samples, name)

    def embedded(self, samples: Any) -> Any:
        """Returns features, or the number of the class in each part."""
        if not self._compares_classes:
            return super().embedded(samples)
        scores = _likely_class.class_scores(self.features, samples)
        classes = ops.cast(ops.argmax(scores, axis=-1), "float32")
        is_finite = _likely_class.is_finite(scores)[:, None]
        return ops.where(is_finite, classes, float("nan"))

    def measure(self) -> CollisionSupportResult:
        """Returns the estimate and the number of collisions."""
        return collision_support(
            self.real.rows() if self.uses_real else None,
            self.generated.rows(),
            threshold=0.0 if self._compares_classes else self.threshold,
        )

    @property
    def protocol(self) -> dict[str, Any]:
        """What a value depends on besides the generator."""
        alike = "same class"
        if not self._compares_classes:
            alike = "closer than " + (
                "the closest real pair"
                if self.threshold is None
                else f"{self.threshold:.6g}"
            )
        return {**super().protocol, "alike": alike}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        network = config.pop("features")
        compares = self._compares_classes
        return {
            "features": None if compares else network,
            "classifier": network if compares else None,
            "threshold": self.threshold,
            **config,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a metric from the result of `get_config`."""
        config = dict(config)
        config["classifier"] = keras.saving.deserialize_keras_object(
            config["classifier"]
        )
        return super().from_config(config)


def _closest(rows: np.ndarray) -> float:
    """Returns the smallest squared distance of two rows."""
    different = np.unique(rows, axis=0)
    if len(different) < len(rows):
        return 0.0
    closest = np.inf
    for part, squares in squared_distances(different, different):
        here = np.arange(part.start, part.stop)
        squares[here - part.start, here] = np.inf
        closest = min(closest, squares.min())
    return closest


def _pairs_closer_than(square: float, rows: np.ndarray) -> int:
    """Returns how many pairs are equal, or have a smaller squared distance."""
    # Equal rows are counted separately: distances from products of matrices
    # are not exactly zero, because of rounding.
    different, times = np.unique(rows, axis=0, return_counts=True)
    twice = int((times * (times - 1)).sum())
    if not square:
        return twice // 2
    for part, squares in squared_distances(different, different):
        here = np.arange(part.start, part.stop)
        squares[here - part.start, here] = np.inf
        twice += int(times[part] @ ((squares < square) @ times))
    return twice // 2


def _refuse(beside: str, **arguments: Any) -> None:
    """Raises a `ValueError` if one of the arguments is given."""
    for argument, value in arguments.items():
        if value is not None:
            raise ValueError(
                _validation.message(argument, f"`None` with {beside}", value)
            )
