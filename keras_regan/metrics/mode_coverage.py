"""How many modes samples cover, and how evenly."""

from collections.abc import Iterator
from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.metrics import _likely_class
from keras_regan.metrics._mode_counts import ModeCoverageResult
from keras_regan.metrics._mode_counts import mode_coverage as mode_coverage
from keras_regan.metrics._modes import ClassifierModes
from keras_regan.metrics._modes import MixtureModes
from keras_regan.metrics._nearest_mode import Mixture
from keras_regan.metrics._nearest_mode import checked_mixture
from keras_regan.metrics._nearest_mode import usual_deviations
from keras_regan.metrics.feature_extractor import FeatureExtractor
from keras_regan.metrics.sample_metric import SampleMetric
from keras_regan.metrics.sample_metric import with_suffix

# Rows of an array that are processed at a time.
_CHUNK = 1000


@register
class ModeCoverage(SampleMetric):
    """Measures how many known modes are generated, how well and how evenly.

    This is the most direct measure of missing modes. It needs to know the
    modes: from a mixture that the training data is drawn from, or from a
    classifier, where each class (or each tuple of classes) is a mode.

    It reports three values: `modes`, the number of modes with a good sample;
    `good_samples`, the share of good samples; and `reverse_kl`, how unevenly
    the good samples are spread over the modes, 0 at best and `log(modes)` if
    all are in one. The divergence counts good samples only, and no value means
    much without the other two: noise all over the plane covers all modes, and
    evenly.

    A sample of a mixture belongs to the nearest mode and is good within
    `deviations_allowed` standard deviations of it, in the L2 norm. With a
    classifier, a sample belongs to its most likely class, and is good if the
    classifier is sure enough, or always without `confidence`. NaN and infinity
    are never good.

    A perfect generator of a mixture gets 98.89 % good samples, which is
    `1 - exp(-9 / 2)`, with the default radius; and a divergence of
    `(modes - 1) / (2 samples)` on average, as counts are never quite even:
    0.0014 on the ring and 0.0048 on the grid with 2,500 samples, 0.019 for
    1,000 modes with 26,000. For stacked MNIST, add 0.004, because its digits
    are not equally frequent. More samples find more modes, so compare at equal
    numbers.

    Formula: `reverse_kl = sum p log(p / q)` over modes with a good sample, in
    nats, with `p` the shares of the good samples and `q` the mixture's
    weights, or `1 / modes` for a classifier. Without any good sample it takes
    its largest value, `-log(min q)`, so that it is always a number.

    Cost: for a mixture, `O(samples * modes * dimensions)`; otherwise the
    classifier. It keeps one count for each mode, and no samples.

    Args:
        mixture: `keras_regan.datasets.GaussianMixture` or an object with the
            attributes `centers`, `deviations` and `weights`. `None` if there
            is a classifier. Defaults to `None`.
        classifier: Keras model that takes samples as they are, or
            `FeatureExtractor`, with scores of shape `(batch, classes)`; or
            `(batch, parts, classes)`, where the most likely classes of all
            parts are the digits of one number, that of the first part being
            the highest (`keras_regan.datasets.stacked_mnist_classifier`).
            Defaults to `None`.
        deviations_allowed: Positive float, for a mixture. `None` takes the
            radius that holds 98.89 % of the true samples in any number of
            dimensions: the published 3 in the plane, 2.54 on a line, 11.8 in
            100 dimensions, where true samples are 10 deviations from their
            centre and a radius of 3 would hold none. Defaults to `None`.
        confidence: Float from 0 to 1, for a classifier that returns
            probabilities: the least probability of the class (of each part).
            `None` requires nothing. Defaults to `None`.
        least: Positive integer. The number of good samples that a mode needs
            to count as covered. Defaults to `1`.
        name: String. The end of its keys in the logs: `modes_<name>` and so
            on. `None` adds nothing. Defaults to `None`.

    Call arguments:
        real: Ignored; may be `None`.
        generated: Generated samples, shape `(batch, ...)`.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range, or cannot be combined
            with the others; from `result`, if there are no samples.

    Example:
    >>> ring = keras_regan.datasets.gaussian_ring()
    >>> metric = keras_regan.metrics.ModeCoverage(ring)
    >>> metric.update_state(None, ring.centers[[0, 0, 2, 2]])
    >>> metric.update_state(None, np.zeros((4, 2)))
    >>> metric.result()
    {'modes': 2.0, 'good_samples': 0.5, 'reverse_kl': 1.3862943611}

    Reference: [Srivastava et al., 2017](https://arxiv.org/abs/1705.07761);
    the divergence: [Lin et al., 2017](https://arxiv.org/abs/1712.04086).
    Differs from their code: beyond two dimensions the radius grows, and
    samples exactly at the radius are good.
    """

    uses_real = False

    def __init__(
        self,
        mixture: Mixture | None = None,
        *,
        classifier: FeatureExtractor | keras.Model | None = None,
        deviations_allowed: float | None = None,
        confidence: float | None = None,
        least: int = 1,
        name: str | None = None,
    ):
        name = None if name is None else _validation.log_name(name)
        super().__init__(with_suffix("mode_coverage", name))
        self._check_source(mixture, classifier, deviations_allowed, confidence)
        self.mixture = None if mixture is None else checked_mixture(mixture)
        # Other metrics have their network under this name, too.
        self.features: Any = (
            None
            if classifier is None
            else _likely_class.as_classifier(classifier)
        )
        self.deviations_allowed = (
            None
            if deviations_allowed is None
            else _validation.positive_float(
                deviations_allowed, "deviations_allowed"
            )
        )
        self.confidence = (
            None
            if confidence is None
            else _validation.unit_float(confidence, "confidence")
        )
        self.least = _validation.positive_integer(least, "least")
        self.radius = self.deviations_allowed
        if mixture is not None and deviations_allowed is None:
            self.radius = usual_deviations(mixture)
        self._name_given = name
        self._counts: keras.Variable = None
        self._total: keras.Variable = None

    @property
    def classifier(self) -> FeatureExtractor | None:
        """The classifier of the modes, if there is no mixture."""
        return self.features

    @property
    def keys(self) -> list[str]:
        """The names in the logs."""
        return [
            with_suffix(key, self._name_given)
            for key in ModeCoverageResult._fields
        ]

    def prepare(self) -> None:
        """Creates the counts."""
        self._modes.prepare()
        self._counts = self.add_variable(
            (self._modes.count,), "zeros", dtype="int", name="counts"
        )
        self._total = self.add_variable((), "zeros", dtype="int", name="total")

    def update_state(self, real: Tensor | None, generated: Tensor) -> None:
        """Accumulates a batch.

        Args:
            real: Ignored.
            generated: Generated samples.
        """
        self.prepare_once()
        for samples in _in_parts(generated):
            modes, is_good = self._modes.of(samples)
            dtype = self._counts.dtype
            self._counts.assign_add(
                ops.segment_sum(
                    ops.cast(is_good, dtype),
                    modes,
                    num_segments=self._counts.shape[0],
                )
            )
            self._total.assign_add(ops.cast(ops.shape(samples)[0], dtype))

    def compute(self) -> dict[str, float]:
        """Returns the values by their names in the logs.

        Raises:
            ValueError: If there are no samples.
        """
        self.prepare_once()
        total = int(ops.convert_to_numpy(self._total.value))
        if not total:
            raise ValueError(
                f"`{self.name}` needs 1 generated sample or more. Received: 0"
            )
        result = mode_coverage(
            ops.convert_to_numpy(self._counts.value),
            total,
            self._modes.weights,
            least=self.least,
        )
        return dict(zip(self.keys, result, strict=True))

    @property
    def protocol(self) -> dict[str, Any]:
        """What a value depends on besides the generator."""
        protocol = super().protocol | self._modes.protocol
        protocol["least"] = self.least
        protocol["generated_samples"] = (
            0
            if self._total is None
            else int(ops.convert_to_numpy(self._total.value))
        )
        return protocol

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            "mixture": serialize(self.mixture),
            "classifier": serialize(self.features),
            "deviations_allowed": self.deviations_allowed,
            "confidence": self.confidence,
            "least": self.least,
            "name": self._name_given,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a metric from the result of `get_config`."""
        config = dict(config)
        for key in ("mixture", "classifier"):
            config[key] = keras.saving.deserialize_keras_object(config[key])
        return cls(**config)

    @property
    def _modes(self) -> MixtureModes | ClassifierModes:
        if self.mixture is not None and self.radius is not None:
            return MixtureModes(self.mixture, self.radius)
        # It is not stored, because `features` is replaced when loaded metrics
        # share a network.
        return ClassifierModes(self.features, self.confidence)

    @staticmethod
    def _check_source(
        mixture: Any,
        classifier: Any,
        deviations_allowed: Any,
        confidence: Any,
    ) -> None:
        """Raises unless there is one source, with its own arguments."""
        if (mixture is None) == (classifier is None):
            raise ValueError(
                "Invalid value for arguments `mixture` and `classifier`. "
                "Expected one of them. Received: "
                f"{'neither' if mixture is None else 'both'}"
            )
        for argument, value, source, other in (
            ("deviations_allowed", deviations_allowed, mixture, "a mixture"),
            ("confidence", confidence, classifier, "a classifier"),
        ):
            if value is not None and source is None:
                raise ValueError(
                    _validation.message(
                        argument, f"`None` without {other}", value
                    )
                )


def _in_parts(samples: Any) -> Iterator[Any]:
    """Yields a tensor as it is, and an array in parts."""
    if not isinstance(samples, np.ndarray):
        yield samples
        return
    for first in range(0, len(samples), _CHUNK):
        yield samples[first : first + _CHUNK]
