"""Scalars and histograms of a training, from Keras and from us."""

import keras
import numpy as np
import pytest
from callbacks.fake_training import names
from callbacks.fake_training import texts
from keras import ops

import keras_regan as kr
from keras_regan.callbacks import Histograms
from keras_regan.callbacks import LatentWalk
from keras_regan.callbacks import NearestReal
from keras_regan.callbacks import SampleGrid

accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator",
    reason="needs `pip install tensorboard`",
)
pytestmark = pytest.mark.xdist_group("histograms")


@pytest.fixture
def gan(vector_pair, rewound):
    """A GAN before its first step, the same for each test."""

    def make():
        gan = kr.RegularizedGAN(*vector_pair(), ema_momentum=0.9, seed=0)
        gan.compile(
            generator_optimizer=keras.optimizers.Adam(0.05),
            generator_regularizers=[kr.regularizers.L2(1e-3)],
            discriminator_regularizers=[kr.penalties.R1(1.0)],
        )
        return gan

    return rewound(make)


def events_in(folder):
    guidance = {"tensors": 0, "histograms": 0}
    events = accumulator.EventAccumulator(str(folder), size_guidance=guidance)
    events.Reload()
    return events


def last(events, name):
    return events.Histograms(name)[-1].histogram_value


def extremes(histogram):
    return histogram.min, histogram.max


def as_array(variable):
    return ops.convert_to_numpy(variable.value)


# Keras's own callback


def test_tensorboard_of_keras_shows_all_logs_and_weights(
    gan, vectors, tmp_path
):
    board = keras.callbacks.TensorBoard(
        tmp_path, histogram_freq=1, write_graph=False
    )
    history = gan.fit(
        vectors,
        validation_data=vectors,
        epochs=2,
        verbose=0,
        callbacks=[board],
    ).history
    training = events_in(tmp_path / "train")
    validation = events_in(tmp_path / "validation")
    for key in history:
        if not key.startswith("learning_rate"):
            events = validation if key.startswith("val_") else training
            tag = f"epoch_{key.removeprefix('val_')}"
            assert [event.step for event in events.Tensors(tag)] == [0, 1]
    tags = training.Tags()["tensors"]
    for network in (gan.generator, gan.discriminator):
        for weight in network.weights:
            assert f"{weight.path}/histogram" in tags


# Our callback


def test_histograms_of_the_weights_of_all_networks(gan, vectors, tmp_path):
    callback = Histograms(tmp_path, every=2)
    gan.fit(vectors, epochs=4, verbose=0, callbacks=[callback])
    events = events_in(tmp_path)
    expected = {
        f"{role}/{weight.path}": as_array(weight)
        for role, network in (
            ("generator", gan.generator),
            ("discriminator", gan.discriminator),
            ("generator_average", gan.ema_generator),
        )
        for weight in network.weights
    }
    assert set(events.Tags()["histograms"]) == set(expected)
    for name, weights in expected.items():
        assert [event.step for event in events.Histograms(name)] == [2, 4]
        assert extremes(last(events, name)) == pytest.approx(
            (weights.min(), weights.max())
        )
        assert last(events, name).num == weights.size
    first = gan.generator.weights[0].path
    assert extremes(last(events, f"generator/{first}")) != extremes(
        last(events, f"generator_average/{first}")
    )


def test_histograms_of_values_and_logits(gan, vectors, tmp_path):
    callback = Histograms(tmp_path, real=vectors[:50])
    gan.fit(vectors, epochs=2, verbose=0, callbacks=[callback])
    events = events_in(tmp_path)
    generated = gan.generate(50, seed=0)
    expected = {
        "real_values": vectors[:50],
        "generated_values": generated,
        "real_logits": gan.discriminator.predict(vectors[:50], verbose=0),
        "generated_logits": gan.discriminator.predict(generated, verbose=0),
    }
    for name, values in expected.items():
        assert [event.step for event in events.Histograms(name)] == [1, 2]
        assert extremes(last(events, name)) == pytest.approx(
            (values.min(), values.max()), rel=1e-4
        )
        assert last(events, name).num == values.size


@pytest.mark.parametrize("judges_labels", [True, False])
def test_histograms_of_conditional_networks(vectors, tmp_path, judges_labels):
    generator, discriminator = kr.networks.mlp(
        (2,),
        latent_dim=3,
        hidden=(8,),
        output_activation=None,
        num_classes=3,
    )
    if not judges_labels:
        inputs = keras.Input((2,))
        outputs = {
            "logits": keras.layers.Dense(1)(inputs),
            "class_logits": keras.layers.Dense(3)(inputs),
        }
        discriminator = keras.Model(inputs, outputs)
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile()
    labels = np.arange(64) % 3
    callback = Histograms(tmp_path, real=(vectors, labels))
    gan.fit((vectors, labels), verbose=0, callbacks=[callback])
    events = events_in(tmp_path)
    assert last(events, "generated_values").num == 128
    assert last(events, "generated_logits").num == 64
    inputs = [vectors, labels] if judges_labels else vectors
    logits = discriminator.predict(inputs, verbose=0)
    logits = logits if judges_labels else logits["logits"]
    assert extremes(last(events, "real_logits")) == pytest.approx(
        (logits.min(), logits.max()), rel=1e-4
    )


