"""Consistency and diversity of latent neighbours, read off the context."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

LatentConsistency = kr.penalties.LatentConsistency
LatentDiversity = kr.penalties.LatentDiversity
WEIGHTS = np.random.default_rng(3).normal(size=(2, 3))
HIDDEN = np.random.default_rng(4).normal(size=(3, 4))
OUTPUT = np.random.default_rng(5).normal(size=(4, 6))
both = pytest.mark.parametrize(
    "penalty, network",
    [(LatentConsistency, "discriminator"), (LatentDiversity, "generator")],
    ids=["consistency", "diversity"],
)


def tensor(array):
    return ops.convert_to_tensor(array.astype("float32"))


def generator(weights):
    return lambda z: ops.tanh(ops.matmul(z, weights))


def critic(hidden, patches):
    """One logit, or a map of 2 x 3 patches with different ones."""
    output = tensor(OUTPUT if patches else OUTPUT[:, :1])

    def judge(x):
        logits = ops.matmul(ops.tanh(ops.matmul(x, hidden)), output)
        return ops.reshape(logits, (-1, 2, 3, 1)) if patches else logits

    return judge


@pytest.mark.parametrize("patches", [False, True], ids=["logit", "patches"])
def test_consistency(
    patches, make_context, calls_of, gradient_of, slope_of, latents
):
    penalty = LatentConsistency(3.0, deviation=0.4)
    context = make_context(
        critic(tensor(HIDDEN), patches), generator(tensor(WEIGHTS))
    )
    neighbours = calls_of(context, "generate")
    penalty(context)

    def reference(hidden):
        output = OUTPUT if patches else OUTPUT[:, :1]
        logits, others = (
            np.tanh(np.tanh(z @ WEIGHTS) @ hidden) @ output
            for z in (latents.astype("float64"), neighbours[0])
        )
        return 3.0 * ((logits - others) ** 2).mean()

    # An equally seeded context draws the same neighbours.
    value, gradient = gradient_of(
        lambda hidden: penalty(
            make_context(critic(hidden, patches), generator(tensor(WEIGHTS)))
        ),
        HIDDEN,
    )
    np.testing.assert_allclose(value, reference(HIDDEN), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, HIDDEN), rtol=1e-4, atol=1e-5
    )


def test_consistency_does_not_train_the_generator(make_context, gradient_of):
    value, gradient = gradient_of(
        lambda weights: LatentConsistency()(
            make_context(critic(tensor(HIDDEN), False), generator(weights))
        ),
        WEIGHTS,
    )
    assert value > 0
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))


def test_diversity(make_context, calls_of, gradient_of, slope_of, latents):
    penalty = LatentDiversity(3.0, deviation=0.4)
    context = make_context(
        generator=generator(tensor(WEIGHTS)), network="generator"
    )
    neighbours = calls_of(context, "generate")
    penalty(context)

    def reference(weights):
        samples, others = (
            np.tanh(z @ weights)
            for z in (latents.astype("float64"), neighbours[0])
        )
        return -3.0 * ((samples - others) ** 2).mean()

    value, gradient = gradient_of(
        lambda weights: penalty(
            make_context(generator=generator(weights), network="generator")
        ),
        WEIGHTS,
    )
    np.testing.assert_allclose(value, reference(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(reference, WEIGHTS), rtol=1e-4, atol=1e-5
    )


@both
@pytest.mark.parametrize("deviation", [0.05, 0.5])
def test_neighbours_are_normal(
    penalty, network, deviation, make_context, calls_of
):
    latents = np.random.default_rng(0).normal(size=(4096, 2)).astype("float32")
    context = make_context(
        critic(tensor(HIDDEN), False),
        generator(tensor(WEIGHTS)),
        network=network,
        latents=latents,
    )
    neighbours = calls_of(context, "generate")
    penalty(deviation=deviation)(context)
    noise = (neighbours[0] - latents) / deviation
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=0.06)
    np.testing.assert_allclose(noise.T @ noise / 4096, np.eye(2), atol=0.08)


@both
def test_default_deviation(penalty, network):
    assert penalty().deviation == 0.05


@both
@pytest.mark.parametrize("size", [1, 6], ids=["batch_of_one", "batch"])
def test_collapsed_generator(penalty, network, size, make_context, gradient_of):
    value, gradient = gradient_of(
        lambda weights: penalty()(
            make_context(
                critic(tensor(HIDDEN), False),
                generator(weights),
                network=network,
                latents=np.ones((size, 2), "float32"),
            )
        ),
        np.zeros((2, 3)),
    )
    assert value == 0
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))


@pytest.mark.parametrize("number", [1, 6], ids=["batch_of_one", "batch"])
def test_flat_critic(number, make_context, gradient_of):
    value, gradient = gradient_of(
        lambda hidden: LatentConsistency()(
            make_context(
                critic(hidden, False),
                generator(tensor(WEIGHTS)),
                latents=np.ones((number, 2), "float32"),
            )
        ),
        np.zeros((3, 4)),
    )
    assert value == 0
    np.testing.assert_array_equal(gradient, np.zeros((3, 4)))


@both
def test_passes(penalty, network, make_context):
    passes = []

    def judge(x):
        passes.append("discriminator")
        return critic(tensor(HIDDEN), False)(x)

    def generate(z):
        passes.append("generator")
        return generator(tensor(WEIGHTS))(z)

    context = make_context(judge, generate, network=network)
    _ = context.fake_logits
    passes.clear()
    penalty()(context)
    expected = ["generator"]
    if network == "discriminator":
        expected.append("discriminator")
    assert passes == expected


@both
@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"deviation": 0.0}, ValueError, "`deviation`"),
        ({"deviation": float("inf")}, ValueError, "`deviation`"),
        ({"deviation": None}, TypeError, "`deviation`"),
        ({"factor": -1.0}, ValueError, "`factor`"),
        ({"interval": 0}, ValueError, "`interval`"),
    ],
    ids=str,
)
def test_bad_arguments(penalty, network, arguments, error, text):
    with pytest.raises(error, match=text):
        penalty(**arguments)
