"""GDPP against eigendecompositions and second moments in NumPy."""

import numpy as np
import pytest

import keras_regan as kr
from keras_regan.regularizers import gdpp

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 4, 2)).astype("float32")
REAL = (0.5 + RANDOM.normal(size=(5, 4, 2))).astype("float32")
FEW = (0.5 + RANDOM.normal(size=(3, 4, 2))).astype("float32")
# More samples than elements: eigenvalues of zero, several times.
TALL = RANDOM.normal(size=(6, 3)).astype("float32")
REAL_TALL = (0.5 + RANDOM.normal(size=(6, 3))).astype("float32")
MANY = (0.5 + RANDOM.normal(size=(9, 3))).astype("float32")
GDPP = kr.regularizers.GDPP


def unit(samples):
    rows = np.float64(samples).reshape(len(samples), -1)
    return rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))


def gram(samples):
    return unit(samples) @ unit(samples).T


def second_moment(samples):
    return unit(samples).T @ unit(samples) / len(samples)


def of_moments(samples, real, weight=1e-4):
    """Structure, and eigenvalues as those of the second moments."""
    moments = [second_moment(x) for x in (samples, real)]
    values = [np.linalg.eigvalsh(moment) for moment in moments]
    # Gram matrix and second moment share all eigenvalues but zeros.
    magnitude = len(samples) * np.sum((values[0] - values[1]) ** 2)
    return weight * magnitude + np.sum((moments[0] - moments[1]) ** 2)


def of_eigenvectors(samples, real):
    values, vectors = np.linalg.eigh(gram(samples))
    real_values, real_vectors = np.linalg.eigh(gram(real))
    lowest, highest = real_values.min(), real_values.max()
    weights = (real_values - lowest) / (highest - lowest)
    cosines = np.abs(np.sum(vectors * real_vectors, axis=0))
    magnitude = np.mean((values - real_values) ** 2)
    return 1e-4 * magnitude - np.sum(weights * cosines)


pairs = pytest.mark.parametrize(
    "samples, real",
    [
        (SAMPLES, REAL),
        (TALL, REAL_TALL),
        (SAMPLES, FEW),
        (FEW, SAMPLES),
        (TALL, MANY),
        (MANY, TALL),
    ],
    ids=["wide", "tall", "fewer", "more", "tall_more", "tall_fewer"],
)


@pairs
def test_second_moment(samples, real, assert_gradient):
    np.testing.assert_allclose(
        float(GDPP(0.7)(samples, real)),
        0.7 * of_moments(samples, real),
        rtol=1e-5,
    )
    assert_gradient(
        GDPP(0.7), (samples, real), lambda x: 0.7 * of_moments(x, real)
    )


@pairs
def test_heavy_eigenvalues(samples, real, monkeypatch, assert_gradient):
    monkeypatch.setattr(gdpp, "_MAGNITUDE_WEIGHT", 10.0)
    np.testing.assert_allclose(
        float(GDPP(0.7)(samples, real)),
        0.7 * of_moments(samples, real, weight=10.0),
        rtol=1e-5,
    )
    assert_gradient(
        GDPP(0.7),
        (samples, real),
        lambda x: 0.7 * of_moments(x, real, weight=10.0),
        rtol=1e-4,
    )


def test_eigenvectors(assert_gradient):
    regularizer = GDPP(0.7, structure="eigenvectors")
    np.testing.assert_allclose(
        float(regularizer(SAMPLES, REAL)),
        0.7 * of_eigenvectors(SAMPLES, REAL),
        rtol=1e-5,
    )
    assert_gradient(
        regularizer,
        (SAMPLES, REAL),
        lambda x: 0.7 * of_eigenvectors(x, REAL),
        rtol=1e-4,
    )


def test_eigenvectors_at_the_real_samples(assert_gradient):
    assert_gradient(
        GDPP(0.7, structure="eigenvectors"),
        (SAMPLES, REAL),
        lambda y: 0.7 * of_eigenvectors(SAMPLES, y),
        at=1,
        rtol=1e-4,
    )


def test_magnitude_of_eigenvectors(monkeypatch):
    values = []
    for weight in (0.0, 1.0):
        monkeypatch.setattr(gdpp, "_MAGNITUDE_WEIGHT", weight)
        regularizer = GDPP(1.0, structure="eigenvectors")
        values.append(float(regularizer(SAMPLES, REAL)))
    expected = np.mean(
        np.square(
            np.linalg.eigvalsh(gram(SAMPLES)) - np.linalg.eigvalsh(gram(REAL))
        )
    )
    np.testing.assert_allclose(values[1] - values[0], expected, rtol=1e-4)