def test_histograms_of_each_head(vector_pair, vectors, tmp_path):
    inputs = keras.Input((2,))
    outputs = [keras.layers.Dense(1)(inputs) for _ in range(2)]
    discriminator = keras.Model(inputs, outputs)
    gan = kr.RegularizedGAN(vector_pair()[0], discriminator, seed=0)
    gan.compile()
    gan.fit(vectors, verbose=0, callbacks=[Histograms(tmp_path, real=vectors)])
    events = events_in(tmp_path)
    heads = discriminator.predict(vectors, verbose=0)
    for name, logits in zip(
        ("real_logits", "real_logits 2"), heads, strict=True
    ):
        assert extremes(last(events, name)) == pytest.approx(
            (logits.min(), logits.max()), rel=1e-4
        )
    assert "generated_logits 2" in events.Tags()["histograms"]


def test_histograms_of_layers_with_one_name(vectors, tmp_path):
    def part(size, inputs):
        inputs = keras.Input((inputs,))
        outputs = keras.layers.Dense(size, name="dense")(inputs)
        return keras.Model(inputs, outputs)

    inputs = keras.Input((3,))
    generator = keras.Model(inputs, part(2, 5)(part(5, 3)(inputs)))
    assert len({weight.path for weight in generator.weights}) == 2  # Of 4.
    inputs = keras.Input((2,))
    discriminator = keras.Model(inputs, part(1, 2)(inputs))
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile()
    gan.fit(vectors, verbose=0, callbacks=[Histograms(tmp_path)])
    events = events_in(tmp_path)
    kernels = [
        tag
        for tag in events.Tags()["histograms"]
        if tag.startswith("generator/") and "kernel" in tag
    ]
    assert len(kernels) == 2
    assert sorted(last(events, tag).num for tag in kernels) == [10, 15]
    for tag in events.Tags()["histograms"]:
        assert len(events.Histograms(tag)) == 1


def test_histograms_survive_a_log_that_cannot_be_written(
    gan, vectors, tmp_path
):
    (tmp_path / "file").touch()
    callback = Histograms(tmp_path / "file" / "logs")
    with pytest.warns(UserWarning, match="Histograms could not write") as seen:
        gan.fit(vectors, epochs=2, verbose=0, callbacks=[callback])
    assert len([t for t in texts(seen) if "Histograms" in t]) == 1
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "real",
    [
        np.zeros((8, 3), "float32"),
        np.zeros((8, 2), "int32"),
        (np.zeros((8, 2), "float32"), np.zeros(8)),
    ],
    ids=["shape", "type", "labels"],
)
def test_histograms_refuse_real_samples_of_another_kind(
    gan, vectors, tmp_path, real
):
    with pytest.raises(ValueError, match="argument `real`"):
        gan.fit(vectors, verbose=0, callbacks=[Histograms(tmp_path, real=real)])


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"log_dir": 3}, TypeError, "log_dir"),
        ({"every": 0}, ValueError, "every"),
        ({"real": "images"}, TypeError, "real"),
        ({"seed": 0.5}, TypeError, "seed"),
    ],
)
def test_histograms_name_the_wrong_argument(tmp_path, arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        Histograms(**{"log_dir": tmp_path, **arguments})


# All of them


def test_looking_on_does_not_change_the_training(images, tmp_path):
    weights = []
    for callbacks in (
        [],
        [
            SampleGrid(
                tmp_path / "samples",
                count=4,
                views=[NearestReal(images), kr.callbacks.AverageAndLive()],
                log_dir=tmp_path / "logs",
            ),
            LatentWalk(tmp_path / "walks", every=1, frames=1),
            Histograms(tmp_path / "logs", real=images),
        ],
    ):
        keras.utils.set_random_seed(3)
        pair = kr.networks.mlp((8, 8, 1), latent_dim=4, hidden=(8,))
        gan = kr.RegularizedGAN(*pair, ema_momentum=0.9, seed=0)
        gan.compile()
        gan.fit(
            images,
            epochs=2,
            batch_size=16,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
        weights.append(gan.get_weights())
    for quiet, watched in zip(*weights, strict=True):
        np.testing.assert_array_equal(quiet, watched)
