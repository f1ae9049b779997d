"""Penalties between real and generated samples, whatever points are drawn.

Either the critic has the same gradient everywhere, or real and generated
samples are the same, or the drawn points are read off the context.
"""

import numpy as np
import pytest
from keras import ops
from keras import random

import keras_regan as kr

Wasserstein = kr.penalties.WassersteinGradientPenalty
WEIGHTS = np.array([0.5, -2.0, 1.0], "float32")
HIDDEN = np.random.default_rng(2).normal(size=(3, 4))
OUTPUT = 0.45 * np.random.default_rng(3).normal(size=(4,))

# The penalty, what it makes of the norms of the gradients, and the slope of
# that when all norms are the same.
PENALTIES = {
    "wasserstein": (
        Wasserstein,
        lambda norms: ((norms - 1) ** 2).mean(),
        lambda norm: 2 * (norm - 1),
    ),
    "target": (
        lambda factor: Wasserstein(factor, target=1.1),
        lambda norms: ((norms - 1.1) ** 2).mean(),
        lambda norm: 2 * (norm - 1.1),
    ),
    "one_sided": (
        lambda factor: Wasserstein(factor, target=1.1, one_sided=True),
        lambda norms: (np.maximum(norms - 1.1, 0) ** 2).mean(),
        lambda norm: 2 * max(norm - 1.1, 0),
    ),
    "zero_centered": (
        kr.penalties.ZeroCenteredInterpolation,
        lambda norms: (norms**2).mean(),
        lambda norm: 2 * norm,
    ),
    "max": (
        kr.penalties.MaxGradientPenalty,
        lambda norms: (norms**2).max(),
        lambda norm: 2 * norm,
    ),
}
every = pytest.mark.parametrize(
    "penalty, of_norms, slope", PENALTIES.values(), ids=list(PENALTIES)
)


def linear(weights):
    column = ops.reshape(ops.convert_to_tensor(weights), (3, 1))
    return lambda x: ops.matmul(x, column)


def patches(weights):
    return lambda x: ops.tile(
        ops.reshape(linear(weights)(x), (-1, 1, 1, 1)), (1, 2, 3, 1)
    )


def vector(weights):
    return lambda x: linear(weights)(x)[:, 0]


def curved(hidden):
    output = ops.convert_to_tensor(OUTPUT.astype("float32")[:, None])
    return lambda x: ops.matmul(ops.tanh(ops.matmul(x, hidden)), output)


def norms_of_curved(points, hidden):
    # C = tanh(x H) o, so grad_x C = H ((1 - tanh^2) * o).
    slope = (1 - np.tanh(points @ hidden) ** 2) * OUTPUT
    return np.sqrt(((slope @ hidden.T) ** 2).sum(axis=1))


@every
@pytest.mark.parametrize(
    "critic", [linear, vector, patches], ids=["column", "vector", "patches"]
)
def test_linear_critic(
    penalty, of_norms, slope, critic, make_context, gradient_of
):
    # The gradient of w.x is w everywhere; the norm grows along w / ||w||.
    value, gradient = gradient_of(
        lambda weights: penalty(3.0)(make_context(critic(weights))), WEIGHTS
    )
    norm = np.sqrt((WEIGHTS.astype("float64") ** 2).sum())
    np.testing.assert_allclose(
        value, 3.0 * of_norms(np.array([norm])), rtol=1e-5
    )
    np.testing.assert_allclose(
        gradient, 3.0 * slope(norm) * WEIGHTS / norm, rtol=1e-5
    )


@every
def test_curved_critic_at_the_points_that_were_drawn(
    penalty, of_norms, slope, make_context, calls_of, gradient_of, slope_of
):
    context = make_context(curved(ops.convert_to_tensor(HIDDEN, "float32")))
    points = calls_of(context, "input_gradient")
    penalty(0.7)(context)
    (points,) = points
    norms = norms_of_curved(points, HIDDEN)
    assert norms.min() < 1.1 < norms.max()

    def reference(hidden):
        return 0.7 * of_norms(norms_of_curved(points, hidden))

    # An equally seeded context draws the same points.
    value, gradient = gradient_of(
        lambda hidden: penalty(0.7)(make_context(curved(hidden))), HIDDEN
    )
    np.testing.assert_allclose(value, reference(HIDDEN), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, HIDDEN), rtol=1e-4, atol=1e-5
    )


