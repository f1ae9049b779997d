"""Feature matching against means that NumPy takes."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

FeatureMatching = kr.penalties.FeatureMatching
WEIGHTS = np.random.default_rng(3).normal(size=(2, 3))


def outputs(x):
    """Two tensors of features, one of them not flat."""
    square = ops.reshape(ops.square(x), (-1, 3, 1))
    return {"logits": x[:, :1], "features": [x, square]}


def test_value_and_gradient(make_context, real, latents, gradient_of, slope_of):
    def expected(weights):
        fake = latents @ weights
        return 0.5 * (
            0.5 * ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).mean()
            + 0.5
            * (((real**2).mean(axis=0) - (fake**2).mean(axis=0)) ** 2).mean()
        )

    def value_of(weights):
        return FeatureMatching(0.5)(
            make_context(
                outputs,
                lambda z: ops.matmul(z, weights),
                network="generator",
            )
        )

    value, gradient = gradient_of(value_of, WEIGHTS)
    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-5, atol=1e-6
    )


def test_same_batches_match(make_context, real):
    context = make_context(outputs, fake=real[::-1].copy())
    assert abs(float(FeatureMatching(1.0)(context))) < 1e-12


def test_batches_of_different_sizes(make_context, real):
    context = make_context(outputs, fake=np.concatenate([real, real]))
    assert abs(float(FeatureMatching(1.0)(context))) < 1e-12


def test_half_precision_features(make_context, real):
    def half(x):
        return {"logits": x[:, :1], "features": ops.cast(300.0 * x, "float16")}

    value = float(FeatureMatching(1.0)(make_context(half)))
    assert 0 < value < np.inf


def test_discriminator_without_features(make_context):
    with pytest.raises(ValueError, match="'features'"):
        FeatureMatching(1.0)(make_context(lambda x: x[:, :1]))
