import numpy as np
import pytest
import scipy.linalg

import keras_regan as kr
from keras_regan.metrics import frechet_distance

CLOSE = {"rel": 1e-9}


def by_square_root(real, generated):
    """The published formula with a general matrix square root."""
    mean, other = real.mean(axis=0), generated.mean(axis=0)
    covariance = np.cov(real, rowvar=False)
    other_covariance = np.cov(generated, rowvar=False)
    root = scipy.linalg.sqrtm(covariance @ other_covariance)
    return (
        np.square(mean - other).sum()
        + np.trace(covariance + other_covariance)
        - 2 * np.trace(root).real
    )


def of_samples(real, generated):
    return frechet_distance(
        real.mean(axis=0),
        np.cov(real, rowvar=False),
        generated.mean(axis=0),
        np.cov(generated, rowvar=False),
    )


def test_against_the_matrix_square_root(features):
    assert of_samples(*features) == pytest.approx(
        by_square_root(*features), **CLOSE
    )


def test_closed_form_of_commuting_covariances():
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    first, second = np.array([1.0, 4, 9, 16]), np.array([4.0, 1, 1, 25])
    value = frechet_distance(
        np.zeros(4),
        rotation * first @ rotation.T,
        np.array([3.0, 0, 4, 0]),
        rotation * second @ rotation.T,
    )
    wanted = 25 + np.square(np.sqrt(first) - np.sqrt(second)).sum()
    assert value == pytest.approx(wanted, **CLOSE)


def test_identical_sets_are_at_zero(features):
    assert of_samples(features[0], features[0]) == pytest.approx(0, abs=1e-6)


def test_fewer_samples_than_features():
    generator = np.random.default_rng(0)
    real, generated = generator.normal(size=(2, 10, 40))
    value = of_samples(real, generated)
    assert np.isfinite(value) and isinstance(value, float)
    # The trace of the root is the sum of the singular values of the products
    # of the centered samples, whatever the rank.
    products = (real - real.mean(0)) @ (generated - generated.mean(0)).T / 9
    wanted = (
        np.square(real.mean(0) - generated.mean(0)).sum()
        + real.var(0, ddof=1).sum()
        + generated.var(0, ddof=1).sum()
        - 2 * np.linalg.svd(products, compute_uv=False).sum()
    )
    assert value == pytest.approx(wanted, rel=1e-6)
    assert of_samples(real, real) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("batch_size", [33, 64, 1000])
def test_metric_for_every_batch_size(
    features, identity, in_batches, batch_size
):
    real, generated = features
    metric = kr.metrics.FrechetDistance(identity(12))
    value = in_batches(metric, real, generated, batch_size)["fd_plane"]
    wanted = by_square_root(real.astype("float32"), generated.astype("float32"))
    assert value == pytest.approx(wanted, rel=1e-5)


def test_digits_survive_a_large_mean(identity, in_batches):
    """Where sums of float32 squares would have no digit left."""
    generator = np.random.default_rng(0)
    real = (1000.0 + 0.01 * generator.normal(size=(3000, 3))).astype("float32")
    generated = (1000.0 + 0.02 * generator.normal(size=(3000, 3))).astype(
        "float32"
    )
    metric = kr.metrics.FrechetDistance(identity(3))
    value = in_batches(metric, real, generated, 50)["fd_plane"]
    wanted = by_square_root(real.astype("float64"), generated.astype("float64"))
    assert value == pytest.approx(wanted, rel=1e-4)


def test_digits_survive_many_batches(identity):
    """Where a plain float32 sum drifts."""
    generator = np.random.default_rng(0)
    real = generator.normal(size=(400, 2)).astype("float32")
    metric = kr.metrics.FrechetDistance(identity(2))
    metric.prepare_once()
    for first in range(0, 400, 4):
        metric.real.update(real[first : first + 4])
    mean, covariance = metric.real.moments()
    exact = real.astype("float64")
    np.testing.assert_allclose(mean, exact.mean(0), atol=1e-8)
    np.testing.assert_allclose(
        covariance, np.cov(exact, rowvar=False), rtol=2e-7, atol=1e-8
    )


def test_keeps_sums_only(identity):
    metric = kr.metrics.FrechetDistance(identity(64))
    metric.prepare_once()
    size = sum(int(np.prod(v.shape)) * 4 for v in metric.variables)
    assert size < 2 * (2 * 64 * 64 + 4 * 64 + 1) * 4
    # 2048 features, two sides: far below a gigabyte.
    assert size / 64**2 * 2048**2 < 2**30 / 8


@pytest.mark.parametrize(
    "arguments",
    [
        (np.zeros(2), np.eye(2), np.zeros(3), np.eye(3)),
        (np.zeros(2), np.eye(3), np.zeros(2), np.eye(2)),
        (np.zeros((2, 2)), np.eye(2), np.zeros(2), np.eye(2)),
    ],
    ids=["sizes", "covariance", "mean"],
)
def test_wrong_shapes(arguments):
    with pytest.raises(ValueError, match="real_mean.*shape"):
        frechet_distance(*arguments)
