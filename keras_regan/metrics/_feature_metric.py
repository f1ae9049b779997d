"""The base class of metrics that compare features."""

import math
from collections.abc import Sequence
from typing import Any
from typing import Self
from typing import TypeAlias

import keras
import numpy as np

from keras_regan._files import path_string
from keras_regan._typing import PathLike
from keras_regan._typing import Tensor
from keras_regan._validation import positive_integer
from keras_regan.metrics._statistics import FeatureStore
from keras_regan.metrics.feature_extractor import FeatureExtractor
from keras_regan.metrics.feature_extractor import as_extractor
from keras_regan.metrics.reference import Reference
from keras_regan.metrics.sample_metric import SampleMetric
from keras_regan.metrics.sample_metric import with_suffix

# The types of a feature network and of a path in arguments of metrics.
FeatureSource: TypeAlias = FeatureExtractor | keras.Model | None

_CHUNK = 256


class FeatureMetric(SampleMetric):
    """Base class for metrics that compare features of samples.

    A subclass names what it measures in `quantities` and returns the values
    from `measure`, in the same order; its own arguments are attributes whose
    names are in `settings`. If features are not finite, as those of a diverged
    generator, all values are NaN.

    Args:
        features: `FeatureExtractor`, Keras model or `None` for InceptionV3.
        reference: Path of a file from `write_reference`, or `None`.
        max_samples: Positive integer. How many samples' features are kept on
            each side.
        name: String. The end of the log keys; by default the extractor's name.
    """

    quantities: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    least_samples = 2

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        reference: PathLike | None = None,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        self.features = as_extractor(features)
        self.suffix = self.features.name if name is None else name
        super().__init__(with_suffix(self.quantities[0], self.suffix))
        self.reference = (
            None if reference is None else path_string(reference, "reference")
        )
        self.max_samples = positive_integer(max_samples, "max_samples")
        self._name_given = name
        self._split: str | None = None
        self._knows_real = reference is not None
        # What `statistic` returned, once there is one.
        self.real: Any = None
        self.generated: Any = None

    def prepare(self) -> None:
        """Creates the variables, and loads the reference if there is one."""
        self.features.model  # noqa: B018 (loads it, or says why it cannot)
        self.generated = self.statistic("generated", self.max_samples)
        if not self.uses_real:
            return
        if self.reference is None:
            self.real = self.statistic("real", self.max_samples)
            return
        reference = Reference.load(self.reference, self.features)
        self.real = self.statistic("real", max(len(reference.features), 1))
        self.take_reference(reference)

    def statistic(self, name: str, max_samples: int) -> Any:
        """Creates the store for the features of one side."""
        return FeatureStore(
            self.add_variable, self.features.size, max_samples, name
        )

    def take_reference(self, reference: Reference) -> None:
        """Takes the features of real samples from a reference."""
        self.use_reference(reference)
        self.real.load(reference.features)

    def use_reference(self, reference: Reference) -> None:
        """Notes that a reference provides the real samples, and its split."""
        self._split = reference.split
        self._knows_real = True

    def keep_real_samples(self) -> None:
        """Takes no further real samples, and keeps those it has."""
        self._knows_real = True

    def update_state(
        self,
        real: Tensor | None,
        generated: Tensor | None,
        sample_weight: None = None,
    ) -> None:
        """Accumulates a batch.

        Args:
            real: Real samples, or `None`. Ignored if there is a reference.
            generated: Generated samples, or `None`.
            sample_weight: `None`; a set of samples has no weights.
        """
        if sample_weight is not None:
            raise ValueError(
                "Invalid value for argument `sample_weight`. Expected `None`: "
                f"`{type(self).__name__}` compares sets of samples."
            )
        self.prepare_once()
        if real is not None and self.wants_real:
            self._add(self.real, real)
        if generated is not None:
            self._add(self.generated, generated)

    def _add(self, statistic: Any, samples: Any) -> None:
        if isinstance(samples, np.ndarray) and not len(samples):
            return  # of a set that has ended before the other one
        add_rows(statistic, self.embedded(samples))

    def embedded(self, samples: Any) -> Any:
        """Returns the features of samples."""
        return self.features(samples)

    def reset_state(self) -> None:
        """Forgets all samples except those of a reference."""
        if self.generated is not None:
            self.generated.reset()
        if self.real is not None and self.wants_real:
            self.real.reset()

    def measure(self) -> Sequence[float]:
        """Returns the values of `quantities`."""
        raise NotImplementedError

    def compute(self) -> dict[str, float]:
        """Returns the values by their names in the logs.

        Raises:
            ValueError: If there are too few samples on one side.
        """
        self.prepare_once()
        for side in ("generated", "real"):
            kept = getattr(self, side)
            if kept is not None and kept.count < self.least_samples:
                raise ValueError(
                    f"`{self.name}` needs {self.least_samples} {side} samples "
                    f"or more. Received: {kept.count}"
                )
        values: Sequence[float] = [math.nan] * len(self.quantities)
        if self.generated.is_finite():
            values = self.measure()
        return dict(zip(self.keys, values, strict=True))

    @property
    def keys(self) -> list[str]:
        """The names in the logs: each quantity, then the features' name."""
        return [with_suffix(key, self.suffix) for key in self.quantities]

    @property
    def wants_real(self) -> bool:
        """Whether `update_state` still needs real samples."""
        return self.uses_real and not self._knows_real

    @property
    def protocol(self) -> dict[str, Any]:
        """What a value depends on besides the generator."""
        protocol = {**super().protocol, **self.features.protocol}
        if self.uses_real:
            protocol["real_samples"] = self.real.count if self.real else 0
            protocol["split"] = self._split
        protocol["generated_samples"] = (
            self.generated.count if self.generated else 0
        )
        return {**protocol, **self._own_settings()}

    def _own_settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.settings}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "features": keras.saving.serialize_keras_object(self.features),
            "reference": self.reference,
            "max_samples": self.max_samples,
            "name": self._name_given,
            **self._own_settings(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a metric from the result of `get_config`."""
        config = dict(config)
        config["features"] = keras.saving.deserialize_keras_object(
            config["features"]
        )
        return cls(**config)


def add_rows(statistic: Any, rows: Any) -> None:
    """Adds a tensor as it is, and an array in parts."""
    if not isinstance(rows, np.ndarray):
        statistic.update(rows)
        return
    for first in range(0, len(rows), _CHUNK):
        statistic.update(rows[first : first + _CHUNK])
