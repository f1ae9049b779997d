"""The diversity-sensitive term against a loop over pairs in NumPy."""

import numpy as np
import pytest

import keras_regan as kr

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(6, 3, 2)).astype("float32")
LATENTS = RANDOM.normal(size=(6, 4)).astype("float32")
DiversitySensitive = kr.regularizers.DiversitySensitive


def ratios(samples, partners, latents):
    return np.array(
        [
            np.abs(samples[i] - partners[i - 1]).mean()
            / (np.abs(latents[i] - latents[i - 1]).mean() + 1e-5)
            for i in range(len(samples))
        ]
    )


RATIOS = ratios(SAMPLES, SAMPLES, LATENTS)
BETWEEN = float(np.median(RATIOS))
options = pytest.mark.parametrize(
    "bound", [None, BETWEEN], ids=["none", "some"]
)


@options
def test_value(bound):
    assert (RATIOS < BETWEEN).any() and (RATIOS > BETWEEN).any()
    bounded = np.minimum(RATIOS, np.inf if bound is None else bound)
    for detach in (True, False):
        regularizer = DiversitySensitive(
            0.7, bound=bound, detach_partner=detach
        )
        np.testing.assert_allclose(
            float(regularizer(SAMPLES, LATENTS)),
            -0.7 * bounded.mean(),
            rtol=1e-5,
        )


@options
@pytest.mark.parametrize("detach", [True, False], ids=["detached", "both"])
def test_gradient(bound, detach, assert_gradient):
    limit = np.inf if bound is None else bound

    def reference(samples):
        partners = SAMPLES if detach else samples
        found = ratios(samples, partners, LATENTS)
        return -0.7 * np.minimum(found, limit).mean()

    assert_gradient(
        DiversitySensitive(0.7, bound=bound, detach_partner=detach),
        (SAMPLES, LATENTS),
        reference,
    )


def test_the_bound_ends_the_reward(gradient):
    regularizer = DiversitySensitive(2.0, bound=0.5 * float(RATIOS.min()))
    np.testing.assert_allclose(
        float(regularizer(SAMPLES, LATENTS)), -RATIOS.min(), rtol=1e-5
    )
    np.testing.assert_array_equal(gradient(regularizer, SAMPLES, LATENTS), 0.0)


def test_the_default_bound_fits_data_of_unit_variance():
    random = np.random.default_rng(1)
    unit, latents = random.normal(size=(2, 512, 64))
    signs = np.sign(unit)
    unbounded = DiversitySensitive(1.0, bound=None)
    np.testing.assert_allclose(float(unbounded(unit, latents)), -1.0, rtol=0.02)
    # No data in [-1, 1] are more varied than fair signs: sqrt(pi) / 2.
    np.testing.assert_allclose(
        float(unbounded(signs, latents)), -np.sqrt(np.pi) / 2, rtol=0.02
    )
    assert DiversitySensitive().bound == 1.0


def test_equal_latents_are_finite():
    equal = np.ones_like(LATENTS)
    value = float(DiversitySensitive(1.0, bound=None)(SAMPLES, equal))
    distances = np.abs(SAMPLES - np.roll(SAMPLES, 1, 0)).mean()
    np.testing.assert_allclose(value, -distances / 1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"bound": 0.0}, ValueError, "`bound`"),
        ({"bound": float("inf")}, ValueError, "`bound`"),
        ({"bound": "1"}, TypeError, "`bound`"),
        ({"detach_partner": 1}, TypeError, "`detach_partner`"),
    ],
    ids=["zero", "infinite", "string", "integer"],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        DiversitySensitive(1.0, **arguments)


def test_equal_samples_are_not_moved(gradient):
    # The slope of an absolute value at zero is up to the backend.
    for detach in (True, False):
        regularizer = DiversitySensitive(1.0, detach_partner=detach)
        np.testing.assert_array_equal(
            gradient(regularizer, np.ones_like(SAMPLES), LATENTS), 0.0
        )
