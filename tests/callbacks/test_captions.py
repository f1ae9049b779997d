import numpy as np
import pytest

from keras_regan.callbacks._captions import LINE_HEIGHT
from keras_regan.callbacks._captions import caption_images
from keras_regan.callbacks._captions import checked_captions

pytestmark = pytest.mark.host
LONG = "a small red shoe with a high heel, " * 4


def lines_of(picture):
    """How many lines of text a picture has: runs of rows with ink."""
    ink = np.append((picture < 128).any(axis=(1, 2)), False)
    return int((ink[:-1] & ~ink[1:]).sum())


def test_captions_are_black_on_white_and_in_the_middle():
    short, wide = caption_images(["I", "IIIIII"], 40)
    assert short.shape == wide.shape and short.shape[0] == 40
    assert short.shape[2] == 1 and short.dtype == np.uint8
    assert (short > 250).mean() > 0.8 and short.min() < 80
    rows = np.flatnonzero((wide < 128).any(axis=(1, 2)))
    assert abs(rows.mean() - 19.5) <= 2
    # At the left, both.
    assert (short < 128)[:, :8].any() and not (short < 128)[:, 12:].any()


def test_long_captions_are_broken_and_cut():
    (low,) = caption_images([LONG], LINE_HEIGHT)
    (high,) = caption_images([LONG], 3 * LINE_HEIGHT)
    assert lines_of(low) == 1 and lines_of(high) == 3
    assert low.shape[1] < 260


def test_any_letters_and_nothing_can_be_written():
    assert caption_images(["", "Größe", "靴"], 20).shape[:2] == (3, 20)


@pytest.mark.parametrize(
    "captions, error",
    [
        ("ab", TypeError),
        ([1, 2], TypeError),
        (3, TypeError),
        (["a"], ValueError),
    ],
)
def test_captions_are_checked(captions, error):
    with pytest.raises(error, match="argument `captions`.*2 strings"):
        checked_captions(captions, 2)
