"""What is computed again gives the same step, where it can."""

import checkpointed
import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

SHAPE = (16, 16, 3)
SMALL = {"latent_dim": 5, "width": 8, "blocks": 1}
IMAGES = np.random.default_rng(0).uniform(-1, 1, (4, *SHAPE)).astype("float32")


def stepped(networks, penalties):
    """Returns all weights before and after a step."""
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.9, seed=0)
    gan.compile(
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1),
        loss=kr.losses.Relativistic(),
        discriminator_regularizers=penalties,
        run_eagerly=keras.backend.backend() == "torch",
    )
    trained = gan.generator, gan.discriminator
    before = weights_of(trained)
    gan.train_on_batch(IMAGES)
    return before, weights_of(trained)


def weights_of(networks):
    return np.concatenate(
        [
            ops.convert_to_numpy(v.value).ravel()
            for network in networks
            for v in network.trainable_variables
        ]
    )


def pair(*again):
    """Returns a pair of which some networks compute their blocks again."""
    keras.utils.set_random_seed(0)
    networks = kr.networks.r3gan(SHAPE, **SMALL)
    random = np.random.default_rng(0)
    for network in networks:
        # Blocks that begin as the identity would show nothing.
        network.set_weights(
            [
                w + 0.1 * random.normal(size=w.shape)
                for w in network.get_weights()
            ]
        )
    return [
        checkpointed.by_residual_block(network)
        if network.name in again
        else network
        for network in networks
    ]


def second_order():
    return [kr.penalties.R1(0.5), kr.penalties.R2(0.5)]


def first_order():
    return [kr.penalties.ApproximateR1(0.5)]


@pytest.mark.parametrize(
    "penalties",
    [second_order, pytest.param(first_order, marks=pytest.mark.thorough)],
)
def test_a_step_is_the_same(backend, penalties):
    again = ["generator", "discriminator"]
    if backend == "tensorflow" and penalties is second_order:
        again = ["generator"]
    before, expected = stepped(pair(), penalties())
    same, found = stepped(pair(*again), penalties())
    np.testing.assert_array_equal(same, before)
    assert np.abs(expected - before).max() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif("keras.backend.backend() != 'tensorflow'")
def test_tensorflow_has_no_second_order_gradients_of_it():
    with pytest.raises(NotImplementedError, match="recompute_grad"):
        stepped(pair("discriminator"), second_order())


@pytest.mark.parametrize("network", [0, 1])
def test_the_file_of_such_a_network(network, tmp_path):
    made = pair("generator", "discriminator")[network]
    made.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    given = IMAGES if network else np.ones((2, 5), "float32")
    np.testing.assert_allclose(
        ops.convert_to_numpy(loaded(given)),
        ops.convert_to_numpy(made(given)),
        rtol=1e-5,
    )


def with_statistics(remat):
    """Returns networks, of which one has a state in what is put in `remat`."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((2,))
    begin = keras.layers.Dense(4, name="begin")(inputs)
    end = keras.layers.BatchNormalization(name="end")(begin)
    logits = keras.layers.Dense(1)(end)
    generator, _ = kr.networks.mlp((2,), latent_dim=2, hidden=(4,))
    return generator, remat(inputs, begin, end, logits)


def as_it_is(inputs, begin, end, logits):
    return keras.Model(inputs, logits)


def by_our_layer(inputs, begin, end, logits):
    network = keras.Model(inputs, logits)
    return checkpointed.checkpointed(network, ["begin", "end"])


def by_a_scope(inputs, begin, end, logits):
    with keras.RematScope("full"):
        segment = keras.Model(begin, end)
    return keras.Model(inputs, keras.Model(end, logits)(segment(begin)))


def mean_after_a_step(networks):
    gan = kr.RegularizedGAN(*networks, seed=0)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    gan.train_on_batch(np.ones((4, 2), "float32"))
    mean, *_ = networks[1].non_trainable_variables
    assert mean.path.endswith("moving_mean")
    return ops.convert_to_numpy(mean.value)


def test_state_inside_fails_or_is_counted_twice(backend):
    expected = mean_after_a_step(with_statistics(as_it_is))
    networks = with_statistics(by_our_layer)
    if backend == "jax":
        with pytest.raises(Exception, match="unexpected tracer"):
            mean_after_a_step(networks)
    elif backend == "torch":
        # Momentum is almost one, so that twice the passes move it twice.
        found = mean_after_a_step(networks)
        assert np.abs(found - 2 * expected).max() < 0.1 * np.abs(expected).max()


@pytest.mark.skipif("keras.backend.backend() != 'tensorflow'")
def test_a_scope_around_a_model_fails():
    with pytest.raises(ValueError, match="supports keywords arguments only"):
        mean_after_a_step(with_statistics(by_a_scope))
