"""Several samples of each of many conditions, for metrics of conditions."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan import _validation
from keras_regan._predictions import predictions
from keras_regan.callbacks._condition_rows import checked_conditions
from keras_regan.callbacks._condition_rows import condition_count
from keras_regan.callbacks._condition_rows import conditions_of_model
from keras_regan.callbacks._condition_rows import latents_of_model
from keras_regan.metrics import SampleMetric
from keras_regan.metrics._feature_sharing import shared_features


class Answers:
    """Updates metrics with samples for the conditions of real samples.

    Args:
        metrics: Metrics that use conditions.
        real: The tuple `(samples, conditions)`.
        count: The largest number of generated samples.
        batch_size: The number of samples generated at once.
        seed: Integer. Seed of the latents.

    Raises:
        TypeError: If there are metrics and `real` is not such a tuple.
        ValueError: If there are not as many samples as conditions.
    """

    def __init__(
        self,
        metrics: Sequence[SampleMetric],
        real: Any,
        count: int,
        batch_size: int,
        seed: int,
    ):
        self._asking = list(metrics)
        if not self._asking:
            return
        expected = "a tuple `(samples, conditions)` of arrays for "
        expected += ", ".join(f"`{metric.name}`" for metric in self._asking)
        if not isinstance(real, tuple) or len(real) != 2:
            raise TypeError(_validation.message("real", expected, type(real)))
        self._real = keras.ops.convert_to_numpy(real[0])
        self._conditions = checked_conditions(real[1])
        if condition_count(self._conditions) != len(self._real):
            raise ValueError(
                f"Invalid value for argument `real`. Expected {expected} with "
                f"as many of both. Received: {len(self._real)} samples and "
                f"{condition_count(self._conditions)} conditions"
            )
        self._count, self._batch_size = count, batch_size
        self._seed = seed

    def begin(self, model: keras.Model) -> None:
        """Checks that the conditions fit the model."""
        if self._asking:
            self._told = conditions_of_model(self._conditions, model)
            for metric in self._asking:
                metric.prepare_once(model._interface.ordered(self._told))

    def show(self, model: keras.Model) -> None:
        """Generates samples and updates the metrics with them."""
        for each in {metric.samples_per_condition for metric in self._asking}:
            asked = [m for m in self._asking if m.samples_per_condition == each]
            self._show(model, each, asked)

    def _show(self, model, each, metrics):
        several = 1 if each is None else each
        count = min(len(self._real), max(1, self._count // several))
        latents = latents_of_model(model, count * several, self._seed)
        step = max(1, self._batch_size // several)
        for first in range(0, count, step):
            rows = slice(first, min(first + step, count))
            told = [part[rows] for part in self._told or []]
            drawn = None
            if latents is not None:
                drawn = latents[rows.start * several : rows.stop * several]
            samples = np.asarray(
                predictions(
                    model,
                    model._interface.generator_inputs(
                        drawn,
                        [np.repeat(part, several, axis=0) for part in told],
                    ),
                    self._batch_size,
                ),
                "float32",
            )
            if each is not None:
                size = rows.stop - rows.start
                samples = samples.reshape((size, each, *samples.shape[1:]))
            with shared_features():
                for metric in metrics:
                    metric.update_state(
                        self._real[rows],
                        samples,
                        model._interface.ordered(told),
                    )
