"""Cutout against the list of all rectangles that it may cut."""

import numpy as np
import pytest

from keras_regan.augmentations import Cutout


def spans(size, length):
    """First row and number of rows of the blank for each place it can have.

    As in the authors' code: pixels beyond a border are moved to the border.
    """
    places = []
    for place in range(size + 1 - length % 2):
        rows = np.arange(length) + place - length // 2
        rows = np.unique(np.clip(rows, 0, size - 1))
        places.append((rows[0], len(rows)))
    return places


def blanks(result):
    """First row, rows, first column and columns of what is zero."""
    found = []
    for sample in result:
        zero = (sample == 0).all(axis=2)
        np.testing.assert_array_equal(zero, (sample == 0).any(axis=2))
        rows, columns = zero.any(axis=1), zero.any(axis=0)
        np.testing.assert_array_equal(zero, np.outer(rows, columns))
        found.append(
            (rows.argmax(), rows.sum(), columns.argmax(), columns.sum())
        )
    return np.array(found)


def assert_as_often(found, places):
    """The values have the frequencies of a list of equally likely ones."""
    values, expected = np.unique(places, axis=0, return_counts=True)
    expected = expected * len(found) / len(places)
    observed = np.array(
        [(found == value).all(axis=1).sum() for value in values]
    )
    assert observed.sum() == len(found)
    assert (observed > 0).all()
    assert ((observed - expected) ** 2 / expected).sum() < 3 * len(values)


@pytest.mark.parametrize(
    "ratio, height, width, channels, rows, columns",
    [
        (0.5, 8, 12, 3, 4, 6),
        (0.5, 6, 10, 1, 3, 5),
        (0.5, 5, 7, 3, 3, 4),  # 2.5 and 3.5 pixels, rounded up.
        (0.2, 6, 11, 1, 1, 2),
        (1.0, 4, 5, 3, 4, 5),
    ],
)
def test_places(ratio, height, width, channels, rows, columns, layout):
    images = np.ones((800, height, width, channels), "float32")
    found = blanks(layout.apply(Cutout(ratio), images))
    assert_as_often(found[:, :2], spans(height, rows))
    assert_as_often(found[:, 2:], spans(width, columns))
    correlation = np.corrcoef(found[:, 0], found[:, 2])[0, 1]
    assert abs(correlation) < 0.15
    area = np.mean([n for _, n in spans(height, rows)]) * np.mean(
        [n for _, n in spans(width, columns)]
    )
    np.testing.assert_allclose(
        (found[:, 1] * found[:, 3]).mean(), area, rtol=0.05
    )


def test_the_rest_stays(layout, normal):
    images = normal(50, 8, 8, 3)
    result = layout.apply(Cutout(), images)
    blank = layout.apply(Cutout(), np.ones_like(images)) == 0
    np.testing.assert_array_equal(result, np.where(blank, 0, images))


def test_gradient_is_zero_in_the_blank(layout, normal):
    images, weights = normal(50, 8, 8, 3), normal(50, 8, 8, 3)
    blank = layout.apply(Cutout(), np.ones_like(images)) == 0
    np.testing.assert_array_equal(
        layout.pull(Cutout(), images, weights), np.where(blank, 0, weights)
    )


def test_ratio_of_zero_does_nothing(layout, normal):
    images = normal(4, 8, 8, 3)
    np.testing.assert_array_equal(layout.apply(Cutout(0.0), images), images)


@pytest.mark.parametrize(
    "ratio, error",
    [
        (-0.1, ValueError),
        (1.5, ValueError),
        (float("nan"), ValueError),
        (None, TypeError),
        (False, TypeError),
    ],
)
def test_bad_arguments(ratio, error):
    with pytest.raises(error, match="`ratio`.*interval.*ratio="):
        Cutout(ratio)
