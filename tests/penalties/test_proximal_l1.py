"""Proximal L1: exact zeros where the plain penalty has none."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

ProximalL1 = kr.penalties.ProximalL1


def kernel_of(values):
    return keras.Variable(np.array(values, "float32"), name="kernel")


@pytest.mark.parametrize("step, threshold", [(0, 0.3), (1, 0.0), (3, 0.3)])
def test_soft_threshold(step, threshold):
    weights = np.array([[0.25, -0.5], [0.0, -0.1]])
    kernel = kernel_of(weights)
    ProximalL1(0.5, interval=3).after_update(
        [kernel],
        ops.convert_to_tensor(0.2, "float32"),
        ops.convert_to_tensor(step, "int32"),
    )
    # interval * factor * learning rate = 0.3 in every third step.
    np.testing.assert_allclose(
        ops.convert_to_numpy(kernel.value),
        np.sign(weights) * np.maximum(np.abs(weights) - threshold, 0),
        rtol=1e-5,
    )


def test_schedule_and_wrapper():
    decay = keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0, power=1.0)
    kernel = kernel_of([[1.0, -1.0]])
    entry = kr.penalties.Scheduled(ProximalL1(decay), 0.5)
    rate = ops.convert_to_tensor(0.4, "float32")
    entry.after_update([kernel], rate, ops.convert_to_tensor(2, "int32"))
    # Half of the schedule, times half, times the rate.
    np.testing.assert_allclose(
        ops.convert_to_numpy(kernel.value), [[0.9, -0.9]], rtol=1e-6
    )


def test_step_of_plain_gradient_descent(vectors):
    """After one step of SGD on known weights, with the loss of no samples."""
    generator = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.layers.Input((2,)), keras.layers.Dense(1)]
    )
    discriminator.set_weights([np.zeros((2, 1)), np.zeros(1)])
    before = generator.get_weights()[0]
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.5),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_regularizers=[ProximalL1(0.8)],
    )
    logs = gan.train_on_batch(vectors, return_dict=True)
    # A discriminator of zeros has no gradient: only the threshold is seen.
    expected = np.sign(before) * np.maximum(np.abs(before) - 0.4, 0)
    np.testing.assert_allclose(
        generator.get_weights()[0], expected, rtol=1e-5, atol=1e-7
    )
    assert 0 < (expected == 0).sum() < expected.size
    np.testing.assert_allclose(
        logs["g_proximal_l1"], (expected == 0).mean(), rtol=1e-6
    )
    np.testing.assert_allclose(logs["g_loss"], np.log(2.0), rtol=1e-5)
    evaluated = gan.evaluate(vectors, return_dict=True, verbose=0)
    np.testing.assert_allclose(
        evaluated["g_proximal_l1"], (expected == 0).mean(), rtol=1e-6
    )


def test_exact_zeros_where_the_plain_penalty_has_none(vector_pair, vectors):
    def zeros(entry):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile(
            generator_optimizer=keras.optimizers.Adam(0.01),
            generator_regularizers=[entry],
        )
        gan.fit(vectors, batch_size=16, epochs=25, verbose=0)
        kernels = [w for w in gan.generator.get_weights() if w.ndim == 2]
        return np.mean([np.mean(kernel == 0) for kernel in kernels])

    assert zeros(kr.regularizers.L1(1.0)) == 0
    assert zeros(ProximalL1(1.0)) > 0.2


def test_biases_are_left_alone(vector_pair, vectors):
    generator, discriminator = vector_pair()
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(1.0),
        generator_regularizers=[ProximalL1(1e6)],
    )
    gan.fit(vectors, batch_size=16, epochs=1, verbose=0)
    for weights in generator.get_weights():
        assert (weights == 0).all() == (weights.ndim == 2)


def test_skipped_step_changes_nothing(vectors):
    """Under a loss scale a step that overflows is none."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        pair = kr.networks.mlp((2,), latent_dim=3, hidden=(8,))
    finally:
        keras.config.set_dtype_policy(previous)
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile(discriminator_regularizers=[ProximalL1(1e6)])
    before = gan.discriminator.get_weights()
    gan.train_on_batch(vectors * np.float32(1e9))
    for first, second in zip(
        before, gan.discriminator.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(first, second)
    gan.train_on_batch(vectors)
    assert (gan.discriminator.get_weights()[0] == 0).all()


def test_in_the_discriminator(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(discriminator_regularizers=[ProximalL1(1e6)])
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["d_proximal_l1"] == 1.0


def test_bad_factor():
    with pytest.raises(ValueError, match="`factor`"):
        ProximalL1(-1.0)


def test_in_every_second_step_of_a_training(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1),
        # Far more than any weight: a step that is due leaves nothing.
        generator_regularizers=[ProximalL1(1e6, interval=2)],
    )
    kernels = gan._game.generator.kernels
    left = []
    for _ in range(4):
        for kernel in kernels:
            kernel.assign(ops.ones(kernel.shape))
        gan.train_on_batch(vectors)
        left.append(any(ops.any(ops.not_equal(k, 0.0)) for k in kernels))
    assert left == [False, True, False, True]
