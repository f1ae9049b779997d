"""The usual mixtures of Gaussians for comparing generators."""

import numpy as np

from keras_regan import _validation
from keras_regan.datasets.gaussian_mixture import GaussianMixture

# How often a centre is drawn before an error is raised.
_TRIES = 1000


def gaussian_ring(
    modes: int = 8, radius: float = 1.0, deviation: float = 0.01
) -> GaussianMixture:
    """Returns Gaussians at equal distances on a circle.

    This is the usual first test for missing modes: modes are about a hundred
    deviations apart, so a generator has to jump from one to the next.

    Args:
        modes: Positive integer. Defaults to `8`.
        radius: Positive float. The radius of the circle around the origin.
            Defaults to `1.0`.
        deviation: Positive float. Standard deviation of each mode in each
            direction. Defaults to `0.01`.

    Returns:
        A `GaussianMixture` in two dimensions. Mode k lies at the angle
        `2 pi k / modes`.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If one is not positive.

    Example:
    >>> ring = keras_regan.datasets.gaussian_ring()
    >>> ring.sample(5, seed=0).shape
    (5, 2)

    Reference: [Metz et al., 2016](https://arxiv.org/abs/1611.02163); the
    constants are those of
    [Lin et al., 2017](https://arxiv.org/abs/1712.04086). In some published
    code the angles run from 0 to 2 pi with both ends, so that two of the eight
    modes are one; results for that ring cannot be compared.
    """
    modes = _validation.positive_integer(modes, "modes")
    radius = _validation.positive_float(radius, "radius")
    angles = 2 * np.pi * np.arange(modes) / modes
    centers = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return GaussianMixture(centers, deviation)


def gaussian_grid(
    side: int = 5, spacing: float = 2.0, deviation: float = 0.05
) -> GaussianMixture:
    """Returns Gaussians on a square grid around the origin.

    It has more modes than the ring, and neighbours on all sides. With gradient
    penalties on real and generated samples, most generators cover it; then
    compare the share of good samples and the reverse KL divergence.

    Args:
        side: Positive integer. The number of modes in a row. Defaults to `5`,
            which makes 25 modes.
        spacing: Positive float. The distance of neighbours. Defaults to `2.0`:
            coordinates -4, -2, 0, 2 and 4.
        deviation: Positive float. Standard deviation of each mode in each
            direction. Defaults to `0.05`.

    Returns:
        A `GaussianMixture` in two dimensions. Mode `side * i + j` lies in
        column i and row j.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If one is not positive.

    Example:
    >>> grid = keras_regan.datasets.gaussian_grid()
    >>> grid.centers[:2]
    array([[-4., -4.],
           [-4., -2.]])

    Reference: [Dumoulin et al., 2016](https://arxiv.org/abs/1606.00704); the
    constants are those of [Lin et al., 2017](
    https://arxiv.org/abs/1712.04086).
    """
    side = _validation.positive_integer(side, "side")
    spacing = _validation.positive_float(spacing, "spacing")
    places = spacing * (np.arange(side) - (side - 1) / 2)
    columns, rows = np.meshgrid(places, places, indexing="ij")
    centers = np.stack([columns.ravel(), rows.ravel()], axis=1)
    return GaussianMixture(centers, deviation)


def random_mixture(
    modes: int,
    dimensions: int,
    *,
    extent: float = 4.0,
    deviation: float = 0.05,
    separation: float = 10.0,
    seed: int = 0,
) -> GaussianMixture:
    """Returns Gaussians at random places, well apart, in any dimension.

    Use it for experiments on the number of modes or of dimensions, without
    the regularity of a ring.

    Centres are drawn uniformly in a cube, one after another; one that is
    nearer than `separation` deviations to an earlier one is drawn again.
    Whatever the number of dimensions, a sample of one mode is nearer to
    another centre with a probability of `Phi(-separation / 2)` at most for
    each of its neighbours, 3e-7 by default.

    Args:
        modes: Positive integer.
        dimensions: Positive integer.
        extent: Positive float. Coordinates of centres lie between `-extent`
            and `extent`. Defaults to `4.0`.
        deviation: Positive float. Standard deviation of each mode in each
            direction. Defaults to `0.05`.
        separation: Non-negative float. The least distance of two centres, in
            standard deviations. Defaults to `10.0`.
        seed: Non-negative integer. The same seed gives the same centres.
            Defaults to `0`.

    Returns:
        A `GaussianMixture`.

    Raises:
        TypeError: If an argument is of the wrong kind.
        ValueError: If an argument is out of its range, or if no place for a
            centre was found in 1,000 draws.

    Example:
    >>> mixture = keras_regan.datasets.random_mixture(10, 100, seed=1)
    >>> mixture.centers.shape
    (10, 100)
    """
    modes = _validation.positive_integer(modes, "modes")
    dimensions = _validation.positive_integer(dimensions, "dimensions")
    extent = _validation.positive_float(extent, "extent")
    deviation = _validation.positive_float(deviation, "deviation")
    separation = _validation.non_negative_float(separation, "separation")
    random = np.random.default_rng(_validation.random_seed(seed))
    least = separation * deviation
    centers = np.empty((modes, dimensions))
    for mode in range(modes):
        for _ in range(_TRIES):
            center = random.uniform(-extent, extent, dimensions)
            distances = np.linalg.norm(centers[:mode] - center, axis=1)
            if (distances >= least).all():
                centers[mode] = center
                break
        else:
            raise ValueError(
                _validation.message(
                    "separation",
                    f"a smaller one, or a larger `extent`: {modes} modes "
                    f"{least:.4g} apart find no place between -{extent:.4g} "
                    f"and {extent:.4g} (mode {mode} was drawn {_TRIES} times)",
                    separation,
                )
            )
    return GaussianMixture(centers, deviation)
