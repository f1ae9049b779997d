import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies
from PIL import Image

from keras_regan._picture_names import picture_path
from keras_regan.figures._thumbnails import centres_without_overlap
from keras_regan.figures._thumbnails import read_thumbnails
from keras_regan.figures._thumbnails import size_of_thumbnails

pytestmark = pytest.mark.host


def write(directory, epochs, size=(10, 10), name="epoch"):
    for epoch in epochs:
        picture = Image.new("L", size, color=epoch % 256)
        picture.save(picture_path(str(directory), name, epoch))


def epochs_of(directory, last_epoch):
    return [t.epoch for t in read_thumbnails(str(directory), last_epoch)]


def test_few_pictures_are_all_shown(tmp_path):
    write(tmp_path, [1, 5, 20])
    write(tmp_path, [2, 3], name="nearest")
    assert epochs_of(tmp_path, 20) == [1, 5, 20]
    shown = read_thumbnails(str(tmp_path), 20)[1].picture
    assert shown.mode == "RGB" and shown.getpixel((0, 0)) == (5, 5, 5)


@pytest.mark.parametrize(
    "epochs, expected",
    [
        (range(0, 101), [0, 20, 40, 60, 80, 100]),
        (range(1, 8), [1, 2, 3, 5, 6, 7]),
        ([1, 2, 3, 4, 5, 6, 100], [1, 6, 100]),
    ],
    ids=["many", "seven", "uneven"],
)
def test_many_pictures_are_thinned_evenly_in_time(tmp_path, epochs, expected):
    write(tmp_path, epochs)
    assert epochs_of(tmp_path, 1000) == expected


def test_pictures_of_later_epochs_are_left_out(tmp_path):
    write(tmp_path, range(1, 10))
    assert epochs_of(tmp_path, 4) == [1, 2, 3, 4]


def test_a_broken_picture_is_left_out(tmp_path):
    write(tmp_path, [1, 2])
    (tmp_path / "epoch_0002.png").write_bytes(b"half")
    with pytest.warns(UserWarning, match="epoch_0002.png"):
        assert epochs_of(tmp_path, 9) == [1]


def test_all_sizes_fit(tmp_path):
    write(tmp_path, [1, 2], size=(10, 40))
    write(tmp_path, [3], size=(40, 10))
    thumbnails = read_thumbnails(str(tmp_path), 3)
    width, height = size_of_thumbnails(thumbnails, 7.0)
    assert 0 < width <= 1.7 and 0 < height <= 1.7


@settings(deadline=None, max_examples=100)
@given(
    wanted=strategies.lists(
        strategies.floats(0, 7.6), min_size=1, max_size=6, unique=True
    )
)
def test_nothing_overlaps_and_all_is_inside(wanted):
    wanted = np.sort(wanted)
    size = min(1.7, (7.6 + 0.12) / len(wanted) - 0.12)
    places = centres_without_overlap(wanted, size, 7.6)
    assert (np.diff(places) >= size + 0.12 - 1e-9).all()
    assert places[0] >= size / 2 - 1e-9
    assert places[-1] <= 7.6 - size / 2 + 1e-9


def test_what_has_room_stays_in_its_place():
    wanted = np.array([1.0, 3.0, 6.0])
    np.testing.assert_array_equal(
        centres_without_overlap(wanted, 1.2, 7.6), wanted
    )
    assert wanted.tolist() == [1.0, 3.0, 6.0]
