"""The direction of the pairwise distance matters as its docstring says."""

import numpy as np
import pytest
import ring
import ring_direction


def test_true_samples_cover_the_ring():
    modes, good = ring.covered(ring.RING.sample(2500, seed=0))
    # 1 - exp(-9 / 2) of a two-dimensional Gaussian lies within 3 deviations.
    assert modes == 8
    np.testing.assert_allclose(good, 1 - np.exp(-4.5), atol=0.01)


def test_collapsed_samples_cover_one_mode():
    assert ring.covered(ring.RING.centers[[3] * 100]) == (1, 1.0)


@pytest.mark.thorough
def test_repelling_covers_all_modes_and_attracting_fewer():
    modes = {
        name: np.mean(
            [
                ring_direction.train(ring_direction.SETTINGS[name], seed, 2500)[
                    0
                ]
                for seed in range(3)
            ]
        )
        for name in ("none", "repel 0.3", "attract 0.3")
    }
    assert modes["repel 0.3"] >= 7.5
    assert modes["repel 0.3"] >= modes["none"]
    assert modes["attract 0.3"] < modes["none"] - 1
