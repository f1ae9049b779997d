"""Nearest neighbours without a matrix of all differences. Only NumPy."""

from collections.abc import Callable

import numpy as np

_SPARE = 4


def nearest(
    queries: np.ndarray,
    references: Callable[[np.ndarray | slice], np.ndarray],
    reference_count: int,
    count: int,
    rows_at_once: int = 4096,
) -> np.ndarray:
    """Finds the nearest references of each query in Euclidean distance.

    The first pass computes `|q - r|^2 = |q|^2 - 2 q r + |r|^2` in float32,
    with one matrix product per chunk, and selects four times as many
    candidates as needed. Their order is then computed from differences,
    because the formula cannot rank copies that differ only by rounding.

    Args:
        queries: Float array of shape `(m, d)`.
        references: Function that takes a slice or an array of indices and
            returns these rows of the references, `(chunk, d)`.
        reference_count: Positive integer. The number of references.
        count: Positive integer, at most `reference_count`. Number of
            neighbours of each query.
        rows_at_once: Positive integer. Rows of a chunk. Defaults to `4096`.

    Returns:
        Integer array of shape `(m, count)`: indices of references, the nearest
        first.
    """
    queries = np.asarray(queries, dtype=np.float32)
    kept = min(_SPARE * count, reference_count)
    candidates = _candidates(
        queries, references, reference_count, kept, rows_at_once
    )
    order = np.empty((len(queries), kept), dtype=np.float64)
    for row, (query, indices) in enumerate(
        zip(queries, candidates, strict=True)
    ):
        differences = references(indices).astype(np.float64) - query
        order[row] = np.square(differences).sum(axis=1)
    best = np.argsort(order, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(candidates, best, axis=1)


def _candidates(queries, references, reference_count, kept, rows_at_once):
    # Distances do not depend on the origin, but their rounding does.
    origin = queries.mean(axis=0)
    queries = queries - origin
    indices = np.empty((len(queries), 0), dtype=np.int64)
    distances = np.empty((len(queries), 0), dtype=np.float32)
    for start in range(0, reference_count, rows_at_once):
        stop = min(start + rows_at_once, reference_count)
        chunk = references(slice(start, stop)).astype(np.float32) - origin
        # |q|^2 is the same for all references of a query.
        squares = np.einsum("ij,ij->i", chunk, chunk)
        # Some builds of BLAS warn of numbers outside the matrix.
        with np.errstate(invalid="ignore"):
            new = squares - 2.0 * (queries @ chunk.T)
        distances = np.concatenate([distances, new], axis=1)
        rows = np.broadcast_to(np.arange(start, stop), new.shape)
        indices = np.concatenate([indices, rows], axis=1)
        if distances.shape[1] > kept:
            chosen = np.argpartition(distances, kept - 1, axis=1)[:, :kept]
            distances = np.take_along_axis(distances, chosen, axis=1)
            indices = np.take_along_axis(indices, chosen, axis=1)
    return np.sort(indices, axis=1)
