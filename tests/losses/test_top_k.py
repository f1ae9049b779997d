"""Top-k updates against the plain loss of the best samples."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

TopK = kr.losses.TopK
LOGITS = np.array([0.3, -2.0, 1.5, 0.2, -0.1, 0.9, -0.7, 2.2], "float32")
LOSSES = {
    "non_saturating": kr.losses.NonSaturating,
    "hinge": kr.losses.Hinge,
    "least_squares": kr.losses.LeastSquares,
    "minimax": kr.losses.Minimax,
}


def formula(name, logits):
    logits = logits.astype("float64")
    return {
        "non_saturating": np.log1p(np.exp(-logits)).mean(),
        "hinge": -logits.mean(),
        "least_squares": 0.5 * ((logits - 1) ** 2).mean(),
        "minimax": -np.log1p(np.exp(logits)).mean(),
    }[name]


@pytest.mark.parametrize("fraction, count", [(0.5, 4), (0.05, 1), (1.0, 8)])
@pytest.mark.parametrize("name", list(LOSSES))
def test_mean_over_the_best(name, fraction, count):
    best = np.sort(LOGITS)[::-1][:count]
    loss = TopK(LOSSES[name](), fraction)
    np.testing.assert_allclose(
        float(loss.generator_loss(LOGITS[:, None])),
        formula(name, best),
        rtol=1e-5,
    )


@pytest.mark.parametrize("shape", [(8,), (8, 1)], ids=["n", "n1"])
def test_gradient_reaches_the_best_alone(shape):
    loss = TopK(kr.losses.NonSaturating(), 0.5)
    _, _, pullback = _backend.call_with_input_gradient(
        lambda logits: (loss.generator_loss(logits), None),
        ops.convert_to_tensor(LOGITS.reshape(shape)),
    )
    gradient = ops.convert_to_numpy(pullback(ops.ones((), "float32"))).ravel()
    best = LOGITS >= np.sort(LOGITS)[4]
    expected = np.where(best, -1 / (1 + np.exp(LOGITS)) / 4, 0)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-8)


def test_maps_of_patches_are_ranked_by_their_mean():
    maps = np.random.default_rng(0).normal(size=(6, 2, 2, 1)).astype("float32")
    best = np.argsort(maps.mean(axis=(1, 2, 3)))[-3:]
    np.testing.assert_allclose(
        float(TopK(kr.losses.Hinge(), 0.5).generator_loss(maps)),
        -maps[best].mean(),
        rtol=1e-5,
    )


def test_equal_logits_count_equally():
    logits = np.full((6, 1), 0.25, "float32")
    value = float(TopK(kr.losses.Hinge(), 0.5).generator_loss(logits))
    np.testing.assert_allclose(value, -0.25)


def test_discriminator_sees_the_whole_batch():
    loss = TopK(kr.losses.Hinge(), 0.25)
    np.testing.assert_allclose(
        float(loss.discriminator_loss(LOGITS[:, None], -LOGITS[:, None])),
        float(kr.losses.Hinge().discriminator_loss(LOGITS, -LOGITS)),
    )


def test_schedule_goes_down_with_the_steps():
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.5)
    loss = TopK(kr.losses.Hinge(), schedule)
    for step, count in ((0, 8), (5, 6), (10, 4), (99, 4)):
        best = np.sort(LOGITS)[::-1][:count]
        got = loss.at(ops.convert_to_tensor(step, "int32"))
        np.testing.assert_allclose(
            float(got.generator_loss(LOGITS[:, None])), -best.mean(), rtol=1e-5
        )


def test_schedule_in_a_gan(vector_pair, vectors):
    """Still networks: what the log shows changes by the schedule alone."""
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        [2], [1.0, 0.25]
    )
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.0),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        loss=TopK(kr.losses.Wasserstein(), schedule),
    )
    logs = [
        gan.train_on_batch(vectors, return_dict=True)["g_loss"]
        for _ in range(6)
    ]
    assert max(logs[3:]) < min(logs[:3])


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ((None,), TypeError, "loss"),
        ((kr.losses.Relativistic(),), ValueError, "loss"),
        ((kr.losses.Hinge(), 0.0), ValueError, "fraction"),
        ((kr.losses.Hinge(), 1.5), ValueError, "fraction"),
        ((kr.losses.Hinge(), float("nan")), ValueError, "fraction"),
        ((kr.losses.Hinge(), "half"), TypeError, "fraction"),
    ],
    ids=["none", "relativistic", "zero", "above", "nan", "string"],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`"):
        TopK(*arguments)
