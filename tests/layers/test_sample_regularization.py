"""Soft regularization in a model that is no GAN."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture
def samples():
    return np.random.default_rng(0).normal(size=(12, 4)).astype("float32")


@pytest.fixture
def classes():
    return np.arange(12) % 3


@pytest.fixture
def classifier():
    """Builds a classifier whose hidden outputs are regularized."""

    def build(regularizer):
        keras.utils.set_random_seed(0)
        hidden = [layers.Input((4,)), layers.Dense(5, activation="tanh")]
        if regularizer is not None:
            hidden.append(kr.layers.SampleRegularization(regularizer))
        model = keras.Sequential([*hidden, layers.Dense(3)])
        model.compile(
            keras.optimizers.SGD(0.1),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        return model

    return build


def outputs_of_the_hidden_layer(model, samples):
    return ops.convert_to_numpy(model.layers[0](samples))


@pytest.mark.parametrize("batch_size", [12, 4, 1])
@pytest.mark.parametrize(
    "regularizer, expected",
    [
        (
            kr.regularizers.PairwiseDistance(0.5),
            lambda x: (
                -0.5 * np.sqrt(((x - np.roll(x, 1, 0)) ** 2).mean(-1)).mean()
            ),
        ),
        (keras.regularizers.L2(0.5), lambda x: 0.5 * (x**2).sum()),
    ],
    ids=["samples", "keras"],
)
def test_layer_adds_the_regularizer_and_not_a_part_of_it(
    classifier, samples, regularizer, expected, batch_size
):
    model = classifier(regularizer)
    batch = samples[:batch_size]
    model(batch, training=True)
    (loss,) = model.losses
    hidden = outputs_of_the_hidden_layer(model, batch)
    np.testing.assert_allclose(
        ops.convert_to_numpy(loss), expected(hidden), rtol=1e-5, atol=1e-5
    )


def test_layer_adds_to_the_loss_in_training(classifier, samples, classes):
    regularizer = kr.regularizers.PairwiseDistance(0.5)
    plain = classifier(None).train_on_batch(samples, classes)
    model = classifier(regularizer)
    hidden = outputs_of_the_hidden_layer(model, samples)
    added = float(ops.convert_to_numpy(regularizer(hidden)))
    assert added < -0.1
    np.testing.assert_allclose(
        model.train_on_batch(samples, classes), plain + added, rtol=1e-5
    )


def test_layer_adds_nothing_outside_of_training(classifier, samples, classes):
    model = classifier(kr.regularizers.PairwiseDistance(0.5))
    np.testing.assert_allclose(
        model.test_on_batch(samples, classes),
        classifier(None).test_on_batch(samples, classes),
        rtol=1e-6,
    )
    model(samples)
    assert model.losses == []


def test_layer_changes_what_is_learned(classifier, samples, classes):
    distances = []
    for direction in ("attract", "repel"):
        model = classifier(
            kr.regularizers.PairwiseDistance(2.0, direction=direction)
        )
        model.fit(samples, classes, batch_size=12, epochs=20, verbose=0)
        hidden = outputs_of_the_hidden_layer(model, samples)
        distances.append(
            np.sqrt(((hidden - np.roll(hidden, 1, 0)) ** 2).mean(-1)).mean()
        )
    assert distances[1] > 1.2 * distances[0]


def test_layer_passes_inputs_on():
    layer = kr.layers.SampleRegularization(kr.regularizers.L2(0.1))
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    for training in (False, True):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(layer(x, training=training)), x
        )
    assert layer.compute_output_shape((None, 3, 4)) == (None, 3, 4)
    assert layer.weights == []


def test_layer_passes_masks_on():
    masked = layers.Masking()(keras.Input((3, 2)))
    layer = kr.layers.SampleRegularization(kr.regularizers.L2(0.1))
    assert getattr(layer(masked), "_keras_mask", None) is not None


def test_layers_are_saved(samples, classes, tmp_path):
    regularizers = [
        kr.regularizers.PairwiseDistance(0.3, margin=2.0, pairing="all"),
        kr.regularizers.L1(0.2),
        keras.regularizers.L2(0.25),
    ]
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(5, activation="tanh")]
        + [kr.layers.SampleRegularization(r) for r in regularizers]
        + [layers.Dense(3)]
    )
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.fit(samples, classes, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    found = [
        layer.regularizer
        for layer in loaded.layers
        if isinstance(layer, kr.layers.SampleRegularization)
    ]
    for one, other in zip(found, regularizers, strict=True):
        assert type(one) is type(other)
        assert one.get_config() == other.get_config()
    np.testing.assert_allclose(
        loaded.predict(samples, verbose=0),
        model.predict(samples, verbose=0),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        loaded.train_on_batch(samples, classes),
        model.train_on_batch(samples, classes),
        rtol=1e-5,
    )


def test_layer_keeps_its_name_and_dtype():
    layer = kr.layers.SampleRegularization(
        kr.regularizers.L1(0.1), name="soft", dtype="float16"
    )
    copy = kr.layers.SampleRegularization.from_config(layer.get_config())
    assert copy.name == "soft" and copy.compute_dtype == "float16"


@pytest.mark.parametrize(
    "regularizer",
    [None, "l1", 0.1, kr.regularizers.L1, kr.penalties.R1(), lambda x: 0.0],
    ids=["None", "string", "number", "class", "penalty", "function"],
)
def test_layer_refuses_what_is_no_regularizer(regularizer):
    with pytest.raises(TypeError, match="`regularizer`. Expected.*Received"):
        kr.layers.SampleRegularization(regularizer)


@pytest.mark.parametrize(
    "regularizer",
    [kr.regularizers.ModeSeeking(), kr.regularizers.EnergyDistance()],
    ids=["latents", "real"],
)
def test_layer_refuses_what_takes_more_than_samples(regularizer):
    with pytest.raises(ValueError, match="`regularizer`. Expected.*samples"):
        kr.layers.SampleRegularization(regularizer)


def test_layer_takes_every_regularizer_of_samples_alone(samples):
    regularizer = kr.regularizers.PullingAway(0.5)
    layer = kr.layers.SampleRegularization(regularizer)
    layer(samples, training=True)
    (loss,) = layer.losses
    np.testing.assert_allclose(
        ops.convert_to_numpy(loss),
        ops.convert_to_numpy(regularizer(samples)),
        rtol=1e-6,
    )
