"""DRAGAN: the norm of the gradient around real samples."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

DRAGAN = kr.penalties.DRAGAN
WEIGHTS = np.array([0.5, -2.0, 1.0], "float32")
HIDDEN = np.random.default_rng(2).normal(size=(3, 4))
OUTPUT = 0.45 * np.random.default_rng(3).normal(size=(4,))


def linear(weights):
    column = ops.reshape(ops.convert_to_tensor(weights), (3, 1))
    return lambda x: ops.matmul(x, column)


def curved(hidden):
    output = ops.convert_to_tensor(OUTPUT.astype("float32")[:, None])
    return lambda x: ops.matmul(ops.tanh(ops.matmul(x, hidden)), output)


def norms_of_curved(points, hidden):
    # C = tanh(x H) o, so grad_x C = H ((1 - tanh^2) * o).
    slope = (1 - np.tanh(points @ hidden) ** 2) * OUTPUT
    return np.sqrt(((slope @ hidden.T) ** 2).sum(axis=1))


@pytest.mark.parametrize("target", [1.0, 0.3])
def test_linear_critic(target, make_context, gradient_of):
    value, gradient = gradient_of(
        lambda weights: DRAGAN(3.0, target=target)(
            make_context(linear(weights))
        ),
        WEIGHTS,
    )
    norm = np.sqrt((WEIGHTS.astype("float64") ** 2).sum())
    np.testing.assert_allclose(value, 3.0 * (norm - target) ** 2, rtol=1e-5)
    np.testing.assert_allclose(
        gradient, 6.0 * (norm - target) * WEIGHTS / norm, rtol=1e-5
    )


def test_curved_critic_at_the_points_that_were_drawn(
    make_context, calls_of, gradient_of, slope_of
):
    context = make_context(curved(ops.convert_to_tensor(HIDDEN, "float32")))
    points = calls_of(context, "input_gradient")
    DRAGAN(0.7)(context)

    def reference(hidden):
        return 0.7 * ((norms_of_curved(points[0], hidden) - 1) ** 2).mean()

    # An equally seeded context draws the same points.
    value, gradient = gradient_of(
        lambda hidden: DRAGAN(0.7)(make_context(curved(hidden))), HIDDEN
    )
    np.testing.assert_allclose(value, reference(HIDDEN), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, HIDDEN), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("size", [1, 6], ids=["batch_of_one", "equal"])
def test_where_nothing_deviates(size, make_context, gradient_of, slope_of):
    # Equal elements have no deviation, so the points are the samples.
    samples = np.full((size, 3), 0.4, "float32")

    def reference(hidden):
        return ((norms_of_curved(samples, hidden) - 1) ** 2).mean()

    value, gradient = gradient_of(
        lambda hidden: DRAGAN(1.0)(make_context(curved(hidden), real=samples)),
        HIDDEN,
    )
    np.testing.assert_allclose(value, reference(HIDDEN), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, HIDDEN), rtol=1e-4, atol=1e-5
    )


def test_flat_critic(make_context, gradient_of):
    value, gradient = gradient_of(
        lambda weights: DRAGAN(2.0)(make_context(linear(weights))), np.zeros(3)
    )
    np.testing.assert_allclose(value, 2.0, rtol=1e-5)
    np.testing.assert_array_equal(gradient, np.zeros(3))


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize("rank", [2, 4])
def test_points_lie_around_the_real_samples(
    scale, rank, make_context, calls_of
):
    # The elements deviate differently: it is the whole batch that counts.
    real = np.random.default_rng(0).normal(size=(4096, 2)) * [0.1, 10.0]
    real = real.astype("float32").reshape((4096, 2, 1, 1)[:rank])

    def sums(x):
        return ops.sum(x, axis=tuple(range(1, rank)))

    context = make_context(sums, real=real, fake=real + 100.0)
    points = calls_of(context, "input_gradient")
    DRAGAN(1.0, scale=scale)(context)
    moved = (points[0] - real).reshape((4096, 2)) / (scale * real.std())
    # A product of two uniform numbers, one of them shared by the sample.
    assert moved.min() >= -1e-6 and moved.max() <= 1 + 1e-6
    np.testing.assert_allclose(moved.mean(axis=0), 1 / 4, atol=0.02)
    np.testing.assert_allclose((moved**2).mean(axis=0), 1 / 9, atol=0.015)
    np.testing.assert_allclose(
        (moved[:, 0] * moved[:, 1]).mean(), 1 / 12, atol=0.01
    )


def test_generated_samples_do_not_matter(make_context):
    first, second = (
        DRAGAN(1.0)(
            make_context(
                curved(ops.convert_to_tensor(HIDDEN, "float32")),
                fake=np.full((6, 3), value, "float32"),
            )
        )
        for value in (0.0, 7.0)
    )
    assert float(first) == float(second)


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"scale": -0.1}, ValueError, "`scale`"),
        ({"scale": "0.5"}, TypeError, "`scale`"),
        ({"target": -1.0}, ValueError, "`target`"),
        ({"target": True}, TypeError, "`target`"),
        ({"factor": float("inf")}, ValueError, "`factor`"),
        ({"interval": 1.5}, TypeError, "`interval`"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        DRAGAN(**arguments)
