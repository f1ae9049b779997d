"""The generator leaves without keras_regan."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from models.trained_generators import COUNT
from models.trained_generators import GROUPS
from models.trained_generators import KINDS
from models.trained_generators import inputs_of
from models.trained_generators import samples_of
from models.trained_generators import trained

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("trained_generators")

# Loads all models and stores what they make.
LOAD = """
import pathlib
import sys
sys.modules["keras_regan"] = None
import keras
import numpy as np
folder = pathlib.Path(sys.argv[1])
for file in folder.glob("*.keras"):
    model = keras.models.load_model(file)
    inputs = list(np.load(file.with_suffix(".npz")).values())
    samples = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    np.save(file.with_suffix(".npy"), samples)
"""


@pytest.fixture(scope="module", params=GROUPS, ids=["few", "all"])
def elsewhere(request, trained_gans, tmp_path_factory):
    """What generators make where keras_regan cannot be imported, by kind."""
    folder = tmp_path_factory.mktemp("generators")
    for kind in request.param:
        gan = trained_gans[kind]
        gan.inference_generator().save(folder / f"{kind}.keras")
        np.savez(folder / f"{kind}.npz", *inputs_of(gan))
    result = subprocess.run(
        [sys.executable, "-c", LOAD, folder], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return {file.stem: np.load(file) for file in folder.glob("*.npy")}


def call(model, inputs):
    return model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)


def gan_of(*layers, **arguments):
    """A GAN whose generator maps 3 latents to 2 numbers through layers."""
    generator = keras.Sequential([keras.Input((3,)), *layers])
    return kr.RegularizedGAN(generator, judge(), seed=0, **arguments)


def judge():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def latents(count=COUNT):
    return np.random.default_rng(0).normal(size=(count, 3)).astype("float32")


@pytest.mark.usual_on("torch")
def test_same_samples_where_the_package_is_missing(trained_gans, elsewhere):
    for kind, samples in elsewhere.items():
        wanted = samples_of(trained_gans[kind])
        assert wanted.std() > 1e-4, kind
        assert samples.dtype == np.float32, kind
        np.testing.assert_allclose(
            samples, wanted, atol=1e-5, rtol=0, err_msg=kind
        )


@pytest.mark.parametrize("kind", KINDS)
def test_same_samples_here_and_no_trace_of_the_package(kind, trained_gans):
    gan = trained_gans[kind]
    generator = gan.inference_generator()
    np.testing.assert_allclose(
        call(generator, inputs_of(gan)), samples_of(gan), atol=1e-5, rtol=0
    )
    assert "keras_regan" in json.dumps(gan.get_config()["generator"]) or (
        kind == "layers"
    )
    assert "keras_regan" not in json.dumps(
        keras.saving.serialize_keras_object(generator)
    )
    assert generator.name == gan.generator.name
    assert generator.losses == []
    assert not generator.compiled and not generator.trainable_weights


def test_takes_labels_of_both_shapes(trained_gans):
    gan = trained_gans["resnet_conditional"]
    z, labels = inputs_of(gan)
    # Two of them: TensorFlow gives up shapes that change from call to call.
    one, other = gan.inference_generator(), gan.inference_generator()
    np.testing.assert_array_equal(
        call(one, [z, labels]), call(other, [z, labels[:, None]])
    )


def test_gan_stays_as_it_was():
    gan = trained("mlp")
    before = gan.get_weights()
    config = json.dumps(gan.get_config())
    generator = gan.inference_generator()
    generator.set_weights([w + 1 for w in generator.get_weights()])
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert json.dumps(gan.get_config()) == config
    assert gan.generator.trainable_weights
    gan.compile()
    history = gan.fit(np.zeros((4, 2), "float32"), verbose=0).history
    assert history["g_layer_regularizers"][0] > 0


@pytest.mark.parametrize("momentum", [None, 0.9])
def test_takes_the_average_if_there_is_one(momentum):
    gan = gan_of(keras.layers.Dense(2), ema_momentum=momentum)
    live = gan.generator.get_weights()
    gan.generator.set_weights([w + 1 for w in live])
    wanted = gan.generator if momentum is None else gan.ema_generator
    np.testing.assert_array_equal(
        gan.inference_generator().get_weights()[0], wanted.get_weights()[0]
    )


def test_after_saving_and_loading_the_gan(trained_gans, tmp_path):
    gan = trained_gans["layers"]
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    np.testing.assert_allclose(
        call(loaded.inference_generator(), inputs_of(gan)),
        samples_of(gan),
        atol=1e-5,
    )


@pytest.mark.parametrize("axis", [1, -1, 2])
@pytest.mark.parametrize("label_shape", [(), (1,)])
def test_conditional_batch_normalization(axis, label_shape):
    inputs = keras.Input((3,))
    labels = keras.Input(label_shape, dtype="int32")
    x = keras.layers.Reshape((3, 1, 1))(inputs)
    x = keras.layers.UpSampling2D((2, 4))(x)
    layer = kr.layers.ConditionalBatchNormalization(4, axis=axis)
    # Twice the same layer.
    x = layer([keras.layers.ReLU()(layer([x, labels])), labels])
    generator = keras.Model([inputs, labels], x)
    samples = keras.Input(generator.output_shape[1:])
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(samples))
    label = keras.Input((), dtype="int32")
    discriminator = keras.Model(
        [samples, label], logits + 0 * keras.ops.cast(label, "float32")[:, None]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    random = np.random.default_rng(0)
    layer.set_weights(
        [random.uniform(0.5, 2, w.shape) for w in layer.get_weights()]
    )
    data = [latents(), np.array([3, 0, 1, 3, 2]).reshape(-1, *label_shape)]
    np.testing.assert_allclose(
        call(gan.inference_generator(), data), call(gan, data), atol=1e-6
    )


def test_regularization_of_samples_called_for_training():
    inputs = keras.Input((3,))
    x = keras.layers.Dense(2)(inputs)
    layer = kr.layers.SampleRegularization(kr.regularizers.PairwiseDistance())
    generator = keras.Model(inputs, layer(x, training=True))
    gan = kr.RegularizedGAN(generator, judge())
    copy = gan.inference_generator()
    np.testing.assert_array_equal(
        call(copy, [latents()]), gan.predict(latents(), verbose=0)
    )


def test_half_precision_becomes_single():
    gan = gan_of(
        keras.layers.Dense(8, activation="tanh", dtype="mixed_float16"),
        kr.layers.SampleRegularization(
            kr.regularizers.PairwiseDistance(), dtype="mixed_float16"
        ),
        keras.layers.Dense(2, dtype="mixed_float16"),
    )
    assert gan.predict(latents(), verbose=0).dtype == np.float16
    samples = call(gan.inference_generator(), [latents()])
    assert samples.dtype == np.float32
    np.testing.assert_allclose(
        samples, gan.predict(latents(), verbose=0), atol=5e-3
    )
    weights = gan.generator.get_weights()
    hidden = np.tanh(latents() @ weights[0] + weights[1])
    np.testing.assert_allclose(
        samples, hidden @ weights[2] + weights[3], atol=1e-6
    )


class Halving(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2


@keras.saving.register_keras_serializable("test")
class LargerL1(kr.regularizers.L1):
    pass


@keras.saving.register_keras_serializable("test")
class Sum(keras.regularizers.Regularizer):
    def __call__(self, x):
        return keras.ops.sum(x)

    def get_config(self):
        return {}


def test_what_is_not_ours_stays():
    gan = gan_of(
        keras.layers.Dense(
            4, kernel_regularizer=Sum(), bias_regularizer=LargerL1(1.0)
        ),
        Halving(),
        keras.layers.Dense(
            2, kernel_regularizer="l2", bias_constraint="non_neg"
        ),
    )
    with keras.saving.custom_object_scope({"Halving": Halving}):
        first, halving, last = gan.inference_generator().layers
    assert isinstance(first.kernel_regularizer, Sum)
    # Nothing that is built on ours is loaded without us.
    assert first.bias_regularizer is None
    assert type(halving) is Halving
    assert isinstance(last.kernel_regularizer, keras.regularizers.L2)
    assert isinstance(last.bias_constraint, keras.constraints.NonNeg)


def test_model_inside_that_was_compiled():
    inside = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    inside.compile(
        kr.models.PairedOptimizer(
            keras.optimizers.Adam(), keras.optimizers.Adam()
        ),
        "mse",
    )
    copy = gan_of(inside).inference_generator()
    assert not copy.layers[0].compiled


@pytest.mark.parametrize(
    "layer, kind",
    [
        (kr.layers.MinibatchStdDev(name="mine"), "MinibatchStdDev"),
        (
            keras.layers.TimeDistributed(
                kr.layers.MinibatchStdDev(name="mine")
            ),
            "MinibatchStdDev",
        ),
        (
            keras.Sequential([kr.layers.MinibatchStdDev(name="mine")]),
            "MinibatchStdDev",
        ),
    ],
)
def test_layer_without_an_equal_is_named(layer, kind):
    gan = gan_of(
        keras.layers.Reshape((3, 1, 1)),
        layer,
        keras.layers.Flatten(),
        keras.layers.Dense(2),
    )
    with pytest.raises(ValueError, match=f"`mine` holds a {kind}.*`export`"):
        gan.inference_generator()


def test_spectral_normalization_that_always_trains():
    inputs = keras.Input((3,))
    layer = kr.layers.SpectralNormalization(
        keras.layers.Dense(2), name="always"
    )
    generator = keras.Model(inputs, layer(inputs, training=True))
    gan = kr.RegularizedGAN(generator, judge())
    with pytest.raises(ValueError, match="`always`.*training=True"):
        gan.inference_generator()


@keras.saving.register_keras_serializable("test")
class OwnGenerator(keras.Model):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.dense = keras.layers.Dense(size)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


class Configless(keras.Model):
    def __init__(self, sizes):
        super().__init__()
        self.dense = keras.layers.Dense(sizes["samples"])

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return {}


def subclassed(generator):
    generator(latents())
    return kr.RegularizedGAN(generator, judge(), seed=0)


def test_subclassed_generator_stays_of_its_class(tmp_path):
    gan = subclassed(OwnGenerator(2))
    copy = gan.inference_generator()
    assert type(copy) is OwnGenerator and copy is not gan.generator
    copy.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(
        call(loaded, [latents()]), gan.predict(latents(), verbose=0)
    )


def test_subclassed_generator_without_a_config():
    gan = subclassed(Configless({"samples": 2}))
    with pytest.raises(ValueError, match="`get_config`.*in Configless.*export"):
        gan.inference_generator()
