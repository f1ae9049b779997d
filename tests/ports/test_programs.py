"""Public programs train here, with few lines of their own."""

import keras
import numpy as np
import pytest
from keras import ops
from ports.table import PROGRAMS


def rows():
    """All programs on PyTorch, most on TensorFlow; the rest is thorough."""
    backend = keras.backend.backend()
    for program in PROGRAMS:
        thorough = backend == "jax" or (
            backend == "tensorflow" and program.long_to_trace
        )
        yield pytest.param(
            program,
            id=program.build.__name__,
            marks=[pytest.mark.thorough] if thorough else [],
        )


def kernels_of(network):
    return {
        weight.path: ops.convert_to_numpy(weight.value).copy()
        for weight in network.trainable_weights
        if len(weight.shape) >= 2
    }


@pytest.mark.parametrize("program", rows())
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

    if labels is not None:
        labels = labels[:3]
    generated = gan.generate(3, labels, seed=0)
    assert generated.shape == (3, *samples.shape[1:])
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.generate(3, labels, seed=0), generated)
