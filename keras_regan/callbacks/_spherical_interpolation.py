"""The shorter arc between two vectors, with NumPy."""

import numpy as np


def spherical_interpolation(
    start: np.ndarray, end: np.ndarray, steps: int
) -> np.ndarray:
    """Interpolates between two vectors along an arc, at constant speed.

    Normally distributed latents lie close to a sphere. The straight line
    between two of them runs through the inside, where the generator has seen
    next to nothing.

    Formula, for unit vectors `u` and `v` at the angle `a`, and `t` from 0 to 1
    (Shoemake 1985, "Animating rotation with quaternion curves"; for latents
    White 2016, https://arxiv.org/abs/1609.04468):

    ```
    direction(t) = (sin((1 - t) a) u + sin(t a) v) / sin(a)
    point(t) = ((1 - t) |start| + t |end|) direction(t)
    ```

    White applies the first line to the vectors themselves. That is the same
    for equal norms; for others it leaves the range of both norms and changes
    its speed. Between opposite vectors all arcs are equally long; the one
    towards the axis of their smallest component is used. A zero vector takes
    the direction of the other one.

    Args:
        start: Float array of shape `(..., d)`: one vector, or many.
        end: Float array of the same shape.
        steps: Positive integer. The number of points, both ends included.

    Returns:
        Float array of shape `(steps, ..., d)`.
    """
    start, end = np.asarray(start), np.asarray(end)
    dtype = np.result_type(start, end)
    start, end = start.astype("float64"), end.astype("float64")
    start_norm, end_norm = _norm(start), _norm(end)
    u, v = _unit(start, start_norm), _unit(end, end_norm)
    u, v = np.where(start_norm > 0, u, v), np.where(end_norm > 0, v, u)
    angle = 2.0 * np.arctan2(_norm(u - v), _norm(u + v))
    across = _perpendicular(u, v)
    t = np.linspace(0.0, 1.0, steps).reshape(-1, *[1] * start.ndim)
    direction = np.cos(t * angle) * u + np.sin(t * angle) * across
    points = ((1.0 - t) * start_norm + t * end_norm) * direction
    return points.astype(dtype)


def _perpendicular(u, v):
    """Returns unit vectors at a right angle to `u`, on the side of `v`."""
    across = v - _dot(u, v) * u
    # Opposite and equal vectors do not determine a side.
    axis = np.eye(u.shape[-1])[np.argmin(np.abs(u), axis=-1)]
    other = axis - _dot(u, axis) * u
    across = np.where(_norm(across) > 1e-12, across, other)
    return _unit(across, _norm(across))


def _dot(a, b):
    return np.sum(a * b, axis=-1, keepdims=True)


def _norm(vectors):
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _unit(vectors, norms):
    return vectors / np.where(norms > 0, norms, 1.0)
