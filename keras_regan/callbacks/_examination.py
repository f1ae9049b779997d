"""Measures the vital signs of a model in training."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan._checks.conditions import at_rows
from keras_regan._checks.networks import heads_of
from keras_regan._predictions import predictions
from keras_regan.callbacks._chosen_samples import classes_of
from keras_regan.callbacks._condition_rows import latents_of_model
from keras_regan.callbacks._vital_signs import RealSamples
from keras_regan.callbacks._vital_signs import VitalSigns
from keras_regan.callbacks._vital_signs import WeightRecord
from keras_regan.callbacks._vital_signs import all_finite
from keras_regan.callbacks._vital_signs import compare_logits


class Examination:
    """Compares the samples of a live generator with the same real ones.

    Args:
        real: Array of real samples.
        conditions: Their conditions as arrays, or `None`.
        seed: Integer. Seed of the latents, and of the choice of elements of
            large samples.

    Raises:
        ValueError: If all samples are the same.
    """

    def __init__(self, real: np.ndarray, conditions: Any, seed: int):
        self._given = real, conditions
        self._seed = seed
        self._compare_with(real, conditions)

    def begin(self, model: keras.Model) -> None:
        """Draws the latents for all checks of a training."""
        real, conditions = self._given
        if model.latent_shape is None:
            # All samples of a condition are equal, so one of each is enough.
            classes = classes_of(conditions, len(real))
            rows = np.unique(classes, return_index=True)[1]
            real, conditions = real[rows], at_rows(conditions, rows)
        self._compare_with(real, conditions)
        self._latents = latents_of_model(model, len(real), self._seed)
        self._others = None
        if conditions is not None and self._latents is not None:
            # The same conditions, each with the latents of the row before.
            self._others = np.roll(self._latents, 1, axis=0)

    def start_over(self, model: keras.Model) -> None:
        """Measures the growth of weights from the current weights on."""
        self._weights = (
            WeightRecord(_weights_of(model.generator)),
            WeightRecord(_weights_of(model.discriminator)),
        )

    @property
    def norms(self) -> list[float]:
        """The norms that the growth of both networks is relative to."""
        return [record.start for record in self._weights]

    def start_from(self, norms: Sequence[float]) -> None:
        """Measures the growth of weights relative to other norms."""
        for record, norm in zip(self._weights, norms, strict=True):
            record.start_from(norm)

    def signs(
        self, model: keras.Model, logs: dict[str, Any], steps: int
    ) -> VitalSigns:
        """Measures a model.

        Args:
            model: A compiled `RegularizedGAN`.
            logs: The logs of training.
            steps: Positive integer. Number of steps since the latest call.
        """
        count, told = len(self._real), model._interface
        samples = self._samples(model, self._latents)
        real, fake = [
            _logits(
                predictions(
                    told.discriminator,
                    told.discriminator_inputs(judged, self._conditions),
                    count,
                )
            )
            for judged in (self._real, samples)
        ]
        (g_growth, g_update), (d_growth, d_update) = [
            record.compare(_weights_of(network), steps)
            for record, network in zip(
                self._weights,
                (model.generator, model.discriminator),
                strict=True,
            )
        ]
        measured = {
            "the generated samples": samples,
            "the logits of real samples": real,
            "the logits of generated samples": fake,
            "the generator's weights": g_update,
            "the discriminator's weights": d_update,
        }
        signs = VitalSigns(
            g_weight_growth=g_growth,
            d_weight_growth=d_growth,
            g_update=g_update,
            d_update=d_update,
            not_finite=_not_finite({**measured, **_terms_in(logs)}),
        )
        if all_finite(samples):
            signs = signs._replace(**self._measure.compare(samples))
        if self._others is not None:
            signs = signs._replace(
                conditional_diversity=self._conditional_diversity(
                    model, samples
                )
            )
        if all_finite(real, fake):
            signs = signs._replace(**compare_logits(real, fake))
        return signs

    def _samples(self, model: keras.Model, latents: Any) -> np.ndarray:
        inputs = model._interface.generator_inputs(latents, self._conditions)
        network = model._interface.generator
        return _float32(predictions(network, inputs, len(self._real)))

    def _conditional_diversity(
        self, model: keras.Model, samples: np.ndarray
    ) -> float:
        others = self._samples(model, self._others)
        if not all_finite(samples, others):
            return np.nan
        return self._measure.conditional_diversity(samples, others)

    def _compare_with(self, real: np.ndarray, conditions: Any) -> None:
        self._real = real
        self._conditions = conditions
        classes = classes_of(conditions, len(real))
        self._measure = RealSamples(real, classes, self._seed)


def _weights_of(network: keras.Model) -> list[np.ndarray]:
    return [
        keras.ops.convert_to_numpy(variable.value).astype("float32")
        for variable in network.trainable_variables
    ]


def _logits(outputs: Any) -> np.ndarray:
    """Returns one logit for each sample.

    It is the mean over a map of patches and over the heads.
    """
    heads = [_float32(logits) for logits in heads_of(outputs)]
    return np.mean([x.reshape(len(x), -1).mean(axis=1) for x in heads], axis=0)


def _float32(outputs: Any) -> np.ndarray:
    return np.asarray(outputs).astype("float32")


def _terms_in(logs):
    # Only losses and regularizers: a metric may have no value yet.
    return {
        f"`{key}`": value
        for key, value in logs.items()
        if key.startswith(("d_", "g_"))
    }


def _not_finite(measured):
    return tuple(k for k, value in measured.items() if not all_finite(value))
