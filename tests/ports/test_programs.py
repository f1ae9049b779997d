"""Public programs train here, with few lines of their own."""

import keras
import numpy as np
import pytest
from keras import ops
from ports.table import PROGRAMS

BACKEND = keras.backend.backend()


def is_thorough(program):
    """All programs run on PyTorch by default, and most on TensorFlow."""
    return BACKEND == "jax" or (
        BACKEND == "tensorflow" and program.long_to_trace
    )


def row(program):
    marks = [pytest.mark.thorough] if is_thorough(program) else []
    return pytest.param(program, id=program.build.__name__, marks=marks)


def kernels_of(network):
    return {
        weight.path: ops.convert_to_numpy(weight.value).copy()
        for weight in network.trainable_weights
        if len(weight.shape) >= 2
    }


@pytest.mark.parametrize("program", [row(program) for program in PROGRAMS])
def test_trains_generates_and_is_loaded(program, tmp_path):
    gan, data = program.build()
    samples, labels = data if isinstance(data, tuple) else (data, None)
    networks = [gan.generator, gan.discriminator]
    before = [kernels_of(network) for network in networks]

    history = gan.fit(samples, labels, batch_size=4, verbose=0).history

    assert {"d_loss", "g_loss"} <= set(history)
    assert np.isfinite(list(history.values())).all(), history
    for kernels, network in zip(before, networks, strict=True):
        for path, kernel in kernels_of(network).items():
            assert np.any(kernel != kernels[path]), path

    labels = labels[:3] if gan.conditional else None
    generated = gan.generate(3, labels, seed=0)
    assert generated.shape == (3, *samples.shape[1:])
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.generate(3, labels, seed=0), generated)
