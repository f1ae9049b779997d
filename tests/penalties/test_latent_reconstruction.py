"""Latents read off samples: against NumPy, and in training."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan._game.state import SAVED
from keras_regan._game.state import TRAINED

layers = keras.layers
LatentReconstruction = kr.penalties.LatentReconstruction
RANDOM = np.random.default_rng(3)
KERNEL = RANDOM.normal(size=(3, 5))
LATENTS = np.concatenate(
    [
        np.eye(2)[[0, 1, 1, 0, 1, 0]],
        np.eye(2)[[1, 1, 0, 0, 0, 1]],
        RANDOM.normal(size=(6, 1)),
    ],
    axis=1,
).astype("float32")


def outputs(kernel):
    return lambda x: {"logits": x[:, :1], "latents": ops.matmul(x, kernel)}


def entropy(one_hot, logits):
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return -np.mean(np.log(shares[one_hot.astype(bool)]))


def square(latents, read):
    return np.square(latents - read).mean()


FORMULAS = {
    None: square,
    2: lambda z, e: entropy(z[:, :2], e[:, :2]) + square(z[:, 2:], e[:, 2:]),
    (2, 2): lambda z, e: (
        entropy(z[:, :2], e[:, :2])
        + entropy(z[:, 2:4], e[:, 2:4])
        + square(z[:, 4:], e[:, 4:])
    ),
}


@pytest.mark.parametrize("categories", list(FORMULAS), ids=str)
@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_value_and_gradient_at_what_reads(
    network, categories, make_context, fake, gradient_of, slope_of
):
    def expected(kernel):
        read = fake.astype("float64") @ kernel
        return 0.4 * FORMULAS[categories](LATENTS.astype("float64"), read)

    value, gradient = gradient_of(
        lambda kernel: LatentReconstruction(0.4, categories=categories)(
            make_context(outputs(kernel), latents=LATENTS, network=network)
        ),
        KERNEL,
    )
    np.testing.assert_allclose(value, expected(KERNEL), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, KERNEL), rtol=1e-5, atol=1e-6
    )


def test_categories_alone(make_context, fake):
    value = LatentReconstruction(categories=[2, 2])(
        make_context(outputs(KERNEL[:, :4]), latents=LATENTS[:, :4])
    )
    read = fake.astype("float64") @ KERNEL[:, :4]
    expected = entropy(LATENTS[:, :2], read[:, :2])
    expected += entropy(LATENTS[:, 2:4], read[:, 2:])
    np.testing.assert_allclose(ops.convert_to_numpy(value), expected, rtol=1e-5)


def test_gradient_at_samples_through_an_encoder(
    make_context, fake, gradient_of, slope_of
):
    encoder = keras.Sequential(
        [keras.Input((3,)), layers.Dense(5, use_bias=False)]
    )
    encoder.set_weights([KERNEL])
    value, gradient = gradient_of(
        lambda samples: LatentReconstruction(encoder=encoder)(
            make_context(fake=samples, latents=LATENTS, network="generator")
        ),
        fake,
    )

    def expected(samples):
        return square(LATENTS.astype("float64"), samples @ KERNEL)

    np.testing.assert_allclose(value, expected(fake), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, fake), rtol=1e-5, atol=1e-6
    )


def small_encoder(size=3, **arguments):
    return keras.Sequential(
        [keras.Input((2,)), layers.Dense(size)], **arguments
    )


def frozen_encoder():
    encoder = small_encoder()
    encoder.trainable = False
    return encoder


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"encoder": "encoder"}, TypeError, "a `keras.Model`"),
        (
            {"encoder": keras.Sequential([layers.Dense(2)])},
            ValueError,
            "give it an `Input`",
        ),
        ({"encoder": frozen_encoder()}, ValueError, "trainable weights"),
        ({"categories": 0}, ValueError, "`categories`"),
        ({"categories": 1.5}, TypeError, "`categories`"),
        ({"categories": (2, "3")}, TypeError, "`categories`"),
    ],
    ids=["string", "unbuilt", "frozen", "zero", "float", "tuple"],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        LatentReconstruction(**arguments)


@pytest.mark.parametrize(
    "discriminator, arguments, text",
    [
        (lambda x: x[:, :1], {}, "`encoder=...`. Received: .'logits'"),
        (outputs(KERNEL[:, :4]), {}, r"the shape of the latents, \(6, 5\)"),
        (
            lambda x: {
                "logits": x[:, :1],
                "latents": outputs(KERNEL)(x[:3])["latents"],
            },
            {},
            "the shape of the latents",
        ),
        (outputs(KERNEL), {"categories": (2, 4)}, "6 in all"),
    ],
    ids=["nothing", "size", "rows", "categories"],
)
def test_bad_first_step(discriminator, arguments, text, make_context):
    context = make_context(discriminator, latents=LATENTS)
    with pytest.raises(ValueError, match=text):
        LatentReconstruction(**arguments)(context)


def reading_pair():
    """Networks of which the discriminator says what the latents were."""
    generator, _ = kr.networks.mlp(
        (2,), latent_dim=8, hidden=(32, 32), output_activation=None
    )
    inputs = keras.Input((2,))
    x = layers.LeakyReLU(0.2)(layers.Dense(64)(inputs))
    x = layers.LeakyReLU(0.2)(layers.Dense(64)(x))
    outputs = {"logits": layers.Dense(1)(x), "latents": layers.Dense(8)(x)}
    return generator, keras.Model(inputs, outputs)


@keras.saving.register_keras_serializable("latent_reconstruction")
class TwoKinds(kr.RegularizedGAN):
    """Its latents begin with one of two categories."""

    def sample_latents(self, batch_size, seed):
        latents = keras.random.normal((batch_size, self.latent_dim), seed=seed)
        kinds = ops.cast(latents[:, :1] > 0, "float32")
        return ops.concatenate([kinds, 1.0 - kinds, latents[:, 2:]], axis=1)


@pytest.mark.thorough
def test_category_decides_which_mode():
    """As InfoGAN: nobody says what the category stands for.

    Without the entries it stands for nothing in three of four trainings.
    """
    keras.utils.set_random_seed(0)
    gan = TwoKinds(*reading_pair(), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        generator_regularizers=[LatentReconstruction(categories=2)],
        discriminator_regularizers=[
            LatentReconstruction(categories=2),
            kr.penalties.R1(0.1),
        ],
    )
    modes = kr.datasets.GaussianMixture([[-1.0, 0.0], [1.0, 0.0]], 0.1)
    samples = modes.sample(4096, seed=0)
    gan.fit(samples, batch_size=64, epochs=5, verbose=0)
    latents = ops.convert_to_numpy(gan.sample_latents(512, seed=1))
    made = gan.predict(latents, verbose=0)
    right = (made[:, 0] > 0) == (latents[:, 0] > 0.5)
    assert max(right.mean(), 1 - right.mean()) > 0.9
    assert (np.abs(np.abs(made[:, 0]) - 1.0) < 0.5).mean() > 0.9


def encoded(interval=1, optimizer=None, seed=7, factor=1.0):
    """A GAN whose encoder has statistics and random numbers of its own."""
    keras.utils.set_random_seed(0)
    networks = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), output_activation=None
    )
    encoder = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(8),
            layers.BatchNormalization(momentum=0.5),
            layers.Dropout(0.2, seed=seed),
            layers.Dense(3),
        ]
    )
    gan = kr.RegularizedGAN(*networks, ema_momentum=0.9, seed=0)
    gan.compile(
        optimizer or keras.optimizers.Adam(0.03),
        keras.optimizers.Adam(0.01),
        generator_regularizers=[
            LatentReconstruction(factor, encoder=encoder, interval=interval)
        ],
    )
    return gan, encoder


def arrays(variables):
    return [ops.convert_to_numpy(v.value).copy() for v in variables]


def moved(before, variables):
    return [
        not np.array_equal(old, new)
        for old, new in zip(before, arrays(variables), strict=True)
    ]


def test_encoder_learns_with_the_generator(vectors):
    gan, encoder = encoded()
    before = arrays(encoder.variables)
    latents = gan.sample_latents(256, seed=5)

    def error():
        read = encoder(gan.generator(latents), training=False)
        return float(ops.mean(ops.square(read - latents)))

    first = error()
    gan.fit(vectors, batch_size=64, epochs=30, verbose=0)
    assert all(moved(before, encoder.variables))
    # Two numbers say what two of three were.
    assert error() < 0.7 * first
    before = arrays([*encoder.variables, *gan.trained_variables])
    share = gan.gradient_share("g_latent_reconstruction", vectors)
    assert 0 < share < 1
    logs = gan.evaluate(vectors, verbose=0, return_dict=True)
    assert logs["g_latent_reconstruction"] > 0
    after = [*encoder.variables, *gan.trained_variables]
    wrong = [
        v.path
        for v, changed in zip(after, moved(before, after), strict=True)
        if changed and "seed" not in v.path
    ]
    assert wrong == []


def everything(gan):
    state = gan._state
    named = {
        **{f"{i}": v for i, v in enumerate(gan.variables)},
        **state.named(SAVED),
    }
    for index, variable in enumerate(gan.optimizer.variables):
        named[f"optimizer.{index}"] = variable
    return {k: ops.convert_to_numpy(v.value).copy() for k, v in named.items()}


@pytest.mark.parametrize("interval", [1, 2])
def test_saved_loaded_and_gone_on(interval, vectors, tmp_path):
    settings = {"batch_size": 16, "shuffle": False, "verbose": 0}
    whole, _ = encoded(interval)
    whole.fit(vectors, epochs=4, **settings)
    half, encoder = encoded(interval)
    half.fit(vectors, epochs=2, **settings)
    half.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    (entry,) = loaded._game.generator.entries
    for old, new in zip(
        encoder.get_weights(), entry.encoder.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, new)
    loaded.fit(vectors, epochs=4, resume=True, **settings)
    expected, found = everything(whole), everything(loaded)
    assert list(expected) == list(found)
    assert any(key.startswith("along.generator.") for key in expected)
    tolerance = 1e-6 if keras.backend.backend() == "torch" else 0.0
    for key, value in expected.items():
        np.testing.assert_allclose(
            found[key].astype("float64"),
            value.astype("float64"),
            rtol=0,
            atol=tolerance,
            err_msg=key,
        )


def test_weights_file(vectors, tmp_path):
    gan, encoder = encoded()
    gan.train_on_batch(vectors)
    gan.save_weights(tmp_path / "gan.weights.h5")
    other, fresh = encoded()
    other.load_weights(tmp_path / "gan.weights.h5")
    for old, new in zip(
        encoder.get_weights(), fresh.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_a_step_that_overflows_leaves_the_encoder(vectors):
    gan, encoder = encoded(
        optimizer=keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(0.01), initial_scale=3e38
        )
    )
    before = arrays(encoder.weights)
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["g_skipped_steps"] == 1
    assert not any(moved(before, encoder.weights))


def test_what_a_step_moves_of_an_encoder_is_registered(vectors):
    gan, encoder = encoded()
    trained = {id(v) for v in gan.trained_variables}
    assert {id(v) for v in encoder.variables} <= trained
    of_keras = {id(v) for v in gan.variables}
    assert not {id(v) for v in encoder.variables} & of_keras
    kept = [id(v) for v in gan._state.variables(TRAINED)]
    assert len(kept) == len(set(kept))


def test_wrapped(vectors):
    gan, encoder = encoded()
    (entry,) = gan._game.generator.entries
    gan.compile(
        generator_regularizers=[kr.penalties.Scheduled(entry, interval=2)]
    )
    before = arrays(encoder.trainable_variables)
    gan.train_on_batch(vectors)
    assert all(moved(before, encoder.trainable_variables))


def test_encoder_goes_on_by_its_momentum_in_steps_without(vectors):
    """As on every backend, whether or not its gradient exists."""
    gan, encoder = encoded(interval=2)
    gan.train_on_batch(vectors)
    before = arrays(encoder.trainable_variables)
    gan.reset_metrics()
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["g_latent_reconstruction"] == 0
    assert all(moved(before, encoder.trainable_variables))


def test_an_entry_that_is_off_trains_nothing(vectors):
    gan, encoder = encoded(factor=0.0)
    before = arrays(encoder.variables)
    logs = gan.train_on_batch(vectors, return_dict=True)
    assert logs["g_latent_reconstruction"] == 0
    assert not any(moved(before, encoder.variables))


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_encoder_that_is_part_of_a_network(role, vector_pair):
    generator, discriminator = vector_pair()
    network = {"generator": generator, "discriminator": discriminator}[role]
    held = next(layer for layer in network.layers if layer.weights)
    inputs = keras.Input(held.input.shape[1:])
    encoder = keras.Model(inputs, layers.Dense(3)(held(inputs)))
    gan = kr.RegularizedGAN(generator, discriminator)
    with pytest.raises(ValueError, match="weights of its own"):
        gan.compile(
            generator_regularizers=[LatentReconstruction(encoder=encoder)]
        )


def test_encoder_in_the_wrong_list(vector_pair):
    gan = kr.RegularizedGAN(*vector_pair())
    entry = LatentReconstruction(encoder=small_encoder())
    with pytest.raises(ValueError, match="generator_regularizers"):
        gan.compile(discriminator_regularizers=[entry])
