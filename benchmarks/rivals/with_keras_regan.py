"""keras_regan itself, through `compile` and `fit`."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import keras_regan as kr
from rivals import keras_networks


def gan(network: str, **compiled: Any) -> kr.RegularizedGAN:
    """Returns a compiled GAN."""
    model = kr.RegularizedGAN(*keras_networks.build(network), seed=0)
    model.compile(
        generator_optimizer=keras_networks.adam(),
        discriminator_optimizer=keras_networks.adam(),
        **compiled,
    )
    return model


def fitting(
    model: kr.RegularizedGAN, network: str, batch: int
) -> Callable[[int], list[float]]:
    """Returns what trains `model` for a number of steps."""
    samples = keras_networks.data(network, batch)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        dataset = tf.data.Dataset.from_tensor_slices(samples).repeat()
        dataset = dataset.batch(batch, drop_remainder=True).prefetch(2)

        def run(steps):
            history = model.fit(dataset, steps_per_epoch=steps, verbose=0)
            return _losses(history)

        return run

    def run(steps):
        enough = np.resize(samples, (steps * batch, *samples.shape[1:]))
        # The loops take batches in order as well.
        history = model.fit(enough, batch_size=batch, shuffle=False, verbose=0)
        return _losses(history)

    return run


def _losses(history):
    return [history.history[key][-1] for key in ("d_loss", "g_loss")]


def _contender(**compiled):
    def prepare(network, batch):
        return fitting(gan(network, **compiled), network, batch)

    return prepare


def _regularized(generator=None, discriminator=None):
    """Returns a contender; the arguments make the two regularizers."""

    def prepare(network, batch):
        model = gan(
            network,
            generator_regularizers=generator and [generator()],
            discriminator_regularizers=discriminator and [discriminator()],
        )
        return fitting(model, network, batch)

    return prepare


CONTENDERS = {
    "fit": _contender(jit_compile=False),
    "fit, shared samples": _contender(jit_compile=False, shared_samples=True),
    "fit, 32 steps a call": _contender(
        steps_per_execution=32, jit_compile=False
    ),
    "fit, compiled by XLA": _contender(jit_compile=True),
    "fit, compiled by XLA, 32 steps a call": _contender(
        steps_per_execution=32, jit_compile=True
    ),
    "fit, compiled by XLA, shared samples": _contender(
        jit_compile=True, shared_samples=True
    ),
}
# With what `compile` leaves to Keras: whether XLA compiles the step.
CONTENDERS |= {
    "default fit": _regularized(),
    "default fit, L1": _regularized(lambda: kr.regularizers.L1(1e-5)),
    "default fit, PairwiseDistance": _regularized(
        kr.regularizers.PairwiseDistance
    ),
    "default fit, R1(interval=16)": _regularized(
        discriminator=lambda: kr.penalties.R1(interval=16)
    ),
    "default fit, R1": _regularized(discriminator=kr.penalties.R1),
}
