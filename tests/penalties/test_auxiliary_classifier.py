"""The auxiliary classifier against cross-entropies of NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

AuxiliaryClassifier = kr.penalties.AuxiliaryClassifier
LABELS = np.array([0, 2, 1, 3, 3, 0], "int32")
WEIGHTS = np.random.default_rng(4).normal(size=(3, 4))


def outputs(weights):
    return lambda x: {
        "logits": x[:, :1],
        "class_logits": ops.matmul(x, weights),
    }


def cross_entropies(samples, weights):
    logits = samples.astype("float64") @ weights
    shifted = logits - logits.max(axis=1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logarithms[np.arange(6), LABELS]


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]], ids=["n", "n1"])
@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_value_and_gradient(
    network, labels, make_context, real, fake, gradient_of, slope_of
):
    def expected(weights):
        value = cross_entropies(fake, weights).mean()
        if network == "discriminator":
            value += cross_entropies(real, weights).mean()
        return 0.4 * value

    value, gradient = gradient_of(
        lambda w: AuxiliaryClassifier(0.4)(
            make_context(outputs(w), conditions=labels, network=network)
        ),
        WEIGHTS,
    )
    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("shape", [(6,), (6, 1)], ids=["n", "n1"])
def test_mean_over_samples_of_known_class(
    shape, make_context, real, gradient_of, slope_of
):
    known = [0, 3, 4]
    labels = np.full(6, -1, "int32")
    labels[known] = LABELS[known]

    def expected(weights):
        each = cross_entropies(real, weights)[known]
        return 0.4 * each.mean()

    value, gradient = gradient_of(
        lambda w: AuxiliaryClassifier(0.4)(
            make_context(outputs(w), labels=labels.reshape(shape))
        ),
        WEIGHTS,
    )
    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-5, atol=1e-6
    )


def test_no_sample_of_known_class(make_context, gradient_of):
    value, gradient = gradient_of(
        lambda w: AuxiliaryClassifier()(
            make_context(outputs(w), labels=np.full(6, -1, "int32"))
        ),
        WEIGHTS,
    )
    assert value == 0.0
    np.testing.assert_array_equal(gradient, 0.0)


def test_generator_without_classes(make_context):
    with pytest.raises(ValueError, match="`discriminator_regularizers` alone"):
        AuxiliaryClassifier()(
            make_context(
                outputs(np.ones((3, 4), "float32")),
                labels=LABELS,
                network="generator",
            )
        )


def classifying_pair():
    layers = keras.layers
    generator, _ = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None, num_classes=4
    )
    inputs = keras.Input((2,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    discriminator = keras.Model(
        inputs,
        {
            "logits": layers.Dense(1)(hidden),
            "class_logits": layers.Dense(4)(hidden),
        },
    )
    return generator, discriminator


def test_learns_to_classify(vectors):
    """Labels are the quadrants: both networks learn which is which."""
    labels = (2 * (vectors[:, 0] > 0) + (vectors[:, 1] > 0)).astype("int32")
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*classifying_pair(), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(0.01),
        discriminator_optimizer=keras.optimizers.Adam(0.01),
        generator_regularizers=[AuxiliaryClassifier()],
        discriminator_regularizers=[AuxiliaryClassifier()],
    )
    history = gan.fit(
        vectors, labels, batch_size=32, epochs=80, shuffle=False, verbose=0
    ).history
    for key in ("d_auxiliary_classifier", "g_auxiliary_classifier"):
        assert history[key][-1] < 0.5 * history[key][0], key


def test_labels_that_are_not_there(make_context):
    with pytest.raises(ValueError, match="needs labels"):
        AuxiliaryClassifier()(make_context(outputs(np.ones((3, 4), "float32"))))


def test_more_conditions_than_labels(make_context):
    with pytest.raises(ValueError, match="one condition.*2 conditions"):
        AuxiliaryClassifier()(
            make_context(
                outputs(np.ones((3, 4), "float32")),
                conditions=(LABELS, LABELS),
            )
        )


def test_class_logits_that_are_not_there(make_context):
    with pytest.raises(ValueError, match="'class_logits'"):
        AuxiliaryClassifier()(
            make_context(lambda x: x[:, :1], conditions=LABELS)
        )


def test_discriminator_without_labels_must_classify():
    generator, _ = classifying_pair()
    _, discriminator = kr.networks.mlp((2,), latent_dim=3)
    with pytest.raises(ValueError, match="class_logits"):
        kr.RegularizedGAN(generator, discriminator)
