import math

import numpy as np
import pytest

from keras_regan.datasets import gaussian_grid
from keras_regan.datasets import gaussian_ring
from keras_regan.datasets import random_mixture


def distances(centers):
    """The distances of all pairs of different centers."""
    differences = centers[:, None] - centers[None]
    pairs = np.triu_indices(len(centers), 1)
    return np.linalg.norm(differences, axis=-1)[pairs]


def test_published_ring():
    ring = gaussian_ring()
    half = math.sqrt(0.5)
    expected = [(1, 0), (half, half), (0, 1), (-half, half)]
    expected += [(-x, -y) for x, y in expected]
    np.testing.assert_allclose(ring.centers, expected, atol=1e-12)
    np.testing.assert_array_equal(ring.deviations, 8 * [0.01])
    # Not 2 pi in 7 steps, whose ends are the same mode.
    assert distances(ring.centers).min() > 0.7


def test_ring_of_another_size():
    ring = gaussian_ring(modes=3, radius=2.0, deviation=0.5)
    np.testing.assert_allclose(distances(ring.centers), 2 * math.sqrt(3))
    np.testing.assert_allclose(np.linalg.norm(ring.centers, axis=1), 2.0)
    np.testing.assert_array_equal(ring.deviations, 3 * [0.5])


def test_published_grid():
    grid = gaussian_grid()
    places = (-4.0, -2.0, 0.0, 2.0, 4.0)
    expected = [[x, y] for x in places for y in places]
    np.testing.assert_array_equal(grid.centers, expected)
    np.testing.assert_array_equal(grid.deviations, 25 * [0.05])


def test_grid_of_another_size():
    grid = gaussian_grid(side=2, spacing=3.0, deviation=0.1)
    expected = [[-1.5, -1.5], [-1.5, 1.5], [1.5, -1.5], [1.5, 1.5]]
    np.testing.assert_array_equal(grid.centers, expected)


@pytest.mark.parametrize("modes, dimensions", [(60, 2), (5, 1), (10, 300)])
def test_random_modes_are_well_apart(modes, dimensions):
    mixture = random_mixture(
        modes, dimensions, extent=3.0, deviation=0.05, separation=8.0, seed=2
    )
    assert mixture.centers.shape == (modes, dimensions)
    assert np.abs(mixture.centers).max() <= 3.0
    assert np.abs(mixture.centers).max() > 2.0
    assert distances(mixture.centers).min() >= 0.4
    samples, own = mixture.sample_with_modes(1000)
    nearest = [
        np.linalg.norm(mixture.centers - sample, axis=1).argmin()
        for sample in samples
    ]
    np.testing.assert_array_equal(nearest, own)


def test_seed_decides_where_modes_are():
    first, again, other = (random_mixture(4, 2, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first.centers, again.centers)
    assert not np.isin(first.centers, other.centers).any()


def test_modes_without_a_place():
    with pytest.raises(ValueError, match="`separation`.* no place"):
        random_mixture(100, 1)
    assert len(random_mixture(100, 1, separation=0.1).centers) == 100


@pytest.mark.parametrize(
    "build, argument, value, error",
    [
        (gaussian_ring, "modes", 0, ValueError),
        (gaussian_ring, "radius", -1.0, ValueError),
        (gaussian_ring, "deviation", 0.0, ValueError),
        (gaussian_grid, "side", 2.5, TypeError),
        (gaussian_grid, "spacing", 0.0, ValueError),
        (gaussian_grid, "deviation", "small", TypeError),
    ],
)
def test_bad_arguments(build, argument, value, error):
    with pytest.raises(error, match=f"`{argument}`"):
        build(**{argument: value})


@pytest.mark.parametrize(
    "argument, value, error",
    [
        ("modes", 0, ValueError),
        ("dimensions", 0, ValueError),
        ("extent", 0.0, ValueError),
        ("deviation", -1.0, ValueError),
        ("separation", -1.0, ValueError),
        ("seed", 0.5, TypeError),
    ],
)
def test_bad_arguments_of_random_mixture(argument, value, error):
    with pytest.raises(error, match=f"`{argument}`"):
        random_mixture(**{"modes": 3, "dimensions": 2, argument: value})
