"""Predictions in the middle of a training leave it as it is."""

import signal

import keras
import numpy as np
import pytest
from keras import ops

from keras_regan import _backend
from keras_regan._backend import replicas
from keras_regan._predictions import predictions


class Network:
    """Stands for a network; notes what it is called with."""

    def __init__(self, outputs=lambda batch: batch, meanwhile=lambda: None):
        self.batches = []
        self.outputs = outputs
        self.meanwhile = meanwhile

    def predict_on_batch(self, batch):
        self.meanwhile()
        self.batches.append(batch)
        return self.outputs(batch)


def test_batches_are_joined_in_order():
    network = Network()
    rows = np.arange(10, dtype="float32").reshape(5, 2)
    np.testing.assert_array_equal(predictions(network, rows, 2), rows)
    assert [len(batch) for batch in network.batches] == [2, 2, 1]


def test_several_inputs_and_outputs():
    network = Network(lambda batch: {"sum": batch[0] + batch[1][:, None]})
    latents, labels = np.ones((5, 3), "float32"), np.arange(5)
    made = predictions(network, [latents, labels], 2)
    np.testing.assert_array_equal(made["sum"], latents + labels[:, None])
    assert all(isinstance(batch, list) for batch in network.batches)
    network = Network(lambda batch: batch[0])
    predictions(network, [latents], 5)
    assert isinstance(network.batches[0], list)


def test_floats_are_in_the_type_of_keras_and_labels_as_they_are():
    network = Network(lambda batch: batch[0])
    latents, labels = np.ones((2, 3), "float64"), np.arange(2, dtype="int64")
    flags = np.array([True, False])
    predictions(network, [latents, labels, flags], 2)
    types = [array.dtype for array in network.batches[0]]
    assert types == ["float32", "int64", "bool"]
    predictions(network, [[[0.5, 0.5]], [1]], 2)
    assert network.batches[1][0].dtype == "float32"


@pytest.mark.usefixtures("python_handles_ctrl_c")
def test_interrupts_wait_for_the_batch():
    network = Network(meanwhile=lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        predictions(network, np.zeros((4, 2), "float32"), 2)
    assert len(network.batches) == 1


def test_nothing_random_is_drawn():
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((3,)), layers.Dense(2), layers.Dropout(0.5)]
    )
    inputs = np.ones((5, 3), "float32")
    before = _backend.random_states()
    made = predictions(network, inputs, 2)
    for old, new in zip(before, _backend.random_states(), strict=True):
        np.testing.assert_array_equal(old, new)
    expected = ops.convert_to_numpy(network(inputs, training=False))
    np.testing.assert_allclose(made, expected, rtol=1e-5)


def test_replicas_are_asked_together(monkeypatch):
    """Each would make all rows of what is given to `predict_on_batch`."""

    class OnReplicas(Network):
        predict_on_batch = None

        def predict(self, batch, batch_size, verbose):
            self.batches.append(batch)
            assert verbose == 0
            assert batch_size == len(batch)
            return batch

    monkeypatch.setattr(replicas, "replica_count", lambda network: 2)
    rows = np.arange(10, dtype="float32").reshape(5, 2)
    network = OnReplicas()
    np.testing.assert_array_equal(predictions(network, rows, 2), rows)
    assert [len(batch) for batch in network.batches] == [2, 2, 1]


@pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="keras.distribution is JAX's"
)
def test_no_batch_is_divided_among_devices():
    seen = []
    network = Network(
        meanwhile=lambda: seen.append(keras.distribution.distribution())
    )
    data_parallel = keras.distribution.DataParallel()
    keras.distribution.set_distribution(data_parallel)
    try:
        predictions(network, np.zeros((3, 2), "float32"), 2)
        assert keras.distribution.distribution() is data_parallel
    finally:
        keras.distribution.set_distribution(None)
    assert seen == [None, None]
