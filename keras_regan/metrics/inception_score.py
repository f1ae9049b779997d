"""The inception score, for any classifier."""

import itertools
from typing import Any
from typing import NamedTuple
from typing import Self

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan.metrics._feature_arrays import checked_rows
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource
from keras_regan.metrics.feature_extractor import FeatureExtractor

_TOLERANCE = 1e-3


class InceptionScoreResult(NamedTuple):
    """Mean and standard deviation over splits."""

    value: float
    standard_deviation: float


def inception_score(
    probabilities: np.ndarray, *, splits: int = 10
) -> InceptionScoreResult:
    """Computes `exp(mean KL(p(y|x) || p(y)))`, with its deviation over splits.

    Args:
        probabilities: Array of shape `(count, classes)` with rows that sum to
            one: the probabilities of a classifier for generated images.
        splits: Positive integer. The number of parts of successive samples
            into which the set is divided. The score grows with the size of a
            part. Defaults to `10`.

    Returns:
        The tuple `(value, standard_deviation)`; the value lies between 1 and
        the number of classes.

    Raises:
        ValueError: If rows do not sum to one, or if there are fewer samples
            than splits.

    Example:
    >>> certain_and_varied = np.tile(np.eye(4), (10, 1))
    >>> keras_regan.metrics.inception_score(certain_and_varied, splits=2)
    InceptionScoreResult(value=4.0, standard_deviation=0.0)

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498). The
    parts are those of the authors' code; published scores are of 50,000 images
    in ten parts of 5,000.
    """
    splits = _validation.positive_integer(splits, "splits")
    rows = checked_rows(probabilities, "probabilities", splits)
    if rows.min() < 0 or np.abs(rows.sum(axis=1) - 1.0).max() > _TOLERANCE:
        raise ValueError(
            "Invalid value for argument `probabilities`. Expected rows of "
            "probabilities that sum to one; pass `from_logits=True` to "
            "`InceptionScore` for a classifier that returns logits. Received: "
            f"sums from {rows.sum(axis=1).min():.4g} to "
            f"{rows.sum(axis=1).max():.4g}"
        )
    ends = np.arange(splits + 1) * len(rows) // splits
    scores = [_score(rows[a:b]) for a, b in itertools.pairwise(ends)]
    return InceptionScoreResult(float(np.mean(scores)), float(np.std(scores)))


@register
class InceptionScore(FeatureMetric):
    """Measures whether a classifier is sure of images and finds all classes.

    It uses generated images only, so it does not notice if they differ from
    the real ones, or if all images of a class are the same. Use it together
    with another metric.

    Formula: `exp(mean KL(p(y|x) || p(y)))`, a mean over splits, where `p(y)` is
    the mean of `p(y|x)` over the generated images of a split.

    Cost: the classifier; nothing else.

    Args:
        classifier: `FeatureExtractor` or Keras model that returns class
            probabilities, or `None` for `keras.applications.InceptionV3` with
            its ImageNet classes. Defaults to `None`.
        from_logits: Boolean. Whether it returns logits. Defaults to `False`.
        splits: Positive integer. The number of parts of successive samples
            into which the set is divided. The score grows with the size of a
            part. Defaults to `10`.
        max_samples: Positive integer. Only the first `max_samples` samples
            count; memory for their probabilities is reserved. Defaults to
            `10_000`.
        name: String. The end of its keys in the logs, after
            `"inception_score_"` and `"inception_score_deviation_"`. Defaults to
            the classifier's name.

    Call arguments:
        real: Ignored.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        ValueError: From `result`, if the classifier does not return
            probabilities, or if there are fewer samples than splits.

    Example:
    >>> model = keras.Sequential([
    ...     keras.Input((2,)), keras.layers.Softmax()], name="which")
    >>> metric = keras_regan.metrics.InceptionScore(model, splits=2)
    >>> metric.update_state(None, 100.0 * np.tile(np.eye(2), (4, 1)))
    >>> metric.result()
    {'inception_score_which': 2.0, 'inception_score_deviation_which': 0.0}

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498).
    Differs from the authors' code: any classifier; theirs is the Inception
    network of 2015, and its scores cannot be compared with those of other
    classifiers. Published scores are of 50,000 images in ten parts of 5,000:
    use `max_samples=50_000` and as many samples, since the default parts of
    1,000 score lower. TF-GAN does not divide the set, like `splits=1`.
    """

    quantities = ("inception_score", "inception_score_deviation")
    settings = ("from_logits", "splits")
    uses_real = False

    def __init__(
        self,
        classifier: FeatureSource = None,
        *,
        from_logits: bool = False,
        splits: int = 10,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        if classifier is None:
            classifier = _InceptionClassifier()
        super().__init__(classifier, max_samples=max_samples, name=name)
        self.from_logits = _validation.boolean(from_logits, "from_logits")
        self.splits = _validation.positive_integer(splits, "splits")

    @property
    def classifier(self) -> FeatureExtractor:
        """The network that returns probabilities or logits."""
        return self.features

    @property
    def least_samples(self) -> int:  # type: ignore[override]  # Read only.
        """One sample per split."""
        return self.splits

    def measure(self) -> InceptionScoreResult:
        """Returns the score and its deviation over splits."""
        rows = self.generated.rows()
        if self.from_logits:
            rows = ops.convert_to_numpy(ops.softmax(rows, axis=-1))
        return inception_score(rows, splits=self.splits)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["reference"]
        config["classifier"] = config.pop("features")
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a metric from the result of `get_config`."""
        config = dict(config)
        config["classifier"] = keras.saving.deserialize_keras_object(
            config["classifier"]
        )
        return cls(**config)


@register
class _InceptionClassifier(FeatureExtractor):
    """InceptionV3 with its classes."""

    default_arguments = {"include_top": True}


def _score(probabilities: np.ndarray) -> float:
    def entropies(rows):
        logarithms = np.log(rows, where=rows > 0, out=np.zeros_like(rows))
        return -(rows * logarithms).sum(axis=-1)

    marginal = probabilities.mean(axis=0)
    return float(np.exp(entropies(marginal) - entropies(probabilities).mean()))
