"""From a model in training to its vital signs."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan._predictions import predictions
from keras_regan.callbacks._chosen_samples import classes_of
from keras_regan.callbacks._vital_signs import RealSamples
from keras_regan.callbacks._vital_signs import VitalSigns
from keras_regan.callbacks._vital_signs import WeightRecord
from keras_regan.callbacks._vital_signs import all_finite
from keras_regan.callbacks._vital_signs import compare_logits


class Examination:
    """Compares the samples of a live generator with the same real ones.

    Args:
        real: Array of real samples.
        labels: Array of their labels, or `None`.
        seed: Integer. Seed of the latents, and of which elements of large
            samples are compared.

    Raises:
        ValueError: If all samples are the same.
    """

    def __init__(self, real: np.ndarray, labels: np.ndarray | None, seed: int):
        self._real = real
        self._labels = labels
        self._seed = seed
        self._measure = RealSamples(real, classes_of(labels, len(real)), seed)

    def begin(self, model: keras.Model) -> None:
        """Draws the latents of a training, the same for all its checks."""
        self._latents = keras.ops.convert_to_numpy(
            model.sample_latents(len(self._real), seed=self._seed)
        )

    def start_over(self, model: keras.Model) -> None:
        """Lets the growth of weights be relative to those of now."""
        self._weights = (
            WeightRecord(_weights_of(model.generator)),
            WeightRecord(_weights_of(model.discriminator)),
        )

    @property
    def norms(self) -> list[float]:
        """What the growth of weights is relative to, of both networks."""
        return [record.start for record in self._weights]

    def start_from(self, norms: Sequence[float]) -> None:
        """Lets the growth of weights be relative to other norms."""
        for record, norm in zip(self._weights, norms, strict=True):
            record.start_from(norm)

    def signs(
        self, model: keras.Model, logs: dict[str, Any], steps: int
    ) -> VitalSigns:
        """Measures a model.

        Args:
            model: A compiled `RegularizedGAN`.
            logs: What training has logged.
            steps: Positive integer. How many steps the latest call is past.
        """
        count, told = len(self._real), model._interface
        samples = _predict(
            model.generator,
            told.generator_inputs(self._latents, self._labels),
            count,
        )
        real, fake = [
            _logits(
                _predict(
                    model.discriminator,
                    told.discriminator_inputs(judged, self._labels),
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
        finite = {
            "the generated samples": all_finite(samples),
            "the logits of real samples": all_finite(real),
            "the logits of generated samples": all_finite(fake),
            "the generator's weights": all_finite(g_update),
            "the discriminator's weights": all_finite(d_update),
            # A metric may have no value; a loss or a regularizer has one.
            **{
                f"`{key}`": all_finite(value)
                for key, value in logs.items()
                if key.startswith(("d_", "g_"))
            },
        }
        signs = VitalSigns(
            g_weight_growth=g_growth,
            d_weight_growth=d_growth,
            g_update=g_update,
            d_update=d_update,
            not_finite=tuple(name for name, fine in finite.items() if not fine),
        )
        if all_finite(samples):
            signs = signs._replace(**self._measure.compare(samples))
        if all_finite(real, fake):
            signs = signs._replace(**compare_logits(real, fake))
        return signs


def _weights_of(network: keras.Model) -> list[np.ndarray]:
    return [
        keras.ops.convert_to_numpy(variable.value).astype("float32")
        for variable in network.trainable_variables
    ]


def _predict(network: keras.Model, inputs: Any, count: int) -> np.ndarray:
    """Returns the outputs of a network at inference; logits where named."""
    outputs = predictions(network, inputs, count)
    if isinstance(outputs, dict):
        outputs = outputs["logits"]
    return np.asarray(outputs).astype("float32")


def _logits(outputs: np.ndarray) -> np.ndarray:
    """Returns one logit a sample: a map of patches counts as its mean."""
    return outputs.reshape(len(outputs), -1).mean(axis=1)
