"""The flip against NumPy's."""

import numpy as np
import pytest

from keras_regan.augmentations import HorizontalFlip


def flipped(images, result):
    """Tells which samples were flipped; the others must have stayed."""
    mirrored = images[:, :, ::-1]
    changed = (result == mirrored).all(axis=(1, 2, 3))
    kept = (result == images).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(changed, ~kept)
    return changed


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("probability", [0.0, 0.25, 0.5, 1.0])
def test_share_of_flipped_images(probability, channels, layout, normal):
    images = normal(1000, 3, 4, channels)
    result = layout.apply(HorizontalFlip(probability), images)
    share = flipped(images, result).mean()
    assert abs(share - probability) < 0.06
    if probability in (0.0, 1.0):
        assert share == probability


def test_gradient_is_flipped_back(layout, normal):
    images, weights = normal(20, 3, 4, 3), normal(20, 3, 4, 3)
    changed = flipped(images, layout.apply(HorizontalFlip(), images))
    assert changed.any() and not changed.all()
    np.testing.assert_array_equal(
        layout.pull(HorizontalFlip(), images, weights),
        np.where(changed[:, None, None, None], weights[:, :, ::-1], weights),
    )


@pytest.mark.parametrize(
    "probability, error",
    [
        (-0.1, ValueError),
        (1.1, ValueError),
        (float("nan"), ValueError),
        ("half", TypeError),
        (True, TypeError),
    ],
)
def test_bad_arguments(probability, error):
    with pytest.raises(error, match="`probability`.*interval.*probability="):
        HorizontalFlip(probability)
