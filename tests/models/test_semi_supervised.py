"""Labels that the discriminator alone learns from, some of them unknown."""

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops

import keras_regan as kr

CLASSES = 3
RATE = 0.1
# Of 64 samples, three in four have a class.
LABELS = np.resize([0, 1, 2, -1], 64).astype("int32")
UNKNOWN = np.full(64, -1)


def networks(**arguments):
    """A generator, and a discriminator that is linear in the samples."""
    generator, _ = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None, **arguments
    )
    inputs = keras.Input((2,))
    outputs = {
        "logits": layers.Dense(1)(inputs),
        "class_logits": layers.Dense(CLASSES, name="classifier")(inputs),
    }
    return generator, keras.Model(inputs, outputs)


def compiled(entry, **arguments):
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*networks(), seed=0)
    gan.compile(
        keras.optimizers.SGD(RATE),
        keras.optimizers.SGD(RATE),
        discriminator_regularizers=[entry],
        **arguments,
    )
    return gan


@pytest.fixture
def gan(rewound):
    return rewound(
        lambda: compiled(
            kr.penalties.AuxiliaryClassifier(0.5),
            metrics=[keras.metrics.MeanAbsoluteError(name="distance")],
        )
    )


def classifier(gan):
    weights = gan.discriminator.get_layer("classifier").get_weights()
    return [w.astype("float64") for w in weights]


def cross_entropy(samples, labels, kernel, bias):
    """Returns the mean over labelled samples, and its slope at the kernel."""
    samples, labels = samples[labels >= 0], labels[labels >= 0]
    logits = samples.astype("float64") @ kernel + bias
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    value = -np.log(shares[rows, labels]).mean()
    shares[rows, labels] -= 1.0
    return value, samples.T @ shares / len(labels)


def test_a_step_learns_from_samples_with_a_class(gan, vectors):
    kernel, bias = classifier(gan)
    value, slope = cross_entropy(vectors, LABELS, kernel, bias)
    logs = gan.train_on_batch(vectors, LABELS, return_dict=True)
    np.testing.assert_allclose(
        logs["d_auxiliary_classifier"], 0.5 * value, rtol=1e-5
    )
    np.testing.assert_allclose(
        classifier(gan)[0], kernel - RATE * 0.5 * slope, rtol=1e-4, atol=1e-6
    )


def test_a_step_without_labels_leaves_the_classifier(gan, vectors):
    before = classifier(gan)
    logs = gan.train_on_batch(vectors, UNKNOWN, return_dict=True)
    assert logs["d_auxiliary_classifier"] == 0.0
    assert all(map(np.isfinite, logs.values()))
    for old, new in zip(before, classifier(gan), strict=True):
        np.testing.assert_array_equal(old, new)


def test_evaluation_and_sampling(gan, vectors):
    history = gan.fit(
        vectors,
        LABELS,
        batch_size=64,
        validation_data=(vectors[:32], LABELS[:32]),
        verbose=0,
    ).history
    value, _ = cross_entropy(vectors[:32], LABELS[:32], *classifier(gan))
    np.testing.assert_allclose(
        history["val_d_auxiliary_classifier"], [0.5 * value], rtol=1e-5
    )
    assert history["val_distance"][0] > 0
    judged = gan.evaluate(vectors[:32], LABELS[:32], verbose=0)
    assert np.isfinite(judged).all()
    share = gan.gradient_share("d_auxiliary_classifier", vectors, LABELS)
    assert 0 < share < 1
    assert gan.gradient_share("d_auxiliary_classifier", vectors, UNKNOWN) == 0
    assert not gan.conditional
    assert gan.generate(5).shape == (5, 2)
    with pytest.raises(ValueError, match="not conditional"):
        gan.generate(3, conditions=[0, 1, 2])


@pytest.mark.parametrize("wrong", [-2, CLASSES])
def test_labels_of_no_class(gan, vectors, wrong):
    labels = LABELS.copy()
    labels[40] = wrong
    with pytest.raises(ValueError, match=f"from -1 to 2.*{wrong} among"):
        gan.fit(vectors, labels, verbose=0)
    batches = ((vectors[i::2], labels[i::2]) for i in (1, 0))
    with pytest.raises(ValueError, match="batch 1 .*labels from -1 to 2"):
        gan.fit(batches, verbose=0)


def test_samples_without_labels(gan, vectors):
    with pytest.raises(ValueError, match="classify and got no labels.*-1"):
        gan.fit(vectors, verbose=0)


def test_labels_from_which_nobody_learns(vectors):
    gan = compiled(kr.penalties.R1())
    with pytest.raises(ValueError, match="`penalties.AuxiliaryClassifier`"):
        gan.fit(vectors, LABELS, verbose=0)


def test_labels_that_are_left_out():
    with pytest.raises(ValueError, match="True, because the discriminator"):
        compiled(kr.penalties.AuxiliaryClassifier(), use_conditions=False)


def test_generator_that_is_told_classes_is_told_all(vectors):
    gan = kr.RegularizedGAN(*networks(num_classes=CLASSES))
    gan.compile(discriminator_regularizers=[kr.penalties.AuxiliaryClassifier()])
    with pytest.raises(ValueError, match="from 0 to 2.*-1 among"):
        gan.fit(vectors, LABELS, verbose=0)


class Centres(kr.penalties.Penalty):
    """Reads what the classes are, without class logits."""

    reads_labels = True

    def call(self, context):
        labelled = ops.cast(context.labels >= 0, "float32")
        return ops.mean(labelled * ops.squeeze(context.real_logits, 1))


def test_a_penalty_of_ones_own_in_a_wrapper(vectors):
    gan = kr.RegularizedGAN(
        networks()[0], keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    )
    gan.compile(
        discriminator_regularizers=[kr.penalties.Scheduled(Centres(), 0.5)],
        run_eagerly=True,
    )
    logits = gan.discriminator.predict(vectors, verbose=0)[:, 0]
    logs = gan.train_on_batch(vectors, LABELS, return_dict=True)
    np.testing.assert_allclose(
        logs["d_centres"], 0.5 * np.mean((LABELS >= 0) * logits), rtol=1e-4
    )
