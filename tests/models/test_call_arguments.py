"""Networks that are told conditions as further arguments of their `call`."""

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops

import keras_regan as kr

SIZE = 24
RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(SIZE, 2, 2, 1)).astype("float32")
LABELS = (np.arange(SIZE) % 3).astype("int32")
ANGLES = RANDOM.uniform(size=(SIZE, 1)).astype("float32")
CONDITIONS = {"labels": LABELS, "angles": ANGLES}


class Parts(keras.Model):
    """What both networks are made of."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.classes = layers.Embedding(3, 4)
        self.hidden = layers.Dense(8, activation="tanh")
        self.dropout = layers.Dropout(0.3, seed=0)
        self.last = layers.Dense(units)

    def join(self, x, labels, angles, training):
        parts = [layers.Flatten()(x), self.classes(labels), angles]
        x = self.hidden(ops.concatenate(parts, axis=-1))
        return self.last(self.dropout(x, training=training))

    def get_config(self):
        return {"units": self.units, "name": self.name}


@keras.saving.register_keras_serializable("test_call_arguments")
class Generator(Parts):
    """Built by a call, and says by which shapes."""

    def call(self, latents, labels, angles):
        # The same with and without training.
        return ops.reshape(
            self.join(latents, labels, angles, False), (-1, 2, 2, 1)
        )

    def get_build_config(self):
        shapes = {
            "latents_shape": (None, 3),
            "labels_shape": (None,),
            "angles_shape": (None, 1),
        }
        return {"shapes_dict": shapes}


@keras.saving.register_keras_serializable("test_call_arguments")
class Discriminator(Parts):
    """Built from shapes; `training` comes before what it is told."""

    def build(self, images_shape, labels_shape, angles_shape):
        self.classes.build(labels_shape)
        self.hidden.build((None, 4 + 4 + 1))
        self.last.build((None, 8))

    def call(self, images, training=None, *, labels, angles):
        return self.join(images, labels, angles, training)


@keras.saving.register_keras_serializable("test_call_arguments")
class ListOf(keras.Model):
    """Takes what another network has as arguments in a list."""

    def __init__(self, network, **kwargs):
        super().__init__(**kwargs)
        self.network = network

    def call(self, inputs, training=None):
        x, labels, angles = inputs
        return self.network(x, labels=labels, angles=angles, training=training)

    def get_config(self):
        network = keras.saving.serialize_keras_object(self.network)
        return {"network": network, "name": self.name}

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(network, name=config["name"])


def networks():
    keras.utils.set_random_seed(0)
    told = np.zeros((1,), "int32"), np.zeros((1, 1), "float32")
    generator, discriminator = Generator(4), Discriminator(1)
    generator(np.zeros((1, 3), "float32"), *told)
    discriminator(
        np.zeros((1, 2, 2, 1), "float32"), labels=told[0], angles=told[1]
    )
    return generator, discriminator


def list_of(network):
    wrapped = ListOf(network)
    shape = (3,) if isinstance(network, Generator) else (2, 2, 1)
    wrapped([np.zeros((1, *shape), "float32"), LABELS[:1], ANGLES[:1]])
    return wrapped


def trained(pair, callbacks=()):
    gan = kr.RegularizedGAN(*pair, ema_momentum=0.5, seed=0)
    gan.compile(
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1),
        generator_regularizers=[kr.regularizers.PairwiseDistance(0.1)],
        discriminator_regularizers=[kr.penalties.R1(0.1)],
    )
    data = {"batch_size": 8, "shuffle": False, "verbose": 0}
    logs = gan.fit(
        SAMPLES,
        (LABELS, ANGLES),
        validation_data=(SAMPLES, (LABELS, ANGLES)),
        callbacks=list(callbacks),
        **data,
    ).history
    return gan, logs


@pytest.fixture(scope="module")
def with_callbacks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return trained(
        networks(),
        [
            kr.callbacks.CollapseMonitor((SAMPLES, CONDITIONS)),
            kr.callbacks.SampleGrid(
                folder,
                conditions=CONDITIONS,
                value_range=(-1, 1),
                views=[kr.callbacks.AverageAndLive()],
            ),
            kr.callbacks.Histograms(folder, real=(SAMPLES, CONDITIONS)),
        ],
    )


def test_trains_as_with_lists(with_callbacks):
    gan, logs = with_callbacks
    assert gan._interface.conditions.names == ["labels", "angles"]
    expected_gan, expected = trained(map(list_of, networks()))
    for name, values in expected.items():
        np.testing.assert_allclose(logs[name], values, rtol=1e-4)
    told = (LABELS[:5], ANGLES[:5])
    np.testing.assert_allclose(
        gan.generate(
            conditions=dict(zip(CONDITIONS, told, strict=True)), seed=0
        ),
        expected_gan.generate(conditions=told, seed=0),
        atol=1e-5,
    )


def test_file_holds_them(with_callbacks, tmp_path):
    gan, _ = with_callbacks
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(
        *(g.generate(conditions=CONDITIONS, seed=0) for g in (gan, loaded))
    )


def test_inference_generator_takes_a_list(with_callbacks, tmp_path):
    gan, _ = with_callbacks
    inputs = [RANDOM.normal(size=(SIZE, 3)).astype("float32"), LABELS, ANGLES]
    expected = gan.predict(inputs, verbose=0)
    generator = gan.inference_generator()
    assert not generator.trainable_weights
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    samples = loaded.predict(inputs, verbose=0)
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    average = gan.ema_generator(inputs[0], labels=LABELS, angles=ANGLES)
    np.testing.assert_allclose(
        samples, ops.convert_to_numpy(average), atol=1e-6
    )


def test_exports_of_a_list(with_callbacks, monkeypatch):
    exported = []
    monkeypatch.setattr(
        keras.Model,
        "export",
        lambda self, path, **arguments: exported.append((self, arguments)),
    )
    with_callbacks[0].export("a", format="onnx")
    ((network, arguments),) = exported
    (specs,) = arguments["input_signature"]
    assert [spec.name for spec in specs] == ["latents", "labels", "angles"]
    assert len(network.inputs) == 3


class Plain(keras.Model):
    """Keras keeps the shape of its first argument alone."""

    def __init__(self):
        super().__init__()
        self.classes = layers.Embedding(3, 4)
        self.last = layers.Dense(2)

    def call(self, latents, labels, training=None):
        joined = ops.concatenate([latents, self.classes(labels)], axis=-1)
        return self.last(joined)


class Listening(keras.Model):
    """It can do without labels."""

    def __init__(self):
        super().__init__()
        self.last = layers.Dense(1)

    def call(self, images, labels=None):
        return self.last(images)


class Nested(Plain):
    def get_build_config(self):
        shapes = {"latents_shape": (None, 3), "labels_shape": [(None,)]}
        return {"shapes_dict": shapes}


@pytest.mark.parametrize("kind", [Plain, Nested])
def test_shapes_that_nobody_knows(kind):
    network, labels = kind(), np.zeros((1,), "int32")
    network(np.zeros((1, 3), "float32"), labels)
    _, discriminator = kr.networks.mlp((2,), latent_dim=3, num_classes=3)
    with pytest.raises(ValueError) as caught:
        kr.RegularizedGAN(network, discriminator)
    text = str(caught.value)
    assert "`generator`" in text and f"`{kind.__name__}.call(latents" in text
    assert "build(self, latents_shape, labels_shape)" in text
    assert "keras.Model([latents, labels], network(latents, labels))" in text
    # As it says.
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    around = keras.Model([latents, labels], network(latents, labels))
    gan = kr.RegularizedGAN(around, discriminator)
    assert gan.generate(3, conditions=1).shape == (3, 2)


def test_optional_condition_that_only_the_generator_is_told():
    network = Listening()
    network(np.zeros((1, 2), "float32"), np.zeros((1,), "int32"))
    generator, _ = kr.networks.mlp((2,), latent_dim=3, num_classes=3)
    with pytest.raises(ValueError, match="`discriminator`.*labels_shape"):
        kr.RegularizedGAN(generator, network)
    generator, _ = kr.networks.mlp((2,), latent_dim=3)
    assert not kr.RegularizedGAN(generator, network).conditional


class Bounded(Discriminator):
    def call(self, images, *, labels, angles):
        return ops.sigmoid(self.join(images, labels, angles, False))


def test_bounded_logits_are_found():
    generator, _ = networks()
    discriminator = Bounded(1)
    discriminator.build((None, 2, 2, 1), (None,), (None, 1))
    with pytest.warns(UserWarning, match="ends in a sigmoid"):
        kr.RegularizedGAN(generator, discriminator)
