"""Reconstruction against means of NumPy, and in a conditional GAN."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan._game.state import SAVED

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 3, 2)).astype("float32")
REAL = RANDOM.normal(size=(5, 3, 2)).astype("float32")
KERNELS = [RANDOM.normal(size=(6, 4)), RANDOM.normal(size=(6, 3))]
Reconstruction = kr.regularizers.Reconstruction
OnFeatures = kr.penalties.OnFeatures
LABELS = np.arange(64, dtype="int32") % 2


@keras.saving.register_keras_serializable("reconstruction")
def largest(samples, real):
    return ops.max(ops.abs(samples - real), axis=(1, 2))


NUMPY = {
    "l1": lambda d: np.abs(d).mean(),
    "l2": lambda d: np.mean(np.sqrt(np.square(d).mean(axis=1))),
    "squared": lambda d: np.square(d).mean(),
    largest: lambda d: np.abs(d).max(axis=1).mean(),
}


def rows(samples):
    return np.float64(samples).reshape(len(samples), -1)


@pytest.mark.parametrize(
    "distance", list(NUMPY), ids=["l1", "l2", "squared", "callable"]
)
def test_value_and_gradient(distance, assert_gradient):
    regularizer = Reconstruction(0.7, distance=distance)

    def reference(samples):
        return 0.7 * NUMPY[distance](rows(samples) - rows(REAL))

    np.testing.assert_allclose(
        float(regularizer(SAMPLES, REAL)), reference(SAMPLES), rtol=1e-5
    )
    assert_gradient(regularizer, (SAMPLES, REAL), reference)


@pytest.mark.parametrize("distance", ["l1", "l2", "squared"])
def test_equal_samples_stay(distance, gradient):
    regularizer = Reconstruction(distance=distance)
    assert float(regularizer(REAL, REAL)) <= 1.1e-6
    np.testing.assert_array_equal(gradient(regularizer, REAL, REAL), 0.0)


@pytest.mark.parametrize("repeated", [False, True])
def test_nearest_of_several(repeated, assert_gradient):
    regularizer = Reconstruction(0.7, distance="squared", nearest_of=3)
    samples = RANDOM.normal(size=(6, 3, 2)).astype("float32")
    real = REAL[[0, 1] * 3] if repeated else REAL[:2]

    def distances(samples):
        # Rows 0, 2 and 4 have the first condition, the others the second.
        of_all = np.square(rows(samples) - rows(REAL[[0, 1] * 3])).mean(axis=1)
        return of_all.reshape(3, 2)

    def reference(samples):
        return 0.7 * distances(samples).min(axis=0).mean()

    def call(samples, real):
        return regularizer(samples, real, conditions=2)

    np.testing.assert_allclose(
        float(call(samples, real)), reference(samples), rtol=1e-5
    )
    assert_gradient(call, (samples, real), reference)
    if not repeated:
        assert float(regularizer(samples, real)) == float(call(samples, real))


def test_nearest_of_all_outputs_together():
    regularizer = Reconstruction(features=network_of(*KERNELS), nearest_of=2)
    samples = np.stack([SAMPLES[0], SAMPLES[1]])
    distances = [
        np.abs((rows(samples) - rows(REAL[:1])) @ kernel).mean(axis=1)
        for kernel in KERNELS
    ]
    np.testing.assert_allclose(
        ops.convert_to_numpy(regularizer(samples, REAL[:1])),
        np.mean(distances, axis=0).min(),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    "compiled",
    [{}, {"samples_per_condition": 2}, {"samples_per_condition": 3}],
    ids=["second_pass", "each_twice", "each_three_times"],
)
@pytest.mark.parametrize(
    "wrap", [lambda entry: entry, OnFeatures], ids=["samples", "features"]
)
def test_nearest_has_the_target_of_its_condition(wrap, compiled):
    # Each sample is its condition, and so is the real one.
    latents, condition = keras.Input((2,)), keras.Input((2,))
    nothing = keras.layers.Dense(2, kernel_initializer="zeros")(latents)
    generator = keras.Model(
        [latents, condition], keras.layers.Add()([condition, nothing])
    )
    samples = keras.Input((2,))
    features = keras.layers.Dense(3)(samples)
    beside = keras.layers.Concatenate()([features, condition])
    logits = keras.layers.Dense(1)(beside)
    discriminator = keras.Model(
        [samples, condition], {"logits": logits, "features": features}
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(
        generator_regularizers=[wrap(Reconstruction(nearest_of=2, name="a"))],
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        **compiled,
    )
    points = RANDOM.normal(size=(7, 2)).astype("float32")
    logs = gan.evaluate(points, points, verbose=0, return_dict=True)
    (added,) = (v for k, v in logs.items() if k.startswith("g_a"))
    assert added == 0.0
    logs = gan.evaluate(points, points[::-1], verbose=0, return_dict=True)
    (added,) = (v for k, v in logs.items() if k.startswith("g_a"))
    assert added > 0.1


def network_of(*kernels, shape=(3, 2)):
    inputs = keras.Input(shape)
    flat = keras.layers.Flatten()(inputs)
    outputs = [
        keras.layers.Dense(k.shape[1], use_bias=False)(flat) for k in kernels
    ]
    network = keras.Model(inputs, outputs, name="looking")
    network.set_weights(kernels)
    return network


def test_mean_over_the_outputs_of_a_network(assert_gradient, gradient):
    regularizer = Reconstruction(
        0.7, distance="squared", features=network_of(*KERNELS)
    )

    def reference(samples):
        difference = rows(samples) - rows(REAL)
        values = [np.square(difference @ kernel).mean() for kernel in KERNELS]
        return 0.7 * np.mean(values)

    value = ops.convert_to_numpy(regularizer(SAMPLES, REAL))
    np.testing.assert_allclose(value, reference(SAMPLES), rtol=1e-5)
    assert_gradient(regularizer, (SAMPLES, REAL), reference)
    np.testing.assert_array_equal(
        gradient(regularizer, SAMPLES, REAL, at=1), 0.0
    )


def test_gradients_reach_images_through_their_preparation(gradient):
    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(2, 3, kernel_initializer="ones"),
        ]
    )
    regularizer = Reconstruction(
        features=kr.metrics.FeatureExtractor(
            network,
            image_size=8,
            preprocessing=keras.layers.Rescaling(1 / 127.5, -1.0),
        )
    )
    # One is beyond what an image can show.
    samples = np.linspace(-1.2, 0.9, 32, dtype="float32").reshape(2, 4, 4, 1)
    slopes = gradient(regularizer, samples, np.ones_like(samples))
    assert (slopes < 0).all()


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"distance": "cosine"}, ValueError, "'squared' or a callable"),
        ({"distance": None}, ValueError, "`distance`"),
        ({"features": "vgg"}, TypeError, "`features`"),
        ({"nearest_of": 0}, ValueError, "`nearest_of`"),
        ({"nearest_of": 2.0}, TypeError, "`nearest_of`"),
    ],
    ids=["distance", "none", "features", "nearest_of_zero", "nearest_of_float"],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        Reconstruction(1.0, **arguments)


@pytest.mark.parametrize(
    "real", [REAL[:1], REAL[:, :1], REAL[..., 0]], ids=["rows", "size", "rank"]
)
def test_partners_of_another_shape(real):
    with pytest.raises(ValueError, match="real one in the same row"):
        Reconstruction()(SAMPLES, real)


@pytest.mark.parametrize("real", [REAL[:2, :1], REAL[:4]], ids=["size", "rows"])
def test_targets_that_do_not_fit(real):
    with pytest.raises(ValueError, match="Received: shape"):
        Reconstruction(nearest_of=2)(SAMPLES, real)


def test_callable_that_returns_no_distances():
    regularizer = Reconstruction(distance=lambda x, y: x - y)
    with pytest.raises(ValueError, match="one distance per sample"):
        regularizer(SAMPLES, REAL)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda entry: entry,
        kr.penalties.Scheduled,
        kr.penalties.AcrossReplicas,
        OnFeatures,
    ],
    ids=["plain", "scheduled", "across_replicas", "on_features"],
)
def test_networks_without_conditions(wrap, vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(discriminator_features=True))
    gan.compile(
        generator_regularizers=[wrap(Reconstruction())], run_eagerly=True
    )
    before = gan.generator.get_weights()
    with pytest.raises(ValueError, match="Expected conditional networks"):
        gan.train_on_batch(vectors)
    for old, new in zip(before, gan.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def conditional(vector_pair, *entries, **arguments):
    keras.utils.set_random_seed(0)
    pair = vector_pair(num_classes=2, discriminator_features=True)
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(0.03),
        generator_regularizers=list(entries),
        **arguments,
    )
    return gan


def classes():
    """Two points of the plane, one for each label."""
    points = np.array([[1.0, -0.5], [-1.0, 0.5]], "float32")
    return points[LABELS]


def perceptual(factor=5.0):
    kernel = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]], "float32")
    features = network_of(kernel, shape=(2,))
    return Reconstruction(factor, features=features, name="perceptual")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A GAN with each kind, after a training, and its file."""

    def pair(**arguments):
        return kr.networks.mlp(
            (2,),
            latent_dim=3,
            hidden=(8,),
            output_activation=None,
            **arguments,
        )

    regularizer = perceptual()
    gan = conditional(
        pair,
        Reconstruction(5.0),
        regularizer,
        OnFeatures(Reconstruction(0.1)),
        metrics=[kr.metrics.FeatureDiversity(regularizer.features)],
    )
    looking = regularizer.features.source.get_weights()
    history = gan.fit(
        classes(), LABELS, batch_size=64, epochs=40, verbose=0
    ).history
    path = tmp_path_factory.mktemp("reconstruction") / "gan.keras"
    gan.save(path)
    return gan, regularizer, looking, history, path


