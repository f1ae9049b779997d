"""Histograms of weights, logits and values for TensorBoard."""

import os
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan import _validation
from keras_regan._backend.tensorboard import EventWriter
from keras_regan._checks import batches
from keras_regan._checks import sources
from keras_regan._checks.conditions import as_arrays
from keras_regan._checks.networks import heads_of
from keras_regan._files import path_string
from keras_regan._predictions import predictions
from keras_regan._representation import as_call
from keras_regan.callbacks._condition_rows import latents_of_model
from keras_regan.callbacks._event_log import EventLog
from keras_regan.callbacks._warner import Warner

_BATCH_SIZE = 64


class Histograms(keras.callbacks.Callback):
    """Shows how weights and the discriminator's logits are distributed.

    It writes histograms for TensorBoard after every n-th epoch. They show
    weights that grow or die, logits of real and generated samples that drift
    apart, and generated values that stick to the ends of their range.

    `keras.callbacks.TensorBoard(log_dir, histogram_freq=1)` works with a GAN
    too, and writes the logs as well. But it names weights by their layer alone,
    so the generator and its average overlap; here they are
    `generator/dense/kernel` and `generator_average/dense/kernel`. Both
    callbacks may share a directory.

    The networks are called as in predictions, without augmentation. The
    samples come from the moving average of the generator if the model keeps
    one. If a file cannot be written, the callback warns and the training goes
    on.

    Args:
        log_dir: String or path. The directory that TensorBoard watches.
        real: Array of real samples, or `(samples, conditions)` for
            a conditional model; a few hundred are enough. Adds the
            histograms `real_values` and `real_logits`, and, for as many
            generated samples with the same conditions, `generated_values` and
            `generated_logits`; those of a second tensor of logits are
            `real_logits 2` and so on. Defaults to `None`, for weights alone.
        every: Positive integer. The callback writes after each epoch that is a
            multiple of it. Defaults to `1`.
        seed: Integer. Seed of the latents. Defaults to `0`.

    Raises:
        ValueError: If an argument is out of its range; when training begins,
            if `real` does not fit the model.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> samples = np.random.default_rng(0).normal(size=(64, 2))
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp(
    ...         (2,), latent_dim=4, output_activation=None))
    >>> gan.compile()
    >>> histograms = keras_regan.callbacks.Histograms("logs", real=samples)
    >>> history = gan.fit(samples, verbose=0, callbacks=[histograms])
    """

    __repr__ = as_call

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        *,
        real: Any = None,
        every: int = 1,
        seed: int = 0,
    ):
        super().__init__()
        self.log_dir = path_string(log_dir, "log_dir")
        self.every = _validation.positive_integer(every, "every")
        self.seed = _validation.random_seed(seed)
        samples, conditions = batches.split(real)
        if real is not None and not hasattr(samples, "shape"):
            raise TypeError(
                "Invalid value for argument `real`. Expected an array, or "
                "`(samples, conditions)`. Received: an object of type "
                f"{type(real).__name__}"
            )
        self.real = None if samples is None else ops.convert_to_numpy(samples)
        self.conditions = None
        if conditions is not None:
            self.conditions = keras.tree.map_structure(
                ops.convert_to_numpy, as_arrays(conditions, None)
            )

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks the real samples and draws the latents."""
        self._warner = Warner(type(self).__name__)
        self._events = EventLog(self.log_dir, self._warner)
        if self.real is None:
            return
        model = self.model
        try:
            sources.check_source(
                self.real,
                self.conditions,
                model.sample_shape,
                model._interface.conditions,
                model._uses_conditions,
            )
        except ValueError as error:
            raise ValueError(
                f"Invalid value for argument `real`. {error}"
            ) from error
        self._latents = latents_of_model(model, len(self.real), self.seed)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Writes the histograms if they are due."""
        if (epoch + 1) % self.every:
            return
        model = self.model
        values = _weights(model)
        if self.real is not None:
            values.update(self._outputs(model, self.real))
        self._events.write(
            lambda writer: _write_all(writer, values, step=epoch + 1)
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Closes the event file."""
        self._events.close()

    def _outputs(
        self, model: keras.Model, real: np.ndarray
    ) -> dict[str, np.ndarray]:
        told = model._interface
        batch_size = min(len(real), _BATCH_SIZE)
        generated = predictions(
            model,
            told.generator_inputs(self._latents, self.conditions),
            batch_size,
        )
        outputs: dict[str, Any] = {}
        for kind, samples in (("real", real), ("generated", generated)):
            logits = predictions(
                told.discriminator,
                told.discriminator_inputs(samples, self.conditions),
                batch_size,
            )
            outputs[f"{kind}_values"] = samples
            for index, head in enumerate(heads_of(logits), 1):
                name = f"{kind}_logits"
                outputs[name if index == 1 else f"{name} {index}"] = head
        return outputs


def _weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Returns the weights of all networks under unique names."""
    networks = {
        "generator": model.generator,
        "discriminator": model.discriminator,
        "generator_average": model.ema_generator,
    }
    values: dict[str, np.ndarray] = {}
    for role, network in networks.items():
        for weight in [] if network is None else network.weights:
            path = f"{role}/{weight.path}"
            same = sum(name.split(" ")[0] == path for name in values)
            name = f"{path} {same + 1}" if same else path
            values[name] = ops.convert_to_numpy(weight.value)
    return values


def _write_all(
    writer: EventWriter, values: dict[str, np.ndarray], step: int
) -> None:
    for name, numbers in values.items():
        writer.histogram(name, numbers, step)
