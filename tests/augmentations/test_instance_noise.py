"""Noise of a known deviation on samples of any shape."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

InstanceNoise = kr.augmentations.InstanceNoise


@pytest.mark.parametrize(
    "shape", [(4000,), (2000, 2), (500, 3, 3), (400, 4, 4, 1)], ids=len
)
def test_noise_has_mean_zero_and_the_deviation(shape):
    samples = np.full(shape, 2.0, "float32")
    seed = keras.random.SeedGenerator(0)
    noise = ops.convert_to_numpy(InstanceNoise(0.5)(samples, seed)) - samples
    assert noise.shape == shape
    # Five standard errors of 4,000 and more numbers.
    assert abs(noise.mean()) < 5 * 0.5 / np.sqrt(noise.size)
    assert abs(noise.std() / 0.5 - 1) < 5 / np.sqrt(2 * noise.size)


def test_each_element_and_call_draws_anew():
    seed = keras.random.SeedGenerator(0)
    samples = np.zeros((50, 2), "float32")
    first = ops.convert_to_numpy(InstanceNoise()(samples, seed))
    second = ops.convert_to_numpy(InstanceNoise()(samples, seed))
    assert len(np.unique(np.concatenate([first, second]))) == 200


def test_gradient_passes_unchanged():
    seed = keras.random.SeedGenerator(0)
    weights = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (InstanceNoise()(x, seed), None), ops.zeros((5, 2))
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(pullback(ops.convert_to_tensor(weights))),
        weights,
        rtol=1e-6,
    )


def test_no_deviation_changes_nothing():
    samples = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    seed = keras.random.SeedGenerator(0)
    got = ops.convert_to_numpy(InstanceNoise(0.0)(samples, seed))
    np.testing.assert_array_equal(got, samples)


def test_inside_a_sequence_on_vectors():
    samples = np.zeros((5, 2), "float32")
    sequence = kr.augmentations.DiffAugment([InstanceNoise(), InstanceNoise()])
    seed = keras.random.SeedGenerator(0)
    assert tuple(sequence(samples, seed).shape) == (5, 2)


def test_adaptive_on_vectors():
    """Each vector gets the noise whole, or not at all."""
    adaptive = kr.augmentations.AdaptiveAugmentation(
        [InstanceNoise(1.0)], initial_probability=0.5
    )
    samples = np.zeros((400, 3), "float32")
    noisy = adaptive(samples, keras.random.SeedGenerator(0))
    changed = ops.convert_to_numpy(noisy) != 0
    assert changed.shape == (400, 3)
    np.testing.assert_array_equal(changed.all(axis=1), changed.any(axis=1))
    # Five standard errors about one half.
    assert abs(changed.any(axis=1).mean() - 0.5) < 5 * 0.5 / 20


def test_vectors_are_no_images():
    seed = keras.random.SeedGenerator(0)
    sequence = kr.augmentations.DiffAugment()
    with pytest.raises(ValueError, match="Expected images"):
        sequence(np.zeros((5, 2), "float32"), seed)


def test_bad_deviation():
    with pytest.raises(ValueError, match="`deviation`"):
        InstanceNoise(-0.1)
    with pytest.raises(TypeError, match="`deviation`"):
        InstanceNoise("loud")
