"""The energy distance against loops over pairs in NumPy."""

import numpy as np

import keras_regan as kr

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 3, 2)).astype("float32")
REAL = (0.5 + 1.5 * RANDOM.normal(size=(7, 3, 2))).astype("float32")
EnergyDistance = kr.regularizers.EnergyDistance


def distance(x, y):
    return np.sqrt(np.mean((np.float64(x) - y) ** 2))


def within(batch):
    return np.mean(
        [
            distance(x, y)
            for i, x in enumerate(batch)
            for j, y in enumerate(batch)
            if i != j
        ]
    )


def reference(samples, real):
    between = np.mean([distance(x, y) for x in samples for y in real])
    return 2 * between - within(samples) - within(real)


def test_value():
    for samples, real in ((SAMPLES, REAL), (REAL, SAMPLES)):
        np.testing.assert_allclose(
            float(EnergyDistance(0.7)(samples, real)),
            0.7 * reference(samples, real),
            rtol=1e-5,
        )


def test_gradient_at_the_samples(assert_gradient):
    assert_gradient(
        EnergyDistance(0.7),
        (SAMPLES, REAL),
        lambda x: 0.7 * reference(x, REAL),
    )


def test_gradient_at_the_real_samples(assert_gradient):
    # Features of the real batch may depend on what is trained.
    assert_gradient(
        EnergyDistance(0.7),
        (SAMPLES, REAL),
        lambda y: 0.7 * reference(SAMPLES, y),
        at=1,
    )


def test_same_distributions_are_at_zero_on_average():
    random = np.random.default_rng(1)
    draws = random.normal(size=(150, 2, 8, 2)).astype("float32")
    values = [float(EnergyDistance()(x, y)) for x, y in draws]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3 * error and error < 0.04
    other = [float(EnergyDistance()(x, 2 * y)) for x, y in draws[:50]]
    assert np.mean(other) > 0.1


def test_distances_are_per_element():
    small, large = (np.zeros((2, 2, size)) for size in (2, 500))
    for samples in (small, large):
        samples[1] += 0.3
        # Two equal samples here, two there.
        np.testing.assert_allclose(
            float(EnergyDistance()(samples[0], samples[1])), 0.6, rtol=1e-5
        )


def test_precision_far_from_the_origin():
    np.testing.assert_allclose(
        float(EnergyDistance()(SAMPLES + 1000.0, REAL + 1000.0)),
        reference(SAMPLES, REAL),
        rtol=1e-3,
    )


def test_generated_batch_of_one(gradient):
    one = SAMPLES[:1]
    expected = 2 * np.mean([distance(one[0], y) for y in REAL]) - within(REAL)
    np.testing.assert_allclose(
        float(EnergyDistance()(one, REAL)), expected, rtol=1e-5
    )
    assert np.isfinite(gradient(EnergyDistance(), one, REAL)).all()
