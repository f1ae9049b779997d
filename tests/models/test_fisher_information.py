"""The Fisher information of a generator, against its closed form."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
COUNT = 7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def linear(discriminator, *inputs):
    """Returns a GAN with the generator `z W + b`, and its parts."""
    generator = keras.Sequential(
        [layers.Input((3,)), layers.Dense(2, bias_initializer="ones")]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    kernel, bias = (w.astype("float64") for w in generator.get_weights())
    latents = ops.convert_to_numpy(gan.sample_latents(COUNT, seed=5))
    return gan, latents.astype("float64"), kernel, bias


def judge(units=1, heads=1, dropout=0.0):
    inputs = layers.Input((2,))
    judged = layers.Dropout(dropout, seed=0)(inputs) if dropout else inputs
    outputs = []
    for index in range(heads):
        layer = layers.Dense(
            units,
            kernel_initializer=keras.initializers.RandomNormal(seed=3 + index),
            bias_initializer="ones",
        )
        logits = layer(judged)
        outputs.append(layers.Reshape((units, 1))(logits))
    return keras.Model(inputs, outputs if heads > 1 else outputs[0])


@pytest.mark.parametrize(
    "arguments",
    [{}, {"units": 3}, {"heads": 2}, {"dropout": 0.5}],
    ids=["plain", "patches", "heads", "dropout"],
)
def test_linear_networks(arguments):
    discriminator = judge(**arguments)
    gan, latents, kernel, bias = linear(discriminator)
    weights = discriminator.get_weights()
    samples = latents @ kernel + bias
    # The gradient at each sample, of the mean over patches.
    at_samples = 0.0
    for direction, offset in zip(weights[::2], weights[1::2], strict=True):
        logits = samples @ direction + offset
        at_samples += sigmoid(-logits) @ direction.T / logits.shape[1]
    gradients = latents[:, :, None] * at_samples[:, None, :]
    before = gan.get_weights()
    (information,) = gan.fisher_information(COUNT, seed=5)
    assert information.dtype == "float32"
    np.testing.assert_allclose(
        information, np.mean(gradients**2, axis=0), rtol=1e-5
    )
    # Not what the gradient of the batch would give.
    assert np.all(information > 2 * np.mean(gradients, axis=0) ** 2)
    for first, second in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_conditions_batch_normalization_and_average():
    """The generator's own weights, its moving statistics, and an embedding."""
    latents, label = layers.Input((3,)), layers.Input((), dtype="int32")
    hidden = latents + layers.Embedding(4, 3)(label)
    hidden = layers.BatchNormalization(epsilon=0.0, scale=False)(hidden)
    generator = keras.Model(
        [latents, label], layers.Dense(2, use_bias=False)(hidden)
    )
    inputs = layers.Input((2,)), layers.Input((), dtype="int32")
    told = layers.Embedding(4, 1)(inputs[1])
    discriminator = keras.Model(inputs, layers.Dense(1)(inputs[0]) + told)
    random = np.random.default_rng(0)
    for network in (generator, discriminator):
        network.set_weights(
            [random.normal(size=w.shape) ** 2 for w in network.get_weights()]
        )
    gan = kr.RegularizedGAN(generator, discriminator, ema_momentum=0.9, seed=0)
    gan.ema_generator.set_weights(
        [0.0 * w for w in gan.ema_generator.get_weights()]
    )
    labels = np.array([0, 1, 1, 3, 3, 3])
    rows = ops.convert_to_numpy(gan.sample_latents(6, seed=0))
    embedded, beta, mean, variance, kernel = generator.get_weights()
    by_label, direction, offset = sorted_weights(discriminator)
    inputs = (rows + embedded[labels] - mean) / np.sqrt(variance) + beta
    logits = inputs @ kernel @ direction + offset + by_label[labels]
    factors = sigmoid(-logits)
    of_kernel = (factors * inputs)[:, :, None] * direction.T[None]
    of_inputs = factors * (kernel @ direction).T / np.sqrt(variance)
    of_embedding = np.zeros((4, 3))
    np.add.at(of_embedding, labels, of_inputs**2)
    information = gan.fisher_information(conditions=labels)
    np.testing.assert_allclose(information[0], of_embedding / 6, rtol=1e-4)
    np.testing.assert_allclose(
        information[1], np.mean(of_kernel**2, axis=0), rtol=1e-4
    )


def sorted_weights(discriminator):
    """Returns the weights by shape: the embedding, a kernel and a bias."""
    weights = {w.shape: w for w in discriminator.get_weights()}
    return weights[4, 1], weights[2, 1], weights[1,]


def test_conditions_only_of_another_dtype():
    condition = layers.Input((3,))
    generator = keras.Model(condition, layers.Dense(2)(condition))
    judged = layers.Input((2,)), layers.Input((3,))
    discriminator = keras.Model(judged, layers.Dense(1)(judged[0]))
    gan = kr.RegularizedGAN(generator, discriminator, latents=None)
    told = np.random.default_rng(0).normal(size=(4, 3))
    (direction, offset) = discriminator.get_weights()
    kernel, bias = generator.get_weights()
    factors = sigmoid(-((told @ kernel + bias) @ direction + offset))
    gradients = (factors * told)[:, :, None] * direction.T[None]
    (information,) = gan.fisher_information(conditions=told)
    np.testing.assert_allclose(
        information, np.mean(gradients**2, axis=0), rtol=1e-5
    )


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({}, TypeError, "`n`"),
        ({"n": 0}, ValueError, "`n`"),
        ({"n": 2, "seed": None}, TypeError, "`seed`"),
        ({"n": 2, "conditions": [0, 1]}, ValueError, "`conditions`"),
    ],
)
def test_bad_arguments(vector_pair, arguments, error, text):
    gan = kr.RegularizedGAN(*vector_pair())
    with pytest.raises(error, match=f"{text}.*Received"):
        gan.fisher_information(**arguments)
