import numpy as np
import pytest

import keras_regan as kr
from keras_regan.metrics import number_of_different_bins


def clusters(counts, seed=0):
    """Points of tight clusters, so many of each, far apart."""
    generator = np.random.default_rng(seed)
    centers = np.repeat(np.arange(len(counts)), counts)[:, None] * [10.0, 0.0]
    return centers + 0.1 * generator.normal(size=(sum(counts), 2))


def test_by_hand_on_separated_clusters():
    real, generated = clusters([100, 100, 200]), clusters([60, 130, 10], 1)
    p, q = np.array([0.25, 0.25, 0.5]), np.array([0.3, 0.65, 0.05])
    pooled = np.array([160, 230, 210]) / 600
    z = (p - q) / np.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 200))
    wanted = int((np.abs(z) > 1.959963985).sum())
    m = (p + q) / 2
    divergence = (
        0.5 * (p * np.log(p / m)).sum() + 0.5 * (q * np.log(q / m)).sum()
    )
    result = number_of_different_bins(real, generated, bins=3)
    assert wanted == 2
    assert result.different == wanted
    assert result.share == pytest.approx(2 / 3)
    assert result.divergence == pytest.approx(divergence, rel=1e-9)


def test_an_empty_bin_counts_and_has_a_finite_divergence():
    real, generated = clusters([100, 100]), clusters([100, 0], 1)
    result = number_of_different_bins(real, generated, bins=2)
    assert result.different == 2
    wanted = 0.5 * (0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(2)) + 0.5 * np.log(
        1 / 0.75
    )
    assert result.divergence == pytest.approx(wanted, rel=1e-9)


def test_the_share_of_chance():
    """Of equal distributions about `significance` of the bins differ.

    A little more, because bins are fitted to the real samples.
    """
    shares = {
        significance: np.mean(
            [
                number_of_different_bins(
                    *np.random.default_rng(seed).normal(size=(2, 2000, 2)),
                    bins=40,
                    significance=significance,
                ).share
                for seed in range(8)
            ]
        )
        for significance in (0.05, 0.3)
    }
    assert 0.01 < shares[0.05] < 0.12
    assert 0.2 < shares[0.3] < 0.45


def test_clusters_are_those_of_k_means():
    """No assignment to the found bins could be improved."""
    from keras_regan.metrics.number_of_different_bins import _cluster_centers

    rows = np.random.default_rng(0).normal(size=(500, 3))
    centers = _cluster_centers(rows, 7, np.random.default_rng(1))
    nearest = np.linalg.norm(rows[:, None] - centers, axis=-1).argmin(axis=1)
    for index in range(7):
        np.testing.assert_allclose(
            centers[index], rows[nearest == index].mean(axis=0), atol=1e-9
        )


def test_equal_samples():
    rows = np.ones((20, 2))
    assert number_of_different_bins(rows, rows, bins=4).different == 0


def test_metric(features, identity, in_batches):
    real, generated = (f.astype("float32") for f in features)
    metric = kr.metrics.NumberOfDifferentBins(identity(12), bins=8, seed=2)
    wanted = number_of_different_bins(real, generated, bins=8, seed=2)
    assert in_batches(metric, real, generated, 50) == pytest.approx(
        {
            "ndb_plane": wanted.different,
            "ndb_share_plane": wanted.share,
            "ndb_divergence_plane": wanted.divergence,
        }
    )


@pytest.mark.parametrize(
    "arguments",
    [{"bins": 0}, {"significance": 1.0}, {"seed": -1}],
    ids=["bins", "significance", "seed"],
)
def test_bad_arguments(arguments, identity):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`"):
        kr.metrics.NumberOfDifferentBins(identity(2), **arguments)


def test_more_bins_than_samples():
    with pytest.raises(ValueError, match="number of real samples, 5"):
        number_of_different_bins(np.zeros((5, 2)), np.zeros((5, 2)), bins=6)
