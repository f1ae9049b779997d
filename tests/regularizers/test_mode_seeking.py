"""Mode seeking against the ratio of two means in NumPy."""

import numpy as np
import pytest

import keras_regan as kr

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.normal(size=(5, 3, 2)).astype("float32")
LATENTS = RANDOM.normal(size=(5, 4)).astype("float32")
ModeSeeking = kr.regularizers.ModeSeeking


def reference(samples, latents, epsilon=1e-5):
    pairs = [(i, i - 1) for i in range(len(samples))]
    distance = np.mean([np.abs(samples[i] - samples[j]) for i, j in pairs])
    latent = np.mean([np.abs(latents[i] - latents[j]) for i, j in pairs])
    return 1 / (distance / latent + epsilon)


@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
def test_value_and_gradient(epsilon, assert_gradient):
    regularizer = ModeSeeking(0.7, epsilon=epsilon)
    np.testing.assert_allclose(
        float(regularizer(SAMPLES, LATENTS)),
        0.7 * reference(SAMPLES, LATENTS, epsilon),
        rtol=1e-5,
    )
    assert_gradient(
        regularizer,
        (SAMPLES, LATENTS),
        lambda x: 0.7 * reference(x, np.float64(LATENTS), epsilon),
    )


def test_it_is_a_ratio_of_means_and_not_a_mean_of_ratios():
    samples = np.array([[0.0], [1.0], [5.0]])
    latents = np.array([[0.0], [2.0], [3.0]])
    # Pairs differ by 5, 1 and 4, their latents by 3, 2 and 1.
    np.testing.assert_allclose(
        float(ModeSeeking()(samples, latents)), 6 / 10, rtol=1e-5
    )


def test_scales_like_the_latents_over_the_samples():
    value = float(ModeSeeking()(SAMPLES, LATENTS))
    np.testing.assert_allclose(
        float(ModeSeeking()(2 * SAMPLES, LATENTS)), value / 2, rtol=1e-4
    )
    np.testing.assert_allclose(
        float(ModeSeeking()(SAMPLES, 2 * LATENTS)), 2 * value, rtol=1e-4
    )


def test_collapse_costs_one_over_epsilon(gradient):
    equal = np.ones_like(SAMPLES)
    for epsilon in (1e-5, 0.1):
        regularizer = ModeSeeking(1.0, epsilon=epsilon)
        np.testing.assert_allclose(
            float(regularizer(equal, LATENTS)), 1 / epsilon, rtol=1e-5
        )
        assert np.isfinite(gradient(regularizer, equal, LATENTS)).all()


def test_equal_latents_cost_nothing(gradient):
    equal = np.ones_like(LATENTS)
    assert float(ModeSeeking()(SAMPLES, equal)) == 0.0
    np.testing.assert_array_equal(
        gradient(ModeSeeking(), SAMPLES, equal), 0.0 * SAMPLES
    )


def test_both_of_a_pair_are_moved(gradient):
    # Of a batch of two, each sample is in both pairs.
    samples = np.array([[0.0], [1.0]], "float32")
    latents = np.array([[0.0], [1.0]], "float32")
    np.testing.assert_allclose(
        gradient(ModeSeeking(), samples, latents), [[1.0], [-1.0]], rtol=1e-4
    )


@pytest.mark.parametrize(
    "epsilon, error",
    [(0.0, ValueError), (-1.0, ValueError), ("1", TypeError)],
    ids=["zero", "negative", "string"],
)
def test_bad_epsilon(epsilon, error):
    with pytest.raises(error, match="`epsilon`.*Received: epsilon="):
        ModeSeeking(1.0, epsilon=epsilon)


def test_options_are_keywords():
    with pytest.raises(TypeError):
        ModeSeeking(1.0, 1e-5)
