"""The Frechet distance between samples together with their conditions."""

from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan.metrics._condition_rows import condition_rows
from keras_regan.metrics._condition_rows import condition_size
from keras_regan.metrics._condition_rows import is_class_label
from keras_regan.metrics._conditional_metric import ConditionalMetric
from keras_regan.metrics._feature_metric import FeatureSource
from keras_regan.metrics._feature_metric import add_rows
from keras_regan.metrics._joint_moments import JointMoments
from keras_regan.metrics.feature_extractor import FeatureExtractor
from keras_regan.metrics.feature_extractor import as_extractor
from keras_regan.metrics.frechet_distance import frechet_distance


@register
class FrechetJointDistance(ConditionalMetric):
    """Measures how far pairs of sample and condition are from real pairs.

    `FrechetDistance` does not measure whether a sample fits its condition: a
    generator that confuses all classes has the same value. This metric
    compares features and conditions together, so it measures quality,
    diversity within conditions, and whether samples fit their conditions. Like
    `FrechetDistance`, it is biased upwards by few samples.

    Class labels become one-hot vectors, other conditions are flattened, and
    several conditions are joined. Conditions that are large or that mean
    little as plain numbers, such as images or the tokens of a text, need a
    network: `condition_features`.

    It keeps only sums. They include the mean lengths of features and
    conditions, so each real pair is processed once.

    Formula: `|m - n|^2 + tr(S) + tr(T) - 2 tr((S^(1/2) T S^(1/2))^(1/2))` of
    means m, n and unbiased covariances S, T of `(f(x), alpha e(c))`, with
    `alpha = mean |f(x)| / mean |e(c)|` over real pairs.

    Cost: the feature networks, and `O(size^2)` per sample, where size is that
    of features and condition together; once `O(size^3)`.

    Args:
        features: `FeatureExtractor`, Keras model that takes samples as they
            are, or `None` for InceptionV3 with Keras's weights. Defaults to
            `None`.
        condition_features: `FeatureExtractor` or Keras model that takes the
            condition, one array, or `None`. Defaults to `None`.
        num_classes: Positive integer, needed if conditions are class labels:
            integers of shape `(batch,)` or `(batch, 1)`. A number above that
            of the classes does not change the value. Defaults to `None`.
        alpha: Non-negative float, the weight of conditions. With 0 it is the
            `FrechetDistance`; `None` makes both parts equally long on average.
            Defaults to `None`.
        name: String. The end of its key in the logs, after
            `"frechet_joint_distance_"`. Defaults to the extractor's name.

    Call arguments:
        real: Real samples, shape `(batch, ...)`.
        generated: Generated samples, shape `(batch, ...)`.
        conditions: The conditions of the real and of the generated samples: a
            tensor, or a tuple or dictionary of them, with as many rows.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range; if conditions are class
            labels and `num_classes` is not given, or if they differ in size
            from the first ones; from `result`, if there are fewer than two
            samples.

    Example:
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
    >>> metric = keras_regan.metrics.FrechetJointDistance(
    ...     model, num_classes=2, name="line")
    >>> labels = np.arange(100) % 2
    >>> samples = 10.0 * labels[:, None]
    >>> metric.update_state(samples, samples, labels)
    >>> metric.result() < 1e-6
    True
    >>> metric.reset_state()
    >>> metric.update_state(samples, samples[::-1], labels)
    >>> metric.result() > 10
    True

    Reference: [DeVries et al., 2019](https://arxiv.org/abs/1907.08175).
    Differs from the authors' code: the trace comes from symmetric eigenvalues,
    no `epsilon` is added to covariances, and features may have any size.
    """

    quantities = ("frechet_joint_distance",)
    settings = ("num_classes", "alpha")
    network_attributes = ("features", "condition_features")

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        condition_features: FeatureExtractor | keras.Model | None = None,
        num_classes: int | None = None,
        alpha: float | None = None,
        name: str | None = None,
    ):
        super().__init__(features, name=name)
        self.condition_features = (
            None
            if condition_features is None
            else as_extractor(condition_features, "condition_features")
        )
        self.num_classes = (
            None
            if num_classes is None
            else _validation.positive_integer(num_classes, "num_classes")
        )
        self.alpha = (
            None
            if alpha is None
            else _validation.non_negative_float(alpha, "alpha")
        )
        self._condition_size: int

    def expect_conditions(self, conditions: Any) -> None:
        """Sets the size of conditions.

        Raises:
            ValueError: If it is not known.
        """
        if self.condition_features is not None:
            self._condition_size = self.condition_features.size
        elif conditions is not None:
            self._check_kinds(conditions)
            self._condition_size = condition_size(conditions, self.num_classes)
        elif self.num_classes is not None:
            self._condition_size = self.num_classes
        else:
            raise ValueError(
                f"`{self.name}` does not know the size of conditions. "
                "Expected `num_classes`, `condition_features`, or a call of "
                "`prepare_once(conditions)`."
            )

    def statistic(self, name: str, max_samples: int) -> JointMoments:
        """Creates the sums of one side."""
        return JointMoments(
            self.add_variable, self.features.size, self._condition_size, name
        )

    def see(self, real: Any, generated: Any, conditions: Any) -> None:
        """Accumulates a batch."""
        rows = self._condition_rows(conditions)
        if real is not None and self.wants_real:
            add_rows(self.real, _joined(self.features(real), rows))
        if generated is not None:
            add_rows(self.generated, _joined(self.features(generated), rows))

    def measure(self) -> tuple[float]:
        """Returns the distance."""
        alpha = self.alpha
        if alpha is None:
            alpha = self.real.ratio_of_lengths()
        return (
            frechet_distance(
                *self.real.moments(alpha), *self.generated.moments(alpha)
            ),
        )

    def _condition_rows(self, conditions: Any) -> Any:
        if self.condition_features is not None:
            return self.condition_features(self._only(conditions))
        self._check_kinds(conditions)
        self._check_labels(conditions)
        rows = condition_rows(conditions, self.num_classes)
        if rows.shape[1] != self._condition_size:
            raise ValueError(
                "Invalid value for argument `conditions`. Expected rows of "
                f"{self._condition_size} elements in all, as before. Received: "
                f"{rows.shape[1]}"
            )
        return rows

    def _only(self, conditions: Any) -> Any:
        (first, *others) = keras.tree.flatten(conditions)
        if others:
            raise ValueError(
                "Invalid value for argument `condition_features`. Expected "
                "`None` with several conditions: it takes one array. "
                f"Received: {1 + len(others)} conditions"
            )
        return first

    def _check_kinds(self, conditions: Any) -> None:
        """Raises if conditions are class labels without `num_classes`."""
        if self.num_classes is None and any(
            map(is_class_label, keras.tree.flatten(conditions))
        ):
            raise ValueError(
                _validation.message(
                    "num_classes",
                    "the number of classes, for conditions that are class "
                    "labels: one integer per sample",
                    None,
                )
            )

    def _check_labels(self, conditions: Any) -> None:
        """Raises if arrays have labels that are not classes."""
        classes = self.num_classes
        if classes is None:
            return
        for part in keras.tree.flatten(conditions):
            is_array = isinstance(part, np.ndarray) and part.size
            if not (is_array and is_class_label(part)):
                continue
            least, most = part.min(), part.max()
            if least < 0 or most >= classes:
                raise ValueError(
                    "Invalid value for argument `conditions`. Expected class "
                    f"labels from 0 to {classes - 1}. Received: "
                    f"labels from {least} to {most}"
                )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["max_samples"]
        config["condition_features"] = keras.saving.serialize_keras_object(
            self.condition_features
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a metric from the result of `get_config`."""
        config = dict(config)
        config["condition_features"] = keras.saving.deserialize_keras_object(
            config["condition_features"]
        )
        return super().from_config(config)


def _joined(features: Any, rows: Any) -> Any:
    joined = ops.concatenate([features, rows], axis=1)
    if isinstance(features, np.ndarray):
        return ops.convert_to_numpy(joined)
    return joined
