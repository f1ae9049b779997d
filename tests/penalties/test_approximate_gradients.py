"""Differences of logits against slopes that are known."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

WEIGHTS = np.array([0.5, -2.0, 1.0], "float32")
both = pytest.mark.parametrize(
    "penalty, which",
    [
        (kr.penalties.ApproximateR1, "real"),
        (kr.penalties.ApproximateR2, "fake"),
    ],
    ids=["r1", "r2"],
)


def linear(x):
    return ops.matmul(x, ops.convert_to_tensor(WEIGHTS[:, None]))


def patches_around_linear(x):
    offsets = ops.convert_to_tensor(np.float32([[[3.0], [0.0], [-3.0]]]))
    return linear(x)[:, None, :] * (1.0 + offsets)


@both
@pytest.mark.parametrize(
    "critic",
    [linear, lambda x: linear(x)[:, 0], patches_around_linear],
    ids=["column", "vector", "patches"],
)
def test_slope_along_the_noise(
    penalty, which, critic, make_context, calls_of, request
):
    # That of w.x along e is w.e; patches that differ have one mean.
    samples = request.getfixturevalue(which)
    context = make_context(critic)
    points = calls_of(context, f"{which}_logits_at")
    value = ops.convert_to_numpy(penalty(3.0, deviation=0.5)(context))
    noise = (points[0].astype("float64") - samples) / 0.5
    np.testing.assert_allclose(
        value, 3.0 / 2 * ((noise @ WEIGHTS) ** 2).mean(), rtol=1e-5
    )


@both
def test_value_and_gradient_of_a_nonlinear_critic(
    penalty, which, make_context, calls_of, gradient_of, slope_of, request
):
    samples = request.getfixturevalue(which)
    hidden = np.random.default_rng(2).normal(size=(3, 4))
    output = np.random.default_rng(3).normal(size=(4, 1)).astype("float32")
    entry = penalty(2.0, deviation=0.3)

    def context(weights):
        return make_context(
            lambda x: ops.matmul(ops.tanh(ops.matmul(x, weights)), output)
        )

    # Contexts draw alike, and outside of a gradient numbers can be read.
    plain = context(ops.convert_to_tensor(hidden.astype("float32")))
    points = calls_of(plain, f"{which}_logits_at")
    entry(plain)

    def expected(hidden):
        before, after = (
            np.tanh(x @ hidden) @ output for x in (samples, *points)
        )
        return 2.0 / 2 * (((after - before) / 0.3) ** 2).mean()

    got, gradient = gradient_of(lambda w: entry(context(w)), hidden)
    np.testing.assert_allclose(got, expected(hidden), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, hidden), rtol=1e-4, atol=1e-5
    )


@both
def test_is_r1_and_r2_on_average(penalty, which, make_context):
    many = np.random.default_rng(0).normal(size=(20_000, 3)).astype("float32")

    def critic(x):
        return ops.sum(ops.sin(x), axis=-1, keepdims=True)

    exact = getattr(kr.penalties, penalty.__name__.removeprefix("Approximate"))
    context = make_context(critic, **{which: many})
    approximate, exact = (
        ops.convert_to_numpy(one(context))
        for one in (penalty(4.0, deviation=0.01), exact(4.0))
    )
    np.testing.assert_allclose(approximate, exact, rtol=0.05)


def drawing_discriminator():
    """All that makes two passes differ, and a linear function besides."""
    layers = keras.layers
    inputs = keras.Input((2,))
    x = kr.layers.SpectralNormalization(layers.Dense(8))(inputs)
    x = layers.Dropout(0.5)(x)
    x = layers.Dropout(0.5, seed=1)(x)
    return keras.Model(inputs, layers.Dense(1)(x))


def still(entries, **arguments):
    """Returns a GAN whose discriminator stays as it is."""
    keras.utils.set_random_seed(0)
    generator, _ = kr.networks.mlp((2,), latent_dim=3, hidden=(8,))
    gan = kr.RegularizedGAN(generator, drawing_discriminator(), seed=0)
    gan.compile(
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        discriminator_regularizers=entries,
        augmentation=kr.augmentations.InstanceNoise(1.0),
        **arguments,
    )
    return gan


def approximations(**arguments):
    return [
        kr.penalties.ApproximateR1(1.0, **arguments),
        kr.penalties.ApproximateR2(1.0, **arguments),
    ]


def logs_of(gan, vectors):
    keras.utils.set_random_seed(1)
    return gan.train_on_batch(vectors, return_dict=True)


@pytest.mark.parametrize("eager", [True, False], ids=["eager", "compiled"])
def test_same_dropout_augmentation_and_singular_values(eager, vectors):
    # A linear function is as steep over long steps as over short ones.
    far, near = (
        logs_of(
            still(approximations(deviation=deviation), run_eagerly=eager),
            vectors,
        )
        for deviation in (1.0, 0.01)
    )
    for name in ("d_approximate_r1", "d_approximate_r2"):
        assert far[name] > 0
        np.testing.assert_allclose(near[name], far[name], rtol=1e-3)


def test_leaves_no_trace_in_layers(vectors):
    # Real samples are judged before generated ones, and here once more after.
    again = kr.penalties.ApproximateR1(1.0, interval=2)
    plain, penalized = still([]), still([again])
    for gan in (plain, penalized):
        for _ in range(3):
            logs_of(gan, vectors)
    for first, second in zip(
        plain.discriminator.non_trainable_variables,
        penalized.discriminator.non_trainable_variables,
        strict=True,
    ):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(first), ops.convert_to_numpy(second)
        )


class Untold(kr.penalties.Penalty):
    """Judges other samples as the real ones, and does not say so."""

    def call(self, context):
        return ops.mean(context.real_logits_at(context.real))


def test_says_that_it_judges_again(vectors):
    with pytest.raises(ValueError, match="`repeats_passes = True`"):
        logs_of(still([Untold()]), vectors)
    wrapped = kr.penalties.Scheduled(approximations()[0], factor=2.0)
    plain, twice = (
        logs_of(still([entry]), vectors)["d_approximate_r1"]
        for entry in (approximations()[0], wrapped)
    )
    np.testing.assert_allclose(twice, 2 * plain, rtol=1e-5)


@both
@pytest.mark.parametrize(
    "deviation, error",
    [(0.0, ValueError), (-1.0, ValueError), ("a", TypeError)],
)
def test_bad_deviation(penalty, which, deviation, error):
    with pytest.raises(error, match="`deviation`"):
        penalty(deviation=deviation)
