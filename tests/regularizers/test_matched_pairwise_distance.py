"""The matched pairwise distance against loops over pairs in NumPy."""

import itertools

import numpy as np
import pytest

import keras_regan as kr

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 3, 2)).astype("float32")
REAL = (0.5 + 1.5 * RANDOM.normal(size=(7, 3, 2))).astype("float32")
MatchedPairwiseDistance = kr.regularizers.MatchedPairwiseDistance
NUMPY = {
    "l1": lambda x, y: np.abs(x - y).mean(),
    "l2": lambda x, y: np.sqrt(np.square(x - y).mean()),
}


def mean_distance(batch, distance, pairing):
    pairs = (
        itertools.combinations(batch, 2)
        if pairing == "all"
        else [(batch[i], batch[i - 1]) for i in range(len(batch))]
    )
    return np.mean([NUMPY[distance](x, y) for x, y in pairs])


def reference(samples, real, distance, pairing):
    real = mean_distance(np.float64(real), distance, pairing)
    found = mean_distance(np.float64(samples), distance, pairing)
    return ((found - real) / (real + 1e-3)) ** 2


cases = pytest.mark.parametrize(
    "distance, pairing",
    list(itertools.product(("l1", "l2"), ("partner", "all"))),
    ids=str,
)


@cases
@pytest.mark.parametrize("scale", [0.3, 3.0], ids=["collapsed", "far"])
def test_value_and_gradient(distance, pairing, scale, assert_gradient):
    regularizer = MatchedPairwiseDistance(
        0.7, distance=distance, pairing=pairing
    )
    samples = np.float32(scale * SAMPLES)
    np.testing.assert_allclose(
        float(regularizer(samples, REAL)),
        0.7 * reference(samples, REAL, distance, pairing),
        rtol=1e-5,
    )
    assert_gradient(
        regularizer,
        (samples, REAL),
        lambda x: 0.7 * reference(x, REAL, distance, pairing),
    )


@cases
def test_real_samples_are_constant(distance, pairing, gradient):
    regularizer = MatchedPairwiseDistance(
        1.0, distance=distance, pairing=pairing
    )
    np.testing.assert_array_equal(
        gradient(regularizer, SAMPLES, REAL, at=1), 0.0
    )


@cases
def test_repels_below_and_attracts_above(distance, pairing, gradient):
    regularizer = MatchedPairwiseDistance(
        1.0, distance=distance, pairing=pairing
    )
    for scale, sign in ((0.5, -1), (2.0, 1)):
        samples = np.float32(scale * REAL)
        # Along the samples themselves all distances grow.
        slope = np.sum(gradient(regularizer, samples, REAL) * samples)
        assert np.sign(slope) == sign
    np.testing.assert_allclose(float(regularizer(REAL, REAL)), 0.0, atol=1e-10)


@cases
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_collapse_costs_one(distance, pairing, scale):
    regularizer = MatchedPairwiseDistance(
        1.0, distance=distance, pairing=pairing
    )
    value = float(regularizer(np.ones_like(SAMPLES), np.float32(scale * REAL)))
    np.testing.assert_allclose(value, 1.0, rtol=0.2 if scale == 0.01 else 2e-3)


@cases
def test_constant_data(distance, pairing, gradient):
    regularizer = MatchedPairwiseDistance(
        1.0, distance=distance, pairing=pairing
    )
    constant = np.ones_like(REAL)
    mean = mean_distance(np.float64(SAMPLES), distance, pairing)
    np.testing.assert_allclose(
        float(regularizer(SAMPLES, constant)), (mean / 1e-3) ** 2, rtol=5e-3
    )
    assert np.isfinite(gradient(regularizer, SAMPLES, constant)).all()
    assert abs(float(regularizer(np.ones_like(SAMPLES), constant))) < 1e-5


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({"distance": "cosine"}, "`distance`"),
        ({"distance": np.subtract}, "`distance`"),
        ({"pairing": "some"}, "`pairing`"),
    ],
    ids=["distance", "callable", "pairing"],
)
def test_bad_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        MatchedPairwiseDistance(1.0, **arguments)
