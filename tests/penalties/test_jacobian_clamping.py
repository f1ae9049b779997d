"""Jacobian clamping: generators that stretch every direction alike, and not."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

JacobianClamping = kr.penalties.JacobianClamping
# Rows of length one, at right angles: z U is as long as z.
ROTATION = np.array([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]], "float32")
WEIGHTS = np.random.default_rng(3).normal(size=(2, 4))
OUTPUT = np.random.default_rng(4).normal(size=(4, 3))


def stretched(scale):
    return lambda z: scale * ops.matmul(z, ops.convert_to_tensor(ROTATION))


def stretched_image(scale):
    return lambda z: ops.reshape(stretched(scale)(z), (-1, 1, 3, 1))


def curved(weights):
    output = ops.convert_to_tensor(OUTPUT.astype("float32"))
    return lambda z: ops.matmul(ops.tanh(ops.matmul(z, weights)), output)


def norm(rows):
    return np.sqrt((rows**2).sum(axis=1))


@pytest.fixture
def step(make_context):
    def step(generator, **overrides):
        return make_context(
            generator=generator, network="generator", **overrides
        )

    return step


@pytest.mark.parametrize(
    "generator", [stretched, stretched_image], ids=["vectors", "images"]
)
@pytest.mark.parametrize("step_size", [1.0, 0.1, 3.0])
@pytest.mark.parametrize(
    "scale, value, slope",
    [
        (0.25, 0.75**2, -2 * 0.75),
        (1.5, 0.0, 0.0),
        (7.0, 3.0**2, 2 * 3.0),
    ],
    ids=["below", "between", "above"],
)
def test_generator_that_stretches_all_directions_alike(
    generator, step_size, scale, value, slope, step, gradient_of
):
    # ||G(z) - G(z')|| / ||z - z'|| is the scale, whatever is drawn.
    penalty = JacobianClamping(
        2.0, minimum=1.0, maximum=4.0, step_size=step_size
    )
    got, gradient = gradient_of(
        lambda scale: penalty(step(generator(scale))), scale
    )
    np.testing.assert_allclose(got, 2.0 * value, rtol=1e-5)
    np.testing.assert_allclose(gradient, 2.0 * slope, rtol=1e-5)


def test_curved_generator(step, calls_of, gradient_of, slope_of, latents):
    penalty = JacobianClamping(0.7, minimum=1.8, maximum=2.2, step_size=0.5)
    context = step(curved(ops.convert_to_tensor(WEIGHTS, "float32")))
    neighbours = calls_of(context, "generate")
    penalty(context)

    def ratios(weights):
        made, other = (
            np.tanh(z @ weights) @ OUTPUT
            for z in (latents.astype("float64"), neighbours[0])
        )
        return norm(made - other) / norm(latents - neighbours[0])

    def reference(weights):
        q = ratios(weights)
        above, below = np.maximum(q, 2.2) - 2.2, np.minimum(q, 1.8) - 1.8
        return 0.7 * (above**2 + below**2).mean()

    assert ratios(WEIGHTS).min() < 1.8 and ratios(WEIGHTS).max() > 2.2
    # An equally seeded context draws the same directions.
    value, gradient = gradient_of(
        lambda weights: penalty(step(curved(weights))), WEIGHTS
    )
    np.testing.assert_allclose(value, reference(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, WEIGHTS), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("step_size", [1.0, 0.1])
def test_neighbours_are_one_step_away(step_size, step, calls_of):
    latents = np.random.default_rng(0).normal(size=(4096, 2)).astype("float32")
    context = step(stretched(1.0), latents=latents)
    neighbours = calls_of(context, "generate")
    JacobianClamping(step_size=step_size)(context)
    steps = neighbours[0] - latents
    np.testing.assert_allclose(norm(steps), step_size, rtol=1e-4)
    # In all directions, each sample in its own.
    assert np.abs(steps.mean(axis=0)).max() < 0.05 * step_size
    np.testing.assert_allclose(
        (steps**2).mean(axis=0), step_size**2 / 2, rtol=0.06
    )


@pytest.mark.parametrize("size", [1, 6], ids=["batch_of_one", "batch"])
def test_collapsed_generator(size, step, gradient_of):
    latents = np.ones((size, 2), "float32")
    value, gradient = gradient_of(
        lambda weights: JacobianClamping(1.0)(
            step(lambda z: ops.matmul(z, weights), latents=latents)
        ),
        np.zeros((2, 3)),
    )
    np.testing.assert_allclose(value, 1.0, rtol=1e-5)
    assert np.isfinite(gradient).all()


def test_one_more_pass_through_the_generator(step):
    passes = []

    def generator(z):
        passes.append(1)
        return stretched(1.0)(z)

    context = step(generator)
    before = len(passes)
    JacobianClamping()(context)
    assert len(passes) - before == 1


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"minimum": -1.0}, ValueError, "`minimum`"),
        ({"minimum": "1"}, TypeError, "`minimum`"),
        ({"maximum": 0.5}, ValueError, "`maximum`.*`minimum`"),
        ({"maximum": float("inf")}, ValueError, "`maximum`"),
        ({"maximum": None}, TypeError, "`maximum`"),
        ({"step_size": 0.0}, ValueError, "`step_size`"),
        ({"step_size": True}, TypeError, "`step_size`"),
        ({"factor": -1.0}, ValueError, "`factor`"),
        ({"interval": 0}, ValueError, "`interval`"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        JacobianClamping(**arguments)
