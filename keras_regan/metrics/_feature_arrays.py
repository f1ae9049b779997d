"""Two sets of features on the host, and distances between their rows."""

from collections.abc import Iterator

import numpy as np

# Rows of a matrix of distances that are in memory at a time.
_CHUNK = 1000
# What rounding can make of the squared distance of equal rows, relative to
# their squared lengths, with a wide margin.
_ROUNDING = 1e-13


def checked_features(
    real_features: np.ndarray, generated_features: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns both as float64 arrays of shape `(count, size)`.

    Raises:
        ValueError: If they are not rows of the same number of finite values,
            or if there are fewer than `least` of them.
    """
    real = checked_rows(real_features, "real_features", least)
    generated = checked_rows(generated_features, "generated_features", least)
    if real.shape[1] != generated.shape[1]:
        raise ValueError(
            "Invalid value for argument `generated_features`. Expected as "
            f"many features as the real ones have, {real.shape[1]}. "
            f"Received: {generated.shape[1]}"
        )
    return real, generated


def checked_rows(features: np.ndarray, argument: str, least: int) -> np.ndarray:
    """Returns a float64 array of shape `(count, size)`."""
    rows = np.asarray(features, "float64")
    if rows.ndim != 2 or len(rows) < least:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected an array of "
            f"shape (count, size) with a count of {least} or more. "
            f"Received: shape {rows.shape}"
        )
    bad = int((~np.isfinite(rows)).any(axis=1).sum())
    if bad:
        raise ValueError(
            f"Invalid value for argument `{argument}`. Expected finite "
            f"values. Received: NaN or infinity in {bad} of {len(rows)} rows"
        )
    return rows


def squared_distances(
    rows: np.ndarray, others: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields parts of the matrix of squared distances, with their rows.

    The whole matrix may be too large: its size is the product of both counts.
    Rows that differ only by rounding have a distance of zero, in every matrix.
    """
    origin = others.mean(axis=0)
    rows, others = rows - origin, others - origin
    squares = np.square(others).sum(axis=1)
    for first in range(0, len(rows), _CHUNK):
        part = slice(first, min(first + _CHUNK, len(rows)))
        products = rows[part] @ others.T
        own = np.square(rows[part]).sum(axis=1)[:, None]
        lengths = own + squares
        distances = lengths - 2.0 * products
        distances[distances < _ROUNDING * lengths] = 0.0
        yield part, distances


def neighbour_radii(rows: np.ndarray, neighbours: int) -> np.ndarray:
    """Returns each row's squared distance to its k-th nearest other row."""
    radii = np.empty(len(rows))
    for part, squares in squared_distances(rows, rows):
        here = np.arange(part.start, part.stop)
        squares[here - part.start, here] = 0.0
        # The row itself is the nearest.
        radii[part] = np.partition(squares, neighbours, axis=1)[:, neighbours]
    return radii
