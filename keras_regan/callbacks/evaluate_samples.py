"""A callback that computes metrics from many generated samples."""

import json
import math
import operator
import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan import _validation
from keras_regan._backend import replicas
from keras_regan._files import path_string
from keras_regan._files import write_whole
from keras_regan._predictions import predictions
from keras_regan._representation import as_call
from keras_regan.callbacks._answers import Answers
from keras_regan.callbacks._condition_rows import checked_conditions
from keras_regan.callbacks._condition_rows import conditions_of_model
from keras_regan.callbacks._condition_rows import latents_of_model
from keras_regan.callbacks._event_log import EventLog
from keras_regan.callbacks._warner import Warner
from keras_regan.metrics import SampleMetric
from keras_regan.metrics._feature_metric import FeatureMetric
from keras_regan.metrics._feature_sharing import shared_features
from keras_regan.metrics.reference import batches_of


class EvaluateSamples(keras.callbacks.Callback):
    """Computes metrics from many samples after every n-th epoch.

    The metrics of `compile` see as many generated samples as the validation
    data has real ones, in every epoch. A Frechet distance needs ten thousand,
    and less often. The values go into the epoch's logs under the metrics'
    names, without `val_`, where `History` and callbacks that come after this
    one find them. In epochs without an evaluation they are NaN, so give
    callbacks that count epochs, such as `EarlyStopping`, enough patience.

    All evaluations use the same latents, and the moving average of the
    generator if the model keeps one. Real samples are read once in a training,
    and not at all for metrics with a `reference`.

    If an evaluation fails, the callback warns and the training goes on.

    Args:
        metrics: List of `keras_regan.metrics.SampleMetric`s. Metrics with the
            same feature network share its work.
        real: Array of real samples, a tuple `(samples, conditions)`, or an
            iterable of batches; if these are tuples, the first entry is used.
            Metrics of conditions, such as `BestOfMany`, need the tuple, and
            get samples of its conditions. Not needed if all metrics have a
            `reference` or use generated samples only. Defaults to `None`.
        count: Positive integer. Number of generated samples. Defaults to
            `10_000`.
        every: Positive integer. The callback evaluates after each epoch that
            is a multiple of it, and after the last one. Defaults to `1`.
        conditions: Conditions for the generator, used in turn, or `None`: a
            sequence of class labels, an array with a row for each condition,
            or, for several kinds, a tuple of arrays or a dictionary with the
            names of the generator's inputs. For conditional models only.
            Defaults to `None`: the conditions that come with `real`.
        batch_size: Positive integer. Defaults to `256`.
        file: String, path or `None`. If given, a JSON file of all results with
            the protocol of each metric. It is rewritten after each evaluation;
            a training that is resumed at a later epoch keeps earlier results.
            Defaults to `None`.
        log_dir: String, path or `None`. If given, the values are written there
            for TensorBoard. Defaults to `None`.
        seed: Integer. Seed of the latents. Defaults to `0`.

    Attributes:
        results: List of dictionaries, one for each evaluation: the epoch,
            counted from one, and the values.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range; when training begins,
            if real samples are missing, or if `conditions` do not fit the
            model.
        RuntimeError: When training begins, if a feature network cannot be
            loaded.

    Example:
    >>> images = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1))
    >>> pixels = keras.Sequential(
    ...     [keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixels")
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((8, 8, 1), latent_dim=4))
    >>> gan.compile()
    >>> evaluation = keras_regan.callbacks.EvaluateSamples(
    ...     [keras_regan.metrics.PrecisionRecall(pixels)], images, count=64)
    >>> history = gan.fit(images, verbose=0, callbacks=[evaluation])
    >>> [key for key in history.history if key.endswith("pixels")]
    ['precision_pixels', 'recall_pixels']
    """

    __repr__ = as_call

    def __init__(
        self,
        metrics: Sequence[SampleMetric],
        real: Any = None,
        *,
        count: int = 10_000,
        every: int = 1,
        conditions: Any = None,
        batch_size: int = 256,
        file: str | os.PathLike[str] | None = None,
        log_dir: str | os.PathLike[str] | None = None,
        seed: int = 0,
    ):
        super().__init__()
        self.metrics = _checked_metrics(metrics)
        self.real = real
        self.count = _validation.positive_integer(count, "count")
        self.every = _validation.positive_integer(every, "every")
        self.conditions = (
            None if conditions is None else checked_conditions(conditions)
        )
        self.batch_size = _validation.positive_integer(batch_size, "batch_size")
        self.file = None if file is None else path_string(file, "file")
        self.log_dir = (
            None if log_dir is None else path_string(log_dir, "log_dir")
        )
        self.seed = _validation.random_seed(seed)
        self.results: list[dict[str, Any]] = []
        self._check_real()
        self._of_samples = [m for m in self.metrics if not m.uses_conditions]
        self._answers = Answers(
            [m for m in self.metrics if m.uses_conditions],
            real,
            self.count,
            self.batch_size,
            self.seed,
        )

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Loads the feature networks and checks the data."""
        self._warner = Warner("EvaluateSamples")
        self._events = EventLog(self.log_dir, self._warner)
        self._epoch: int | None = None
        self._evaluated: int | None = None
        conditions = self.conditions
        with_real = isinstance(self.real, tuple) and len(self.real) == 2
        if conditions is None and self.model.conditional and with_real:
            conditions = checked_conditions(self.real[1])
        self._told = conditions_of_model(conditions, self.model)
        with replicas.in_this_process():
            self._answers.begin(self.model)
            for metric in self.metrics:
                metric.prepare_once()

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Loads the results of a training that is resumed."""
        if self._epoch is None:
            known = self.results or self._written_results()
            self.results = [r for r in known if r["epoch"] <= epoch]

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Evaluates the generator if an evaluation is due."""
        done = self._epoch = epoch + 1
        is_last = done == self.params.get("epochs")
        values = {key: math.nan for m in self.metrics for key in m.keys}
        if done % self.every == 0 or is_last:
            with replicas.in_this_process():
                values.update(self._evaluate())
        if logs is not None:
            logs.update(values)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Evaluates the last epoch of a training that was stopped."""
        if self._epoch is not None and self._evaluated != self._epoch:
            with replicas.in_this_process():
                self._evaluate()
        self._events.close()

    @property
    def protocol(self) -> list[dict[str, Any]]:
        """The settings that the values of each metric depend on."""
        return [metric.protocol for metric in self.metrics]

    def _evaluate(self) -> dict[str, float]:
        self._evaluated = self._epoch
        for metric in self.metrics:
            metric.reset_state()
        if self._of_samples:
            self._see_samples()
        self._answers.show(self.model)
        values = {}
        for metric in self.metrics:
            try:
                values.update(metric.values())
            except (ArithmeticError, ValueError) as error:
                self._warner.warn(
                    metric.name,
                    f"EvaluateSamples could not compute `{metric.name}` after "
                    f"epoch {self._epoch}: {error} The training goes on.",
                )
        self.results.append({"epoch": self._epoch, **values})
        self._write(values)
        return values

    def _see_samples(self) -> None:
        real = self._real_batches()
        for generated in self._generated_batches():
            self._update(next(real, None), generated)
        for batch in real:
            self._update(batch, None)
        for metric in self._of_samples:
            if isinstance(metric, FeatureMetric):
                metric.keep_real_samples()

    def _update(self, real: Any, generated: Any) -> None:
        with shared_features():
            for metric in self._of_samples:
                is_complete = generated is not None and (
                    real is not None or not metric.uses_real
                )
                if is_complete or isinstance(metric, FeatureMetric):
                    metric.update_state(real, generated)

    def _real_batches(self) -> Iterator[np.ndarray]:
        if any(metric.wants_real for metric in self._of_samples):
            return batches_of(self.real, self.batch_size)
        return iter(())

    def _generated_batches(self) -> Iterator[np.ndarray]:
        latents = latents_of_model(self.model, self.count, self.seed)
        for first in range(0, self.count, self.batch_size):
            rows = np.arange(first, min(first + self.batch_size, self.count))
            told = self._told
            if told is not None:
                told = [part[rows % len(part)] for part in told]
            inputs = self.model._interface.generator_inputs(
                None if latents is None else latents[rows], told
            )
            yield np.asarray(
                predictions(self.model, inputs, self.batch_size),
                "float32",
            )

    def _write(self, values: dict[str, float]) -> None:
        for key, value in values.items():
            self._events.write(
                operator.methodcaller("scalar", key, value, step=self._epoch)
            )
        file = self.file
        if file is not None:
            text = {"protocol": self.protocol, "results": self.results}
            content = json.dumps(text, indent=2).encode() + b"\n"
            self._warner.try_to_write(
                file,
                lambda: write_whole(file, lambda opened: opened.write(content)),
            )

    def _written_results(self) -> list[dict[str, Any]]:
        try:
            with open(self.file or "", encoding="utf-8") as file:
                return json.load(file)["results"]
        except (OSError, ValueError, KeyError):
            return []

    def _check_real(self) -> None:
        if self.real is not None:
            return
        missing = [metric.name for metric in self.metrics if metric.wants_real]
        if missing:
            raise ValueError(
                _validation.message(
                    "real",
                    f"real samples, which {missing} need, or metrics with a "
                    "`reference`",
                    None,
                )
            )


def _checked_metrics(metrics: Any) -> list[SampleMetric]:
    expected = "a list of `keras_regan.metrics.SampleMetric`s"
    if not isinstance(metrics, list | tuple) or not all(
        isinstance(metric, SampleMetric) for metric in metrics
    ):
        raise TypeError(_validation.message("metrics", expected, metrics))
    keys = [key for metric in metrics for key in metric.keys]
    if not keys or len(set(keys)) < len(keys):
        raise ValueError(
            _validation.message(
                "metrics",
                f"{expected} with names of their own in the logs, and not "
                f"{keys}",
                metrics,
            )
        )
    return list(metrics)
