"""What Keras's optimizers take works for each network by itself."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

SGD = keras.optimizers.SGD
BATCH = 8


def of(network):
    return np.concatenate(
        [ops.convert_to_numpy(v.value).ravel() for v in network.weights]
    )


@pytest.fixture
def made(vector_pair):
    """Makes the same GAN again, with other optimizers."""

    def make(generator_optimizer, discriminator_optimizer, **arguments):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(generator_optimizer, discriminator_optimizer, **arguments)
        return gan

    return make


@pytest.fixture
def first_and_second(vectors):
    return vectors[:BATCH], vectors[BATCH : 2 * BATCH]


def test_accumulated_gradients_of_two_batches(made, first_and_second):
    # The factor counts updates: with steps, the second would have another.
    def penalties():
        return [kr.penalties.R1(0.1, interval=2)]

    single = made(SGD(0.0), SGD(1.0), discriminator_regularizers=penalties())
    weights = single.discriminator.get_weights()
    begin = of(single.discriminator)
    moves = []
    for batch in first_and_second:
        single.discriminator.set_weights(weights)
        single._game.discriminator.step.assign(0)
        single.train_on_batch(batch)
        moves.append(of(single.discriminator) - begin)
    assert np.abs(moves[0] - moves[1]).max() > 1e-3

    gan = made(
        SGD(1.0, gradient_accumulation_steps=2),
        SGD(1.0, gradient_accumulation_steps=2),
        discriminator_regularizers=penalties(),
    )
    networks = gan.generator, gan.discriminator, gan.ema_generator
    before = [of(network) for network in networks]
    gan.train_on_batch(first_and_second[0])
    for network, old in zip(networks, before, strict=True):
        np.testing.assert_array_equal(of(network), old)
    gan.train_on_batch(first_and_second[1])
    generator, discriminator, average = map(of, networks)
    np.testing.assert_allclose(
        discriminator - begin, np.mean(moves, axis=0), rtol=1e-4, atol=1e-6
    )
    moved = generator - before[0]
    assert np.abs(moved).max() > 1e-3
    # The average moves with the first update, by what it moves at first.
    np.testing.assert_allclose(
        average - before[2], (1 - 2 / 11) * moved, rtol=1e-4, atol=1e-6
    )


def test_accumulating_under_a_loss_scale_skips_nothing(image_pair, images):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = kr.RegularizedGAN(*image_pair(), seed=0)
    finally:
        keras.config.set_dtype_policy("float32")

    def optimizer():
        return keras.optimizers.LossScaleOptimizer(
            SGD(1e-3, gradient_accumulation_steps=2), initial_scale=64.0
        )

    gan.compile(optimizer(), optimizer())
    statistics = gan.discriminator.non_trainable_variables[0]
    before = ops.convert_to_numpy(statistics.value).copy()
    logs = gan.train_on_batch(images[:4], return_dict=True)
    assert logs["d_skipped_steps"] == logs["g_skipped_steps"] == 0
    assert logs["d_loss"] > 0
    assert np.abs(ops.convert_to_numpy(statistics.value) - before).max() > 0


def test_one_network_is_clipped_by_its_norm(made, first_and_second):
    norms = {}
    for limit in (None, 1e-3):
        gan = made(SGD(1.0), SGD(1.0, global_clipnorm=limit))
        before = of(gan.generator), of(gan.discriminator)
        gan.train_on_batch(first_and_second[0])
        norms[limit] = [
            np.linalg.norm(of(network) - old)
            for network, old in zip(
                (gan.generator, gan.discriminator), before, strict=True
            )
        ]
    assert norms[None][1] > 0.01
    np.testing.assert_allclose(norms[1e-3][1], 1e-3, rtol=1e-3)
    assert norms[1e-3][0] > 0.01
