"""The base classes of metrics that use conditions."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import positive_integer
from keras_regan.metrics._feature_distance import distance_rows
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_metric import FeatureSource
from keras_regan.metrics._feature_sharing import computed_once
from keras_regan.metrics._statistics import FeatureStore

# Samples whose maps of features are in memory at a time.
_CHUNK = 256


class ConditionalMetric(FeatureMetric):
    """Base class for metrics that also use conditions.

    A subclass processes batches in `see`. There is no `reference`, because
    those files hold no conditions.
    """

    uses_conditions = True

    def update_state(  # type: ignore[override]  # It needs conditions.
        self, real: Tensor | None, generated: Tensor | None, conditions: Any
    ) -> None:
        """Accumulates a batch.

        Args:
            real: The real samples that came with the conditions, or `None`.
            generated: Samples that were generated for them, or `None`.
            conditions: A tensor, or a tuple or dictionary of them, with as many
                rows.
        """
        self._check_batch(real, generated, conditions)
        self.prepare_once(conditions)
        self.see(real, generated, conditions)

    def see(self, real: Any, generated: Any, conditions: Any) -> None:
        """Accumulates a batch that has been checked."""
        raise NotImplementedError

    def _check_batch(self, real: Any, generated: Any, conditions: Any) -> None:
        parts = keras.tree.flatten(conditions)
        if not parts or not all(hasattr(part, "shape") for part in parts):
            raise ValueError(
                message(
                    "conditions",
                    "the conditions of the samples: an array or a tensor, or "
                    "a tuple or dictionary of them",
                    conditions,
                )
            )
        shapes = {
            name: tuple(samples.shape)
            for name, samples in (("real", real), ("generated", generated))
            if samples is not None
        }
        counts = {shape[0] for shape in shapes.values()}
        counts |= {tuple(part.shape)[0] for part in parts}
        if len(counts - {None}) > 1:
            raise ValueError(
                "Invalid value for argument `conditions`. Expected as many "
                "rows as there are samples. Received: "
                f"{[tuple(part.shape) for part in parts]}, with {shapes}"
            )
        count = self.samples_per_condition
        if count is None or generated is None:
            return
        shape = shapes["generated"]
        if len(shape) < 2 or shape[1] not in (count, None):
            raise ValueError(
                "Invalid value for argument `generated`. Expected "
                f"`samples_per_condition` samples of each condition, shape "
                f"(batch, {count}, ...). Received: shape {shape}"
            )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        del config["reference"]
        return config


class SamplesOfConditions(ConditionalMetric):
    """Base class for metrics of several samples of each condition.

    They keep a few numbers for each condition, and no samples.

    Args:
        features: `FeatureExtractor`, Keras model or `None` for InceptionV3.
        samples_per_condition: Positive integer.
        max_samples: Positive integer. The number of conditions that count.
        name: String. The end of the log keys; by default the extractor's name.
    """

    samples_per_condition: int
    settings = ("samples_per_condition",)
    least_samples = 1
    least_per_condition = 1
    # Numbers that are kept for each condition.
    numbers = 1

    def __init__(
        self,
        features: FeatureSource = None,
        *,
        samples_per_condition: int = 8,
        max_samples: int = 10_000,
        name: str | None = None,
    ):
        super().__init__(features, max_samples=max_samples, name=name)
        self.samples_per_condition = positive_integer(
            samples_per_condition, "samples_per_condition"
        )
        if self.samples_per_condition < self.least_per_condition:
            raise ValueError(
                message(
                    "samples_per_condition",
                    f"an integer of {self.least_per_condition} or more",
                    samples_per_condition,
                )
            )

    def prepare(self) -> None:
        """Creates the variables."""
        self.features.model  # noqa: B018 (loads it, or says why it cannot)
        self.generated = FeatureStore(
            self.add_variable, self.numbers, self.max_samples, "generated"
        )

    def rows_of(self, generated: Any) -> Any:
        """Returns rows for distances, `(batch, samples_per_condition, size)`.

        Metrics of the same samples share these rows, unless they come from
        maps, which are too large to keep.
        """
        if self.features.gives_maps:
            return self._rows_of(generated)
        return computed_once(self.features, generated, self._rows_of)

    def _rows_of(self, generated: Any) -> Any:
        in_arrays = isinstance(generated, np.ndarray)
        reshape = np.reshape if in_arrays else ops.reshape
        shape = tuple(generated.shape)[2:]
        rows = distance_rows(self.features, reshape(generated, (-1, *shape)))
        return ops.reshape(
            rows, (-1, self.samples_per_condition, rows.shape[-1])
        )

    def in_parts(self, *batches: Any) -> Iterator[list[Any]]:
        """Yields tensors as they are, and arrays in parts if there are maps."""
        are_arrays = all(isinstance(batch, np.ndarray) for batch in batches)
        if not (are_arrays and self.features.gives_maps):
            yield [*batches]
            return
        rows = max(_CHUNK // self.samples_per_condition, 1)
        for first in range(0, len(batches[0]), rows):
            yield [batch[first : first + rows] for batch in batches]

    @property
    def protocol(self) -> dict[str, Any]:
        """What a value depends on besides the generator."""
        protocol = super().protocol
        protocol["conditions"] = protocol["generated_samples"]
        protocol["generated_samples"] *= self.samples_per_condition
        return protocol
