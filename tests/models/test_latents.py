"""How latents are distributed, of any shape, or not there at all."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

layers = keras.layers


@keras.saving.register_keras_serializable("test_latents")
def signs(shape, seed):
    """Latents of one's own: 1 or -1."""
    return ops.sign(keras.random.uniform(shape, -1.0, 1.0, seed=seed))


def of_shape(shape):
    return keras.Sequential(
        [layers.Input(shape), layers.Flatten(), layers.Dense(2)]
    )


def judge(*shapes):
    inputs = [layers.Input(shape) for shape in shapes]
    flat = [layers.Flatten()(x) for x in inputs]
    joined = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    return keras.Model(
        inputs if len(inputs) > 1 else inputs[0], layers.Dense(1)(joined)
    )


def normal_moments(z):
    return [(z.mean(), 0.0), (z.std(), 1.0), (np.mean(z**4), 3.0)]


@pytest.mark.parametrize(
    "latents, facts",
    [
        ("normal", normal_moments),
        (
            "uniform",
            lambda z: [
                (z.mean(), 0.0),
                (z.min(), -1),
                (z.max(), 1),
                (z.var(), 1 / 3),
            ],
        ),
        (
            "sphere",
            lambda z: [(np.mean(z**2, axis=(1, 2)), 1.0), (z.mean(), 0.0)],
        ),
        (
            "truncated_normal",
            lambda z: [(np.abs(z).max(), 2.0), (z.mean(), 0.0)],
        ),
        (signs, lambda z: [(np.abs(z), 1.0), (z.mean(), 0.0)]),
    ],
    ids=["normal", "uniform", "sphere", "truncated", "own"],
)
def test_distribution(latents, facts, tmp_path):
    gan = kr.RegularizedGAN(
        of_shape((5, 4)), judge((2,)), latents=latents, seed=0
    )
    assert (gan.latent_shape, gan.latent_dim) == ((5, 4), None)
    drawn = ops.convert_to_numpy(gan.sample_latents(2000, seed=1))
    assert drawn.shape == (2000, 5, 4)
    for seen, expected in facts(drawn):
        np.testing.assert_allclose(seen, expected, atol=0.1)
    gan.compile()
    gan.fit(np.zeros((8, 2), "float32"), verbose=0)
    gan.save(str(tmp_path / "gan.keras"))
    loaded = keras.models.load_model(str(tmp_path / "gan.keras"))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(loaded.sample_latents(3, seed=1)),
        ops.convert_to_numpy(gan.sample_latents(3, seed=1)),
    )


@pytest.mark.parametrize("latents", ["gauss", 3, ["normal"]], ids=str)
def test_no_distribution(latents):
    with pytest.raises(ValueError, match="`latents`.*Received"):
        kr.RegularizedGAN(of_shape((3,)), judge((2,)), latents=latents)


def translator(dropout=0.0):
    """A generator that is told a condition and has no latents."""
    condition = layers.Input((3,), name="condition")
    x = layers.Dense(8, activation="relu")(condition)
    if dropout:
        x = layers.Dropout(dropout, seed=0)(x)
    return keras.Model(condition, layers.Dense(2)(x))


def test_generator_of_conditions_only(tmp_path):
    gan = kr.RegularizedGAN(
        translator(), judge((2,), (3,)), latents=None, ema_momentum=0.9, seed=0
    )
    gan.compile(discriminator_regularizers=[kr.penalties.R1(1.0)])
    random = np.random.default_rng(0)
    told = random.normal(size=(16, 3)).astype("float32")
    samples = told[:, :2]
    logs = gan.fit(samples, told, verbose=0).history
    assert np.isfinite(logs["g_loss"]).all()
    gan.evaluate(samples, told, verbose=0)
    assert gan.latent_shape is None
    generated = gan.generate(conditions=told)
    np.testing.assert_allclose(gan.predict(told, verbose=0), generated)
    gan.save(str(tmp_path / "gan.keras"))
    loaded = keras.models.load_model(str(tmp_path / "gan.keras"))
    np.testing.assert_allclose(
        loaded.generate(conditions=told), generated, rtol=1e-5
    )
    with pytest.raises(ValueError, match="takes no latents"):
        gan.sample_latents(3, seed=0)


def test_conditions_only_has_to_be_said():
    with pytest.raises(ValueError, match="`latents=None`"):
        kr.RegularizedGAN(translator(), judge((2,), (3,)))


@pytest.mark.parametrize(
    "entry",
    [
        kr.regularizers.ModeSeeking(),
        kr.penalties.PathLength(),
        kr.regularizers.PairwiseDistance(),
        kr.penalties.OnFeatures(kr.regularizers.DiversitySensitive()),
    ],
    ids=lambda entry: entry.name,
)
def test_what_needs_latents(entry):
    gan = kr.RegularizedGAN(translator(), judge((2,), (3,)), latents=None)
    with pytest.raises(ValueError, match="latents.*Received"):
        gan.compile(generator_regularizers=[entry])
        gan.fit(np.zeros((8, 2), "float32"), np.zeros((8, 3)), verbose=0)


def test_dropout_in_the_place_of_latents():
    gan = kr.RegularizedGAN(translator(0.5), judge((2,), (3,)), latents=None)
    gan.compile(
        generator_regularizers=[kr.regularizers.PairwiseDistance(1.0)],
        samples_per_condition=2,
    )
    told = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
    logs = gan.fit(told[:, :2], told, verbose=0).history
    assert logs["g_pairwise_distance"][0] < -1e-3