@every
def test_equal_samples(
    penalty, of_norms, slope, make_context, gradient_of, slope_of, real
):
    # Between a sample and itself there is only the sample.
    def reference(hidden):
        return of_norms(norms_of_curved(real, hidden))

    value, gradient = gradient_of(
        lambda hidden: penalty(1.0)(make_context(curved(hidden), fake=real)),
        HIDDEN,
    )
    np.testing.assert_allclose(value, reference(HIDDEN), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, HIDDEN), rtol=1e-4, atol=1e-5
    )


@every
def test_batch_of_one(
    penalty, of_norms, slope, make_context, gradient_of, real
):
    value, gradient = gradient_of(
        lambda hidden: penalty(1.0)(
            make_context(curved(hidden), real=real[:1], fake=real[:1])
        ),
        HIDDEN,
    )
    np.testing.assert_allclose(
        value, of_norms(norms_of_curved(real[:1], HIDDEN)), rtol=1e-5
    )
    assert np.isfinite(gradient).all()


@every
def test_flat_critic(penalty, of_norms, slope, make_context, gradient_of):
    value, gradient = gradient_of(
        lambda weights: penalty(2.0)(make_context(linear(weights))),
        np.zeros(3),
    )
    np.testing.assert_allclose(value, 2.0 * of_norms(np.zeros(1)), rtol=1e-5)
    np.testing.assert_array_equal(gradient, np.zeros(3))


@every
@pytest.mark.parametrize(
    "shape", [(2048, 2), (2048, 2, 3, 2)], ids=["vectors", "images"]
)
def test_points_are_uniform_between_each_pair(
    penalty, of_norms, slope, shape, make_context, calls_of
):
    def sums(x):
        return ops.sum(x, axis=tuple(range(1, len(shape))))

    pair = {"real": np.full(shape, 3.0), "fake": np.full(shape, 1.0)}
    pair = {key: value.astype("float32") for key, value in pair.items()}
    context = make_context(sums, **pair)
    points = calls_of(context, "input_gradient")
    penalty(1.0)(context)
    shares = (points[0].reshape((2048, -1)) - 1.0) / 2.0
    # One number a sample, and another one for the next.
    np.testing.assert_allclose(shares, shares[:, :1].repeat(len(shares[0]), 1))
    assert shares.min() >= 0 and shares.max() <= 1
    quantiles = np.quantile(shares[:, 0], [0.05, 0.25, 0.5, 0.75, 0.95])
    np.testing.assert_allclose(
        quantiles, [0.05, 0.25, 0.5, 0.75, 0.95], atol=0.05
    )


@every
def test_every_step_draws_other_points(
    penalty, of_norms, slope, make_context, calls_of
):
    seed = random.SeedGenerator(0)
    drawn = []
    for _ in range(2):
        context = make_context(linear(WEIGHTS), seed=seed)
        drawn.append(calls_of(context, "input_gradient"))
        penalty(1.0)(context)
    assert not np.allclose(*drawn[0], *drawn[1])


@every
def test_one_forward_pass(penalty, of_norms, slope, make_context):
    passes = []

    def critic(x):
        passes.append(1)
        return linear(WEIGHTS)(x)

    penalty(1.0)(make_context(critic))
    assert len(passes) == 1


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"target": -0.1}, ValueError, "`target`"),
        ({"target": float("nan")}, ValueError, "`target`"),
        ({"target": None}, TypeError, "`target`"),
        ({"one_sided": 1}, TypeError, "`one_sided`"),
        ({"factor": -1.0}, ValueError, "`factor`"),
        ({"interval": 0}, ValueError, "`interval`"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        Wasserstein(**arguments)
