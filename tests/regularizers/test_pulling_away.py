"""The pulling-away term against loops over pairs in NumPy."""

import numpy as np
import pytest

import keras_regan as kr

RANDOM = np.random.default_rng(0)
WIDE = RANDOM.normal(size=(4, 2, 5)).astype("float32")
TALL = RANDOM.normal(size=(9, 3)).astype("float32")
SQUARE = RANDOM.normal(size=(4, 4)).astype("float32")
PullingAway = kr.regularizers.PullingAway
shapes = pytest.mark.parametrize(
    "samples", [WIDE, TALL, SQUARE], ids=["wide", "tall", "square"]
)


def reference(samples):
    rows = np.asarray(samples).reshape(len(samples), -1)
    cosines = [
        x @ y / np.sqrt(x @ x) / np.sqrt(y @ y)
        for i, x in enumerate(rows)
        for j, y in enumerate(rows)
        if i != j
    ]
    return np.mean(np.square(cosines))


@shapes
def test_value_and_gradient(samples, assert_gradient):
    regularizer = PullingAway(0.7)
    np.testing.assert_allclose(
        float(regularizer(samples)),
        0.7 * reference(np.float64(samples)),
        rtol=1e-5,
    )
    assert_gradient(regularizer, (samples,), lambda x: 0.7 * reference(x))


@shapes
def test_lengths_do_not_count(samples):
    lengths = np.random.default_rng(1).uniform(0.01, 100.0, len(samples))
    longer = samples * lengths.reshape(-1, *[1] * (samples.ndim - 1))
    np.testing.assert_allclose(
        float(PullingAway(1.0)(longer.astype("float32"))),
        float(PullingAway(1.0)(samples)),
        rtol=1e-4,
    )


def test_orthogonal_and_parallel_samples():
    np.testing.assert_allclose(
        float(PullingAway(1.0)(np.eye(4, 7))), 0.0, atol=1e-6
    )
    parallel = np.outer([1.0, -2.0, 3.0], [1.0, 2.0])
    np.testing.assert_allclose(
        float(PullingAway(1.0)(parallel)), 1.0, rtol=1e-6
    )


@pytest.mark.parametrize("elements", [2, 6], ids=["tall", "wide"])
def test_samples_of_zeros_are_at_right_angles_to_all(elements, gradient):
    samples = RANDOM.normal(size=(3, elements)).astype("float32")
    samples[1] = 0.0
    pair = reference(np.float64(samples[[0, 2]]))
    np.testing.assert_allclose(
        float(PullingAway(1.0)(samples)), pair / 3, rtol=1e-5
    )
    found = gradient(PullingAway(1.0), samples)
    assert np.isfinite(found).all() and np.abs(found).max() < 10.0


def test_least_value_with_more_samples_than_elements():
    # Three directions at 120 degrees are as far from each other as it gets.
    angles = 2 * np.pi * np.arange(3) / 3
    samples = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(
        float(PullingAway(1.0)(samples)), (3 - 2) / (2 * (3 - 1)), rtol=1e-5
    )


def test_features_behind_a_relu_have_a_floor():
    features = np.random.default_rng(1).normal(size=(64, 2000))
    assert float(PullingAway(1.0)(features)) < 0.001
    np.testing.assert_allclose(
        float(PullingAway(1.0)(np.maximum(features, 0))),
        np.pi**-2,
        rtol=0.05,
    )
