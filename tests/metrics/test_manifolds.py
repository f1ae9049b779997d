"""Precision and recall, density and coverage, against a reference package."""

import numpy as np
import prdc
import pytest

import keras_regan as kr
from keras_regan.metrics import density_coverage
from keras_regan.metrics import precision_recall
from keras_regan.metrics._feature_arrays import neighbour_radii
from keras_regan.metrics._feature_arrays import squared_distances


@pytest.fixture
def far(features):
    """Sets that overlap only in part, so that no share is 0 or 1."""
    real, generated = features
    return real, generated * 0.7 + 1.5


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_against_prdc(far, neighbours):
    wanted = prdc.compute_prdc(*far, nearest_k=neighbours)
    ours = {
        **precision_recall(*far, neighbours=neighbours)._asdict(),
        **density_coverage(*far, neighbours=neighbours)._asdict(),
    }
    assert ours == pytest.approx({k: float(v) for k, v in wanted.items()})
    assert 0 < ours["precision"] < 1 and 0 < ours["coverage"] < 1


def test_more_samples_than_a_chunk():
    generator = np.random.default_rng(0)
    real = generator.normal(size=(2300, 3))
    generated = 0.5 * generator.normal(size=(1100, 3))
    wanted = prdc.compute_prdc(real, generated, nearest_k=3)
    assert precision_recall(real, generated) == pytest.approx(
        (wanted["precision"], wanted["recall"])
    )
    assert density_coverage(real, generated, neighbours=3) == pytest.approx(
        (wanted["density"], wanted["coverage"])
    )


def test_identical_sets():
    real = np.random.default_rng(0).normal(size=(50, 3))
    assert precision_recall(real, real) == (1.0, 1.0)
    density, coverage = density_coverage(real, real)
    # Each ball holds its centre and, strictly inside, four of five neighbours.
    assert density == pytest.approx(1.0) and coverage == 1.0


def test_collapse_to_good_samples():
    real = np.random.default_rng(0).normal(size=(400, 3))
    precision, recall = precision_recall(real, np.tile(real[:1], (400, 1)))
    assert precision == 1.0 and recall < 0.01


def test_coverage_of_equal_distributions():
    """Its expectation is one minus a product that tends to 2^-k."""
    values = [
        density_coverage(*np.random.default_rng(seed).normal(size=(2, 400, 4)))
        for seed in range(10)
    ]
    n = np.arange(1, 6)
    wanted = 1 - np.prod((400 - n) / (800 - n))
    assert np.mean([v.coverage for v in values]) == pytest.approx(
        wanted, abs=0.01
    )
    assert np.mean([v.density for v in values]) == pytest.approx(1, abs=0.05)


def test_radii_and_distances_by_brute_force():
    rows = np.random.default_rng(0).normal(size=(30, 4)) + 100.0
    matrix = np.square(rows[:, None] - rows[None]).sum(-1)
    np.testing.assert_allclose(
        neighbour_radii(rows, 2), np.sort(matrix, axis=1)[:, 2], rtol=1e-9
    )
    ((part, squares),) = squared_distances(rows, rows[:7])
    assert part == slice(0, 30)
    np.testing.assert_allclose(squares, matrix[:, :7], atol=1e-9)


@pytest.mark.parametrize("name", ["PrecisionRecall", "DensityCoverage"])
def test_metrics(name, far, identity, in_batches):
    function = {
        "PrecisionRecall": precision_recall,
        "DensityCoverage": density_coverage,
    }[name]
    metric = getattr(kr.metrics, name)(identity(12), neighbours=2)
    real, generated = (f.astype("float32") for f in far)
    wanted = function(real, generated, neighbours=2)._asdict()
    for batch_size in (64, 7):
        assert in_batches(metric, real, generated, batch_size) == {
            f"{key}_plane": value for key, value in wanted.items()
        }
    metric.reset_state()
    metric.update_state(real[:2], generated[:2])
    with pytest.raises(ValueError, match="3 generated samples or more"):
        metric.result()
    with pytest.raises(ValueError, match="neighbours"):
        getattr(kr.metrics, name)(identity(2), neighbours=0)


def test_too_few_samples():
    rows = np.zeros((3, 2))
    with pytest.raises(ValueError, match="count of 4 or more"):
        precision_recall(rows, rows)
    with pytest.raises(ValueError, match="more samples than `neighbours`"):
        density_coverage(rows, rows)
