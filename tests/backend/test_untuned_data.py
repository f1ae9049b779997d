"""On TensorFlow, no data set is tuned by a thread that has to be waited for."""

import keras
import numpy as np
import pytest

import keras_regan as kr

pytestmark = [
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow", reason="is about tf.data"
    ),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation", "ignore:`shuffle=True` was passed"
    ),
]
SAMPLES = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


@pytest.fixture
def gan():
    gan = kr.RegularizedGAN(
        *kr.networks.mlp(
            (2,), latent_dim=2, hidden=(4,), output_activation=None
        )
    )
    gan.compile()
    return gan


@pytest.fixture
def read(monkeypatch):
    """Whether each data set is tuned that is iterated over."""
    import tensorflow as tf
    from tensorflow.python.data.ops.dataset_ops import DatasetV2

    found = []
    iterate = DatasetV2.__iter__

    def recorded(dataset):
        if tf.executing_eagerly():
            found.append(dataset.options().autotune.enabled)
        return iterate(dataset)

    monkeypatch.setattr(DatasetV2, "__iter__", recorded)
    return found


def batches():
    while True:
        yield (SAMPLES[:8],)


def test_whatever_is_read(gan, read):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices(SAMPLES).batch(8)
    for source in (SAMPLES, dataset, batches()):
        gan.fit(source, validation_data=dataset, steps_per_epoch=2, verbose=0)
        assert set(read) == {False}
        read.clear()
    gan.evaluate(SAMPLES, verbose=0)
    assert set(read) == {False}
    read.clear()
    gan.generate(8)
    assert set(read) == {False}
    assert dataset.options().autotune.enabled is None


def test_who_asks_for_tuning_has_it(gan, read):
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = True
    dataset = tf.data.Dataset.from_tensor_slices(SAMPLES).batch(8)
    gan.fit(dataset.with_options(options), verbose=0)
    assert set(read) == {True}


def test_other_strategies_are_left_alone():
    import tensorflow as tf

    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        gan = kr.RegularizedGAN(
            *kr.networks.mlp(
                (2,), latent_dim=2, hidden=(4,), output_activation=None
            )
        )
        assert gan.distribute_strategy is strategy
    assert gan.distribute_strategy is strategy