def test_samples_come_to_their_real_partners(trained):
    gan, _, _, history, _ = trained
    for name in ("g_reconstruction", "g_perceptual"):
        assert history[name][-1] < 0.2 * history[name][0], name
    assert min(history["g_reconstruction_on_features"]) > 0
    distances = np.abs(gan.generate(conditions=LABELS, seed=0) - classes())
    assert distances.mean() < 0.3


def test_feature_network_is_not_trained(trained):
    gan, regularizer, looking, _, _ = trained
    network = regularizer.features.source
    np.testing.assert_array_equal(network.get_weights()[0], looking[0])
    inside = {id(v) for v in gan.trained_variables}
    assert not inside & {id(v) for v in network.variables}


def test_feature_network_is_part_of_the_compiled_step(trained):
    gan, regularizer, looking, _, _ = trained
    network = regularizer.features.source

    def added():
        logs = gan.evaluate(classes(), LABELS, verbose=0, return_dict=True)
        return logs["g_perceptual"]

    before = added()
    network.set_weights([2.0 * weights for weights in looking])
    np.testing.assert_allclose(added(), 2.0 * before, rtol=1e-4)
    network.set_weights(looking)


def test_saved_with_its_network(trained):
    gan, _, looking, _, path = trained
    loaded = keras.models.load_model(path)
    (metric,) = loaded._game.metrics
    _, regularizer, _ = loaded._game.generator.entries
    assert regularizer.features is metric.features
    network = regularizer.features.source
    np.testing.assert_array_equal(network.get_weights()[0], looking[0])
    logs = [
        model.evaluate(classes(), LABELS, verbose=0, return_dict=True)
        for model in (gan, loaded)
    ]
    for name, value in logs[0].items():
        np.testing.assert_allclose(logs[1][name], value, rtol=1e-5), name


def test_network_of_a_path_is_not_saved(vector_pair, tmp_path):
    path = tmp_path / "looking.keras"
    perceptual().features.source.save(path)
    features = kr.metrics.FeatureExtractor(path, value_range=None)
    gan = conditional(vector_pair, Reconstruction(features=features))
    logs = gan.train_on_batch(classes(), LABELS, return_dict=True)
    assert logs["g_reconstruction"] > 0
    names = [name for name in gan._state.named(SAVED) if "features" in name]
    assert names == []
