import numpy as np
import pytest

from keras_regan.callbacks._spherical_interpolation import (
    spherical_interpolation,
)

pytestmark = pytest.mark.host


def angles(points):
    """The angle from each point to the next."""
    units = points / np.linalg.norm(points, axis=-1, keepdims=True)
    cosines = np.sum(units[1:] * units[:-1], axis=-1)
    return np.arccos(np.clip(cosines, -1.0, 1.0))


def test_a_quarter_of_a_circle():
    points = spherical_interpolation(
        np.array([2.0, 0.0]), np.array([0.0, 2.0]), 4
    )
    at = np.array([0.0, 30.0, 60.0, 90.0]) * np.pi / 180.0
    expected = 2.0 * np.stack([np.cos(at), np.sin(at)], axis=1)
    np.testing.assert_allclose(points, expected, atol=1e-14)


def test_it_is_shoemakes_formula_for_equal_norms():
    random = np.random.default_rng(0)
    start, end = random.normal(size=(2, 100, 16))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    end /= np.linalg.norm(end, axis=1, keepdims=True)
    points = spherical_interpolation(start, end, 9)
    assert points.shape == (9, 100, 16)
    angle = np.arccos(np.sum(start * end, axis=1, keepdims=True))
    for t, point in zip(np.linspace(0, 1, 9), points, strict=True):
        expected = (
            np.sin((1 - t) * angle) * start + np.sin(t * angle) * end
        ) / np.sin(angle)
        np.testing.assert_allclose(point, expected, atol=1e-12)


def test_speed_is_constant_and_the_norm_between_both():
    random = np.random.default_rng(0)
    start, end = random.normal(size=(2, 50, 8))
    end *= 3.0
    points = spherical_interpolation(start, end, 11)
    np.testing.assert_allclose(points[0], start, atol=1e-12)
    np.testing.assert_allclose(points[-1], end, atol=1e-12)
    steps = angles(points)
    np.testing.assert_allclose(
        steps, np.broadcast_to(steps[:1], steps.shape), atol=1e-9
    )
    norms = np.linalg.norm(points, axis=-1)
    expected = np.linspace(norms[0], norms[-1], 11)
    np.testing.assert_allclose(norms, expected, rtol=1e-12)


@pytest.mark.parametrize("size", [2, 3, 64])
def test_opposite_vectors_are_joined_by_half_a_circle(size):
    start = np.random.default_rng(size).normal(size=size)
    points = spherical_interpolation(start, -2.0 * start, 7)
    np.testing.assert_allclose(points[-1], -2.0 * start, atol=1e-12)
    np.testing.assert_allclose(angles(points), np.pi / 6, rtol=1e-6)
    norms = np.linalg.norm(points, axis=-1) / np.linalg.norm(start)
    np.testing.assert_allclose(norms, np.linspace(1, 2, 7), rtol=1e-12)


def test_opposite_axes():
    axis = np.eye(3)[1]
    points = spherical_interpolation(axis, -axis, 5)
    np.testing.assert_allclose(np.linalg.norm(points, axis=-1), 1.0)


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_parallel_vectors_are_joined_by_a_line(factor):
    start = np.array([1.0, -2.0, 0.5])
    points = spherical_interpolation(start, factor * start, 5)
    expected = np.linspace(start, factor * start, 5)
    np.testing.assert_allclose(points, expected, rtol=1e-12)


def test_nearly_parallel_vectors():
    start = np.array([1.0, 0.0], "float64")
    end = np.array([1.0, 1e-9])
    points = spherical_interpolation(start, end, 3)
    np.testing.assert_allclose(points[1], [1.0, 5e-10], rtol=1e-6)


def test_zero_vectors():
    end = np.array([3.0, 4.0])
    zero = np.zeros(2)
    for start, stop in ((zero, end), (end, zero)):
        np.testing.assert_allclose(
            spherical_interpolation(start, stop, 4), np.linspace(start, stop, 4)
        )
    np.testing.assert_array_equal(
        spherical_interpolation(zero, zero, 3), np.zeros((3, 2))
    )


def test_one_dimension_is_finite():
    points = spherical_interpolation(np.array([1.0]), np.array([-1.0]), 5)
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points[[0, -1], 0], [1.0, -1.0])


def test_the_type_stays():
    start = np.ones(3, "float32")
    assert spherical_interpolation(start, -start, 3).dtype == np.float32
