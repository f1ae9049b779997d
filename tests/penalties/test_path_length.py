"""Path length: the noise is read off the context, the rest is NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

PathLength = kr.penalties.PathLength
WEIGHTS = np.random.default_rng(3).normal(size=(2, 4))
OUTPUT = np.random.default_rng(4).normal(size=(4, 3))


def linear(weights):
    return lambda z: ops.matmul(z, weights)


def curved(weights):
    output = ops.convert_to_tensor(OUTPUT.astype("float32"))
    return lambda z: ops.matmul(ops.tanh(ops.matmul(z, weights)), output)


def lengths_of_curved(noise, latents, weights):
    # G = tanh(z W) V, so J^T y = W ((1 - tanh^2) * (V y)).
    slope = (1 - np.tanh(latents @ weights) ** 2) * (noise @ OUTPUT.T)
    return np.sqrt(((slope @ weights.T) ** 2).sum(axis=1))


def average_of(penalty):
    return float(ops.convert_to_numpy(penalty.average.value))


@pytest.fixture
def step(make_context):
    def step(generator, **overrides):
        return make_context(
            generator=generator, network="generator", **overrides
        )

    return step


def test_linear_generator(step, calls_of):
    # J^T y = W y at every point.
    weights = ops.convert_to_tensor(WEIGHTS, "float32")
    context = step(linear(weights))
    noise = calls_of(context, "latent_gradient")
    penalty = PathLength(3.0, momentum=0.75, interval=1)
    value = penalty(context)
    lengths = np.sqrt(((noise[0] @ WEIGHTS.T) ** 2).sum(axis=1))
    assert noise[0].shape == (6, 4)
    np.testing.assert_allclose(
        average_of(penalty), 0.25 * lengths.mean(), rtol=1e-5
    )
    np.testing.assert_allclose(
        float(value),
        3.0 * ((lengths - 0.25 * lengths.mean()) ** 2).mean(),
        rtol=1e-5,
    )


def test_curved_generator(step, calls_of, gradient_of, slope_of, latents):
    context = step(curved(ops.convert_to_tensor(WEIGHTS, "float32")))
    noise = calls_of(context, "latent_gradient")
    PathLength(interval=1)(context)

    def reference(weights):
        lengths = lengths_of_curved(noise[0], latents, weights)
        # The gradient flows through the average, too, as in StyleGAN2.
        average = 0.7 + 0.3 * (lengths.mean() - 0.7)
        return 0.5 * ((lengths - average) ** 2).mean()

    penalty = PathLength(0.5, momentum=0.7, interval=1)
    penalty.average.assign(0.7)
    # An equally seeded context draws the same noise.
    got, gradient = gradient_of(
        lambda weights: penalty(step(curved(weights))), WEIGHTS
    )
    np.testing.assert_allclose(got, reference(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, WEIGHTS), rtol=1e-4, atol=1e-5
    )


def test_average_follows_the_lengths(step, calls_of):
    penalty = PathLength(momentum=0.8, interval=1)
    expected = 0.0
    for scale in (1.0, 3.0, 0.5):
        weights = scale * WEIGHTS
        context = step(linear(ops.convert_to_tensor(weights, "float32")))
        noise = calls_of(context, "latent_gradient")
        penalty(context)
        lengths = np.sqrt(((noise[0] @ weights.T) ** 2).sum(axis=1))
        expected = 0.8 * expected + 0.2 * lengths.mean()
        np.testing.assert_allclose(average_of(penalty), expected, rtol=1e-5)


def test_evaluation_leaves_the_average_alone(step):
    penalty = PathLength(momentum=0.5, interval=1)
    penalty.average.assign(0.7)
    weights = ops.convert_to_tensor(WEIGHTS, "float32")
    judged = float(penalty(step(linear(weights), training=False)))
    np.testing.assert_allclose(average_of(penalty), 0.7, rtol=1e-6)
    trained = float(penalty(step(linear(weights))))
    assert abs(average_of(penalty) - 0.7) > 0.01
    np.testing.assert_allclose(judged, trained, rtol=1e-5)


@pytest.mark.parametrize(
    "shape, pixels",
    [((3,), 1), ((5, 3), 5), ((4, 8, 2), 32), ((1, 1, 1), 1)],
    ids=["vectors", "sequences", "images", "one_pixel"],
)
def test_noise_is_divided_by_the_root_of_the_pixels(
    shape, pixels, step, calls_of
):
    def spread(z):
        z = ops.sum(z, axis=1)
        return ops.reshape(z, (-1, *(1 for _ in shape))) * ops.ones(shape)

    context = step(spread, latents=np.ones((4096, 2), "float32"))
    noise = calls_of(context, "latent_gradient")
    penalty = PathLength(interval=1, momentum=0.0)
    penalty(context)
    assert noise[0].shape == (4096, *shape)
    np.testing.assert_allclose(noise[0].std() * np.sqrt(pixels), 1.0, atol=0.04)
    assert abs(noise[0].mean() * np.sqrt(pixels)) < 0.05
    # J^T y is the sum of the noise, in both of the latents.
    sums = noise[0].reshape((4096, -1)).sum(axis=1)
    np.testing.assert_allclose(
        average_of(penalty), np.sqrt(2) * np.abs(sums).mean(), rtol=1e-4
    )


def test_collapsed_generator(step, gradient_of):
    # A length of zero has a finite gradient.
    penalty = PathLength(1.0, momentum=0.75, interval=1)
    penalty.average.assign(2.0)
    got, gradient = gradient_of(
        lambda weights: penalty(step(linear(weights))), np.zeros((2, 4))
    )
    np.testing.assert_allclose(got, 1.5**2, rtol=1e-5)
    assert np.isfinite(gradient).all()


def test_batch_of_one(step, gradient_of):
    # The average is the one length that there is.
    penalty = PathLength(momentum=0.0, interval=1)
    one = np.array([[0.3, -0.4]], "float32")
    got, gradient = gradient_of(
        lambda weights: penalty(step(curved(weights), latents=one)), WEIGHTS
    )
    np.testing.assert_allclose(got, 0.0, atol=1e-9)
    np.testing.assert_allclose(gradient, np.zeros((2, 4)), atol=1e-5)


def test_step_of_the_discriminator(make_context):
    context = make_context(generator=linear(ops.ones((2, 3))))
    with pytest.raises(ValueError, match="`generator_regularizers`"):
        PathLength(interval=1)(context)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_average_in_training(run_eagerly, vectors, vector_pair, tmp_path):
    penalty = PathLength(momentum=0.5, interval=2)
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.0),
        generator_regularizers=[penalty],
        run_eagerly=run_eagerly,
    )
    averages = []
    for _ in range(3):
        gan.train_on_batch(vectors)
        averages.append(average_of(penalty))
    # Every second step is left out, and evaluation is.
    assert 0 < averages[0] == averages[1] < averages[2]
    gan.evaluate(vectors, verbose=0)
    assert average_of(penalty) == averages[2]
    gan.train_on_batch(vectors)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    logs = []
    for model in (gan, loaded):
        model.reset_metrics()
        logs.append(model.train_on_batch(vectors, return_dict=True))
    np.testing.assert_allclose(
        logs[0]["g_path_length"], logs[1]["g_path_length"], rtol=1e-5
    )
    assert logs[0]["g_path_length"] != 0


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"momentum": 1.0}, ValueError, "`momentum`"),
        ({"momentum": -0.1}, ValueError, "`momentum`"),
        ({"momentum": 1.1}, ValueError, "`momentum`"),
        ({"momentum": float("nan")}, ValueError, "`momentum`"),
        ({"momentum": None}, TypeError, "`momentum`"),
        ({"factor": -1.0}, ValueError, "`factor`"),
        ({"interval": 0}, ValueError, "`interval`"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        PathLength(**arguments)


def test_overflow_does_not_stay(step):
    penalty = PathLength(interval=1, momentum=0.5)
    good = ops.convert_to_tensor(WEIGHTS, "float32")
    penalty(step(linear(good)))
    before = average_of(penalty)
    assert before > 0
    penalty(step(linear(good * np.float32(np.inf))))
    assert average_of(penalty) == before
