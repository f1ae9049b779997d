"""Translation against all shifts that there are, tried one by one."""

import itertools

import numpy as np
import pytest

from keras_regan.augmentations import Translation


def shifted(images, down, right):
    """Images moved down and to the right, filled up with zeros."""
    _, height, width, _ = images.shape
    border = max(height, width)
    padding = [(0, 0), (border, border), (border, border), (0, 0)]
    top, left = border - down, border - right
    padded = np.pad(images, padding)
    return padded[:, top : top + height, left : left + width]


def shifts(images, result, longest=4):
    """The one shift of each sample that explains the result exactly."""
    lengths = range(-longest, longest + 1)
    candidates = list(itertools.product(lengths, lengths))
    matches = np.stack(
        [
            (shifted(images, *shift) == result).all(axis=(1, 2, 3))
            for shift in candidates
        ],
        axis=1,
    )
    np.testing.assert_array_equal(matches.sum(axis=1), 1)
    return np.array(candidates)[matches.argmax(axis=1)]


@pytest.mark.parametrize(
    "ratio, height, width, channels, down, right",
    [
        (0.125, 8, 16, 3, 1, 2),
        (0.125, 12, 20, 1, 2, 3),  # 1.5 and 2.5 pixels, rounded up.
        (0.125, 11, 9, 1, 1, 1),  # 1.375 and 1.125 pixels, rounded down.
        (0.5, 6, 5, 3, 3, 3),
    ],
)
def test_shifts(ratio, height, width, channels, down, right, layout, normal):
    images = normal(600, height, width, channels)
    result = layout.apply(Translation(ratio), images)
    found = shifts(images, result)
    lengths = np.array([down, right])
    possible = np.prod(2 * lengths + 1)
    places, counts = np.unique(found, axis=0, return_counts=True)
    np.testing.assert_array_equal(places.min(axis=0), -lengths)
    np.testing.assert_array_equal(places.max(axis=0), lengths)
    # All places, and each about as often.
    assert len(places) == possible
    expected = 600 / possible
    assert ((counts - expected) ** 2 / expected).sum() < 2 * possible


def test_ratio_of_zero_does_nothing(layout, normal):
    images = normal(4, 8, 8, 3)
    np.testing.assert_array_equal(
        layout.apply(Translation(0.0), images), images
    )


def test_whole_image_can_leave(layout):
    images = np.ones((300, 2, 2, 1), "float32")
    result = layout.apply(Translation(1.0), images)
    assert set(result.sum(axis=(1, 2, 3))) == {0.0, 1.0, 2.0, 4.0}


def test_gradient_is_shifted_back(layout, normal):
    images, weights = normal(2, 20, 8, 16, 3)
    found = shifts(images, layout.apply(Translation(), images))
    gradient = layout.pull(Translation(), images, weights)
    for index, (down, right) in enumerate(found):
        sample = weights[index : index + 1]
        np.testing.assert_array_equal(
            gradient[index : index + 1], shifted(sample, -down, -right)
        )


@pytest.mark.parametrize(
    "ratio, error",
    [
        (-0.1, ValueError),
        (1.5, ValueError),
        (float("nan"), ValueError),
        ("0.1", TypeError),
        (True, TypeError),
    ],
)
def test_bad_arguments(ratio, error):
    with pytest.raises(error, match="`ratio`.*interval.*ratio="):
        Translation(ratio)
