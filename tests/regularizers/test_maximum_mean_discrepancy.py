"""The maximum mean discrepancy against loops over pairs in NumPy."""

import numpy as np
import pytest

import keras_regan as kr

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 3)).astype("float32")
REAL = (0.5 + 1.5 * RANDOM.normal(size=(7, 3))).astype("float32")
MaximumMeanDiscrepancy = kr.regularizers.MaximumMeanDiscrepancy


def kernel(x, y, bandwidths):
    square = np.sum((np.float64(x) - y) ** 2)
    return np.mean([np.exp(-square / (2 * b**2)) for b in bandwidths])


def within(batch, bandwidths):
    return np.mean(
        [
            kernel(x, y, bandwidths)
            for i, x in enumerate(batch)
            for j, y in enumerate(batch)
            if i != j
        ]
    )


def reference(samples, real, bandwidths):
    between = np.mean([kernel(x, y, bandwidths) for x in samples for y in real])
    return within(samples, bandwidths) + within(real, bandwidths) - 2 * between


cases = pytest.mark.parametrize(
    "bandwidth", [1.0, 2.5, [0.7, 1.4, 3.0], (2.0,)], ids=str
)


def as_list(bandwidth):
    return list(np.atleast_1d(bandwidth))


@cases
def test_value(bandwidth):
    for samples, real in ((SAMPLES, REAL), (REAL, SAMPLES)):
        np.testing.assert_allclose(
            float(
                MaximumMeanDiscrepancy(0.7, bandwidth=bandwidth)(samples, real)
            ),
            0.7 * reference(samples, real, as_list(bandwidth)),
            rtol=1e-5,
            atol=1e-6,
        )


@cases
def test_gradient(bandwidth, assert_gradient):
    bandwidths = as_list(bandwidth)
    regularizer = MaximumMeanDiscrepancy(0.7, bandwidth=bandwidth)
    assert_gradient(
        regularizer,
        (SAMPLES, REAL),
        lambda x: 0.7 * reference(x, REAL, bandwidths),
    )
    assert_gradient(
        regularizer,
        (SAMPLES, REAL),
        lambda y: 0.7 * reference(SAMPLES, y, bandwidths),
        at=1,
    )


def test_the_mean_between_the_batches_holds_all_pairs():
    samples, real = np.array([[0.0], [9.0]]), np.array([[0.0], [99.0]])
    # Of four pairs one is equal, at the same position.
    np.testing.assert_allclose(
        float(MaximumMeanDiscrepancy()(samples, real)), -2 / 4, rtol=1e-6
    )


def test_samples_of_any_rank():
    cubes, others = SAMPLES[:4].reshape(2, 2, 3), REAL[:6].reshape(3, 2, 3)
    np.testing.assert_allclose(
        float(MaximumMeanDiscrepancy()(cubes, others)),
        reference(cubes, others, [1.0]),
        rtol=1e-5,
    )


def test_list_survives_a_round_trip():
    regularizer = MaximumMeanDiscrepancy(1.0, bandwidth=(1, 2.0))
    assert regularizer.get_config()["bandwidth"] == [1.0, 2.0]
    assert MaximumMeanDiscrepancy(1.0, bandwidth=2).bandwidth == 2.0


@pytest.mark.parametrize(
    "bandwidth, error",
    [
        (0.0, ValueError),
        ([1.0, -1.0], ValueError),
        ([], ValueError),
        ("1", TypeError),
        ([1.0, None], TypeError),
        (None, TypeError),
    ],
    ids=["zero", "negative", "empty", "string", "list_of_None", "None"],
)
def test_bad_bandwidth(bandwidth, error):
    with pytest.raises(error, match="`bandwidth`.*Received: bandwidth="):
        MaximumMeanDiscrepancy(1.0, bandwidth=bandwidth)


@pytest.mark.parametrize("bandwidth", [1e-300, 1e-30, 3e38, [1e-30, 3e38]])
def test_bandwidths_whose_square_is_no_float32(bandwidth):
    random = np.random.default_rng(0)
    samples, real = random.normal(size=(2, 4, 3)).astype("float32")
    value = kr.regularizers.MaximumMeanDiscrepancy(1.0, bandwidth=bandwidth)(
        samples, real
    )
    assert abs(float(value)) < 1e-6
