"""Losses against NumPy, in float64 and from the definitions."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

REAL = np.array([2.0, -1.0, 0.5, 3.0])
FAKE = np.array([-1.5, 0.0, 1.0, -4.0])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cross_entropy(probability, target):
    return -np.mean(
        target * np.log(probability) + (1 - target) * np.log(1 - probability)
    )


EXPECTED = {
    "minimax": (
        kr.losses.Minimax(),
        cross_entropy(sigmoid(REAL), 1) + cross_entropy(sigmoid(FAKE), 0),
        np.mean(np.log(1 - sigmoid(FAKE))),
    ),
    "minimax_smoothed": (
        kr.losses.Minimax(label_smoothing=0.1),
        cross_entropy(sigmoid(REAL), 0.9) + cross_entropy(sigmoid(FAKE), 0),
        np.mean(np.log(1 - sigmoid(FAKE))),
    ),
    "non_saturating": (
        kr.losses.NonSaturating(),
        cross_entropy(sigmoid(REAL), 1) + cross_entropy(sigmoid(FAKE), 0),
        -np.mean(np.log(sigmoid(FAKE))),
    ),
    "non_saturating_smoothed": (
        kr.losses.NonSaturating(label_smoothing=0.25),
        cross_entropy(sigmoid(REAL), 0.75) + cross_entropy(sigmoid(FAKE), 0),
        -np.mean(np.log(sigmoid(FAKE))),
    ),
    "least_squares": (
        kr.losses.LeastSquares(),
        # ((2-1)^2 + 4 + 0.25 + 4) / 4 / 2 + (2.25 + 0 + 1 + 16) / 4 / 2
        9.25 / 8 + 19.25 / 8,
        (6.25 + 1 + 0 + 25) / 8,
    ),
    "hinge": (
        kr.losses.Hinge(),
        (0 + 2 + 0.5 + 0) / 4 + (0 + 1 + 2 + 0) / 4,
        4.5 / 4,
    ),
    "wasserstein": (kr.losses.Wasserstein(), -4.5 / 4 - 4.5 / 4, 4.5 / 4),
    "relativistic": (
        kr.losses.Relativistic(),
        -np.mean(np.log(sigmoid(REAL - FAKE))),
        -np.mean(np.log(sigmoid(FAKE - REAL))),
    ),
    # D(x) = s(C(x) - mean(C of the others)), in the paper's terms.
    "relativistic_average": (
        kr.losses.RelativisticAverage(),
        cross_entropy(sigmoid(REAL - FAKE.mean()), 1)
        + cross_entropy(sigmoid(FAKE - REAL.mean()), 0),
        cross_entropy(sigmoid(FAKE - REAL.mean()), 1)
        + cross_entropy(sigmoid(REAL - FAKE.mean()), 0),
    ),
    # The means are 1.125 and -1.125.
    "relativistic_average_least_squares": (
        kr.losses.RelativisticAverage("least_squares"),
        np.mean((REAL + 1.125 - 1) ** 2) + np.mean((FAKE - 1.125 + 1) ** 2),
        np.mean((FAKE - 1.125 - 1) ** 2) + np.mean((REAL + 1.125 + 1) ** 2),
    ),
    "relativistic_average_hinge": (
        kr.losses.RelativisticAverage("hinge"),
        np.mean(np.maximum(0, 1 - (REAL + 1.125)))
        + np.mean(np.maximum(0, 1 + (FAKE - 1.125))),
        np.mean(np.maximum(0, 1 + (REAL + 1.125)))
        + np.mean(np.maximum(0, 1 - (FAKE - 1.125))),
    ),
    "weighted": (
        kr.losses.Weighted(kr.losses.Hinge(), 0.25),
        (0 + 2 + 0.5 + 0) / 4 + (0 + 1 + 2 + 0) / 4,
        4.5 / 16,
    ),
}
SHAPES = [(4,), (4, 1), (4, 1, 1, 1)]
cases = pytest.mark.parametrize(
    "loss, discriminator_loss, generator_loss",
    list(EXPECTED.values()),
    ids=list(EXPECTED),
)


@cases
@pytest.mark.parametrize("real_shape", SHAPES, ids=str)
@pytest.mark.parametrize("fake_shape", SHAPES, ids=str)
def test_values_for_every_shape_of_logits(
    loss, discriminator_loss, generator_loss, real_shape, fake_shape
):
    real = REAL.reshape(real_shape).astype("float32")
    fake = FAKE.reshape(fake_shape).astype("float32")
    got = loss.discriminator_loss(real, fake)
    assert tuple(got.shape) == ()
    np.testing.assert_allclose(float(got), discriminator_loss, rtol=1e-5)
    got = loss.generator_loss(fake, real)
    assert tuple(got.shape) == ()
    np.testing.assert_allclose(float(got), generator_loss, rtol=1e-5)


@cases
def test_a_map_of_equal_patches_counts_like_one_logit(
    loss, discriminator_loss, generator_loss
):
    real = np.tile(REAL.reshape(4, 1, 1, 1), (1, 3, 2, 1)).astype("float32")
    fake = np.tile(FAKE.reshape(4, 1, 1, 1), (1, 3, 2, 1)).astype("float32")
    np.testing.assert_allclose(
        float(loss.discriminator_loss(real, fake)),
        discriminator_loss,
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        float(loss.generator_loss(fake, real)), generator_loss, rtol=1e-5
    )


@cases
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_finite_at_large_logits(loss, discriminator_loss, generator_loss, size):
    real = np.full((3, 1), size, "float32")
    fake = np.full((3, 1), -size, "float32")
    for value in (
        loss.discriminator_loss(real, fake),
        loss.discriminator_loss(fake, real),
        loss.generator_loss(fake, real),
        loss.generator_loss(real, fake),
    ):
        assert np.isfinite(float(value))


@cases
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_widened(
    loss, discriminator_loss, generator_loss, dtype
):
    real, fake = ops.cast(REAL, dtype), ops.cast(FAKE, dtype)
    got = loss.discriminator_loss(real, fake)
    assert keras.backend.standardize_dtype(got.dtype) == "float32"
    np.testing.assert_allclose(float(got), discriminator_loss, rtol=1e-5)


@cases
def test_round_trip(loss, discriminator_loss, generator_loss):
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize("loss", [kr.losses.Minimax, kr.losses.NonSaturating])
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), float("inf")])
def test_label_smoothing_out_of_range(loss, value):
    with pytest.raises(ValueError, match="`label_smoothing`.*Received"):
        loss(label_smoothing=value)


def test_relativistic_needs_as_many_real_as_fake():
    loss = kr.losses.Relativistic()
    with pytest.raises(ValueError, match=r"\(3, 1\)"):
        loss.discriminator_loss(np.zeros((3, 1)), np.zeros((4, 1)))


@pytest.mark.parametrize(
    "loss",
    [
        kr.losses.Relativistic(),
        kr.losses.RelativisticAverage(),
        kr.losses.Weighted(kr.losses.Relativistic()),
    ],
    ids=["pairs", "average", "weighted"],
)
def test_relativistic_generator_needs_real_logits(loss):
    assert loss.uses_real_logits
    with pytest.raises(ValueError, match="`real_logits`"):
        loss.generator_loss(np.zeros((3, 1)))


def test_average_takes_batches_of_different_sizes():
    loss = kr.losses.RelativisticAverage("least_squares")
    got = loss.discriminator_loss(np.ones((3, 1)), np.zeros((5, 1)))
    np.testing.assert_allclose(float(got), 0.0)


def test_form_of_the_average():
    with pytest.raises(ValueError, match="`form`.*'logistic'.*Received"):
        kr.losses.RelativisticAverage("l2")
