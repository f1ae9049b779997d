"""Normalized diversification against loops over pairs in NumPy."""

import numpy as np
import pytest

import keras_regan as kr

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 3, 2)).astype("float32")
LATENTS = RANDOM.normal(size=(5, 4)).astype("float32")
NormalizedDiversification = kr.regularizers.NormalizedDiversification


def distances(samples):
    samples = np.float64(samples).reshape(len(samples), -1)
    return np.array(
        [[np.sqrt(((x - y) ** 2).sum()) for y in samples] for x in samples]
    )


def reference(samples, alpha, totals=None):
    found, wanted = distances(samples), distances(LATENTS)
    totals = found.sum(axis=1) if totals is None else totals
    count = len(samples)
    return sum(
        max(alpha * wanted[i, j] / wanted[i].sum() - found[i, j] / totals[i], 0)
        for i in range(count)
        for j in range(count)
    ) / (count * (count - 1))


alphas = pytest.mark.parametrize("alpha", [0.8, 1.1])


@alphas
def test_value(alpha):
    expected = reference(SAMPLES, alpha)
    assert expected > 1e-3
    np.testing.assert_allclose(
        float(NormalizedDiversification(3.0, alpha=alpha)(SAMPLES, LATENTS)),
        3.0 * expected,
        rtol=1e-5,
    )


@alphas
def test_gradient_with_constant_totals(alpha, assert_gradient):
    totals = distances(SAMPLES).sum(axis=1)
    assert_gradient(
        NormalizedDiversification(3.0, alpha=alpha),
        (SAMPLES, LATENTS),
        lambda x: 3.0 * reference(x, alpha, totals),
    )


def test_scale_does_not_matter_but_shape_does():
    regularizer = NormalizedDiversification(1.0, alpha=1.0)
    for scale in (0.01, 1.0, 100.0):
        np.testing.assert_allclose(
            float(regularizer(scale * LATENTS, LATENTS)), 0.0, atol=1e-6
        )
    folded = np.abs(LATENTS)
    assert float(regularizer(folded, LATENTS)) > 1e-3


def test_never_exceeds_its_bound():
    random = np.random.default_rng(1)
    latents = random.normal(size=(16, 4))
    # All but one at the same place: the far one gets all the distance.
    samples = np.zeros((16, 2))
    samples[0] = 1.0
    value = float(NormalizedDiversification(1.0)(samples, latents))
    assert 0.5 * 0.8 / 15 < value < 0.8 / 15


@pytest.mark.parametrize(
    "alpha, error",
    [(0.0, ValueError), (float("nan"), ValueError), (None, TypeError)],
    ids=["zero", "nan", "None"],
)
def test_bad_alpha(alpha, error):
    with pytest.raises(error, match="`alpha`.*Received: alpha="):
        NormalizedDiversification(1.0, alpha=alpha)
