import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

import keras_regan as kr
from keras_regan.metrics import kernel_distance


def whole(real, generated):
    """The unbiased estimate from all pairs, with scikit-learn's kernel."""
    m, n = len(real), len(generated)
    xx, yy, xy = (
        polynomial_kernel(a, b, degree=3, gamma=None, coef0=1)
        for a, b in ((real, real), (generated, generated), (real, generated))
    )
    return (
        (xx.sum() - np.trace(xx)) / (m * (m - 1))
        + (yy.sum() - np.trace(yy)) / (n * (n - 1))
        - 2 * xy.mean()
    )


def test_the_subset_is_at_most_half(features):
    real, generated = features
    generator = np.random.default_rng(5)
    x = real[generator.choice(300, 100, replace=False)]
    y = generated[generator.choice(200, 100, replace=False)]
    value, error = kernel_distance(real, generated, subsets=1, seed=5)
    assert value == pytest.approx(whole(x, y), rel=1e-9)
    assert np.isnan(error)


def test_mean_and_standard_error_over_subsets(features):
    real, generated = features
    generator = np.random.default_rng(0)
    values = []
    for _ in range(6):
        x = real[generator.choice(300, 50, replace=False)]
        y = generated[generator.choice(200, 50, replace=False)]
        values.append(whole(x, y))
    value, error = kernel_distance(
        real, generated, subsets=6, subset_size=50, seed=0
    )
    assert value == pytest.approx(np.mean(values), rel=1e-9)
    assert error == pytest.approx(np.std(values, ddof=1) / 6**0.5, rel=1e-9)


def test_zero_on_average_for_halves_of_one_set():
    """No bias: the mean over many pairs of sets lies within its error."""
    values = []
    for seed in range(60):
        halves = np.random.default_rng(seed).normal(size=(2, 80, 5))
        values.append(kernel_distance(*halves, subsets=5, seed=seed).value)
    error = np.std(values, ddof=1) / len(values) ** 0.5
    assert abs(np.mean(values)) < 3 * error
    assert min(values) < 0 < max(values)


def test_grows_with_the_shift():
    real = np.random.default_rng(0).normal(size=(200, 4))
    values = [
        kernel_distance(real, real[::-1] + shift, seed=1).value
        for shift in (0.0, 0.2, 0.5)
    ]
    assert values[0] < values[1] < values[2]


@pytest.mark.parametrize("batch_size", [7, 300])
def test_metric(features, identity, in_batches, batch_size):
    real, generated = (f.astype("float32") for f in features)
    metric = kr.metrics.KernelDistance(
        identity(12), subsets=4, subset_size=30, seed=3
    )
    values = in_batches(metric, real, generated, batch_size)
    wanted = kernel_distance(real, generated, subsets=4, subset_size=30, seed=3)
    assert values == {
        "kd_plane": wanted.value,
        "kd_standard_error_plane": wanted.standard_error,
    }
    assert metric.result() == values


@pytest.mark.parametrize(
    "arguments",
    [{"subsets": 0}, {"subset_size": 0}, {"seed": -1}],
    ids=["subsets", "subset_size", "seed"],
)
def test_bad_arguments(arguments, identity):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`"):
        kr.metrics.KernelDistance(identity(2), **arguments)
    with pytest.raises(ValueError, match=f"`{name}`"):
        kernel_distance(np.ones((9, 2)), np.ones((9, 2)), **arguments)


@pytest.mark.parametrize(
    "generated, text",
    [
        (np.zeros((9, 3)), "as many features"),
        (np.full((9, 2), np.nan), "NaN or infinity in 9 of 9"),
        (np.zeros((3, 2)), "count of 4 or more"),
        (np.zeros(9), "shape"),
    ],
    ids=["size", "nan", "few", "rank"],
)
def test_bad_features(generated, text):
    with pytest.raises(ValueError, match=text):
        kernel_distance(np.zeros((9, 2)), generated)