def test_second_moment_does_not_see_the_order():
    orders = [np.random.default_rng(i).permutation(5) for i in (1, 2)]
    for structure, same in (("second_moment", True), ("eigenvectors", False)):
        regularizer = GDPP(1.0, structure=structure)
        permuted = regularizer(SAMPLES[orders[0]], REAL[orders[1]])
        close = np.isclose(
            float(permuted), float(regularizer(SAMPLES, REAL)), rtol=1e-5
        )
        assert close == same


def test_equal_batches():
    order = np.random.default_rng(1).permutation(5)
    np.testing.assert_allclose(
        float(GDPP(1.0)(REAL[order], REAL)), 0.0, atol=1e-6
    )
    # One cosine of one for each eigenvector.
    values = np.linalg.eigvalsh(gram(REAL))
    weights = (values - values.min()) / (values.max() - values.min())
    np.testing.assert_allclose(
        float(GDPP(1.0, structure="eigenvectors")(REAL, REAL)),
        -weights.sum(),
        rtol=1e-5,
    )


def test_second_moment_is_a_discrepancy_of_squared_cosines():
    cosines = {
        "ff": unit(SAMPLES) @ unit(SAMPLES).T,
        "rr": unit(FEW) @ unit(FEW).T,
        "fr": unit(SAMPLES) @ unit(FEW).T,
    }
    means = {key: np.mean(value**2) for key, value in cosines.items()}
    value = float(GDPP(1.0)(SAMPLES, FEW))
    expected = means["ff"] + means["rr"] - 2 * means["fr"]
    # The eigenvalues add at most 1e-4 times the batch size of it.
    assert expected <= value <= (1 + 5e-4) * expected + 1e-6


def test_lengths_do_not_count():
    longer = SAMPLES * np.array([0.1, 1, 2, 50, 3.0]).reshape(-1, 1, 1)
    np.testing.assert_allclose(
        float(GDPP()(longer, REAL)), float(GDPP()(SAMPLES, REAL)), rtol=1e-5
    )


@pytest.mark.parametrize("structure", ["second_moment", "eigenvectors"])
def test_equal_eigenvalues_have_finite_slopes(structure, gradient):
    regularizer = GDPP(1.0, structure=structure)
    identity = np.eye(5, dtype="float32").reshape(5, 5)
    random = np.random.default_rng(1).normal(size=(5, 5)).astype("float32")
    for samples, real in (
        (identity, identity),
        (identity, random),
        (random, identity),
        (np.repeat(identity[:1], 5, axis=0), random),
        (np.zeros_like(random), random),
        (random, np.zeros_like(random)),
        (TALL, REAL_TALL),
    ):
        assert np.isfinite(float(regularizer(samples, real)))
        found = gradient(regularizer, samples, real)
        assert np.isfinite(found).all() and np.abs(found).max() < 1e5


@pytest.mark.parametrize("spread", [0.1, 0.03, 0.01])
def test_gradient_grows_near_collapse(spread, gradient):
    """As that of the formula, whose sums of differences are in float64."""
    random = np.random.default_rng(0)
    center = random.normal(size=16)
    samples = center + spread * random.normal(size=(8, 16))
    real = center + random.normal(size=(8, 16))
    step = 1e-4 * spread * random.normal(size=samples.shape)
    slope = of_eigenvectors(samples + step, real)
    slope -= of_eigenvectors(samples - step, real)
    found = gradient(
        GDPP(1.0, structure="eigenvectors"),
        samples.astype("float32"),
        real.astype("float32"),
    )
    np.testing.assert_allclose(2 * np.sum(found * step), slope, rtol=0.02)


def test_real_eigenvalues_that_are_equal_weigh_nothing():
    identity = np.eye(5, 8)
    value = float(GDPP(1.0, structure="eigenvectors")(SAMPLES, identity))
    magnitude = np.mean((np.linalg.eigvalsh(gram(SAMPLES)) - 1) ** 2)
    np.testing.assert_allclose(value, 1e-4 * magnitude, atol=0.02)


@pytest.mark.parametrize("structure", ["second_moment", "eigenvectors"])
def test_what_is_not_finite_is_no_error_of_the_solver(structure):
    broken = SAMPLES.copy()
    broken[2] = np.nan
    regularizer = GDPP(1.0, structure=structure)
    assert np.isnan(float(regularizer(broken, REAL)))


def test_eigenvectors_need_batches_of_one_size():
    with pytest.raises(ValueError, match="same size. Received: 5 gen.*and 3"):
        GDPP(1.0, structure="eigenvectors")(SAMPLES, FEW)


def test_bad_structure():
    with pytest.raises(ValueError, match="`structure`.*'none'"):
        GDPP(1.0, structure="none")
