"""The jitter of colours against what each of its parts must keep."""

import numpy as np
import pytest

from keras_regan.augmentations import ColorJitter


def factors(images, result, axes):
    """By what the distances to a mean were multiplied, for each sample.

    Raises if that is not one number for the whole sample.
    """
    before = images - images.mean(axis=axes, keepdims=True)
    after = result - result.mean(axis=axes, keepdims=True)
    factor = (before * after).sum(axis=(1, 2, 3)) / (before**2).sum(
        axis=(1, 2, 3)
    )
    np.testing.assert_allclose(
        after, factor[:, None, None, None] * before, atol=1e-5
    )
    return factor


def assert_uniform(values, low, high):
    """For 1,000 values and more."""
    assert low <= values.min() and values.max() <= high
    counts, _ = np.histogram(values, 5, (low, high))
    share = counts / len(values)
    np.testing.assert_allclose(share, 0.2, atol=0.06)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("brightness", [0.5, 2.0])
def test_brightness_adds_one_number(brightness, channels, layout, normal):
    images = normal(1000, 3, 4, channels)
    result = layout.apply(ColorJitter(brightness, 0.0, 0.0), images)
    added = result - images
    np.testing.assert_allclose(
        added, np.broadcast_to(added[:, :1, :1, :1], added.shape), atol=1e-5
    )
    assert_uniform(added.mean(axis=(1, 2, 3)), -brightness, brightness)


@pytest.mark.parametrize("saturation", [1.0, 0.25])
def test_saturation_keeps_the_mean_of_a_pixel(saturation, layout, normal):
    images = normal(1000, 3, 4, 3)
    result = layout.apply(ColorJitter(0.0, saturation, 0.0), images)
    np.testing.assert_allclose(
        result.mean(axis=3), images.mean(axis=3), atol=1e-5
    )
    factor = factors(images, result, axes=3)
    assert_uniform(factor, 1 - saturation - 1e-5, 1 + saturation + 1e-5)


def test_saturation_leaves_grey_images(layout, normal):
    images = normal(4, 3, 4, 1)
    np.testing.assert_array_equal(
        layout.apply(ColorJitter(0.0, 1.0, 0.0), images), images
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("contrast", [0.5, 1.0])
def test_contrast_keeps_the_mean_of_the_image(
    contrast, channels, layout, normal
):
    images = normal(1000, 3, 4, channels)
    result = layout.apply(ColorJitter(0.0, 0.0, contrast), images)
    axes = (1, 2, 3)
    np.testing.assert_allclose(
        result.mean(axis=axes), images.mean(axis=axes), atol=1e-5
    )
    factor = factors(images, result, axes)
    assert_uniform(factor, 1 - contrast - 1e-5, 1 + contrast + 1e-5)


def test_all_three_with_the_defaults(layout, normal):
    images = normal(1000, 3, 4, 3)
    result = layout.apply(ColorJitter(), images)
    axes = (1, 2, 3)
    # Saturation keeps the mean of each pixel, and contrast that of the image.
    brightness = result.mean(axis=axes) - images.mean(axis=axes)
    contrast = factors(
        images.mean(axis=3, keepdims=True),
        result.mean(axis=3, keepdims=True),
        axes,
    )
    saturation = factors(images, result, axes=3) / contrast
    assert_uniform(brightness, -0.5 - 1e-5, 0.5 + 1e-5)
    assert_uniform(saturation, -1e-4, 2 + 1e-4)
    assert_uniform(contrast, 0.5 - 1e-5, 1.5 + 1e-5)
    correlation = np.corrcoef([brightness, saturation, contrast])
    assert np.abs(correlation - np.eye(3)).max() < 0.15


def test_without_strengths(layout, normal):
    images = normal(4, 3, 4, 3)
    np.testing.assert_array_equal(
        layout.apply(ColorJitter(0.0, 0.0, 0.0), images), images
    )


def test_result_is_not_clipped(layout):
    images = np.ones((100, 2, 2, 3), "float32")
    assert layout.apply(ColorJitter(), images).max() > 1.3


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"brightness": -0.1}, ValueError, "`brightness`.*brightness=-0.1"),
        ({"brightness": float("inf")}, ValueError, "`brightness`"),
        ({"brightness": "0.5"}, TypeError, "`brightness`"),
        ({"saturation": 1.1}, ValueError, "`saturation`.*saturation=1.1"),
        ({"saturation": True}, TypeError, "`saturation`"),
        ({"contrast": -0.5}, ValueError, "`contrast`.*contrast=-0.5"),
        ({"contrast": float("nan")}, ValueError, "`contrast`"),
        ({"contrast": None}, TypeError, "`contrast`"),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        ColorJitter(**arguments)
