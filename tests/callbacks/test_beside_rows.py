import numpy as np
import pytest
from callbacks.fake_training import FakeModel
from callbacks.fake_training import pixels
from callbacks.fake_training import train

from keras_regan._checks.conditions import Condition
from keras_regan._checks.conditions import Conditions
from keras_regan.callbacks import SampleGrid

BETWEEN = 2 + 8 + 2  # The edges of two grids, and the gap.


class Completing(FakeModel):
    """Takes images of a shape as conditions."""

    def __init__(self, shape=(4, 4, 1), condition=(4, 4, 1), dtype="float32"):
        super().__init__(shape=shape, conditional=True)
        self.conditions = Conditions([Condition("part", condition, dtype)])


def shades(*values, shape=(4, 4, 1), dtype="float32"):
    values = np.array(values, dtype).reshape(-1, *[1] * len(shape))
    return np.broadcast_to(values, (values.shape[0], *shape)).copy()


def picture_of(tmp_path, model, **arguments):
    callback = SampleGrid(tmp_path, count=4, **arguments)
    train(callback, model, epochs=1)
    return pixels(tmp_path / "epoch_0001.png")


def test_condition_truth_and_samples_stand_in_a_row(tmp_path):
    picture = picture_of(
        tmp_path,
        Completing(),
        conditions=shades(-1.0, 0.6),
        real=shades(0.2, -0.2),
    )
    # Two grids of one column, and one of two.
    assert picture.shape == (2 + 2 * 6, 8 + 8 + 8 + 8 + 14)
    row = picture[3]
    assert row[2] == 0 and row[2 + 4 + BETWEEN] == 153
    assert row[2 + 2 * (4 + BETWEEN)] == 128
    assert (row[8:16] == 255).all() and (row[24:32] == 255).all()
    assert picture[9, 2] == 204 and picture[9, 2 + 4 + BETWEEN] == 102


def test_labels_may_have_a_truth_and_no_picture(tmp_path):
    picture = picture_of(
        tmp_path,
        FakeModel(shape=(4, 4, 1), conditional=True),
        conditions=[1, 0],
        real=shades(0.2, -0.2),
    )
    assert picture.shape == (14, 8 + 8 + 14)


def test_gray_conditions_stand_beside_colours(tmp_path):
    picture = picture_of(
        tmp_path, Completing((4, 4, 3)), conditions=shades(-1.0, 1.0)
    )
    assert picture.shape == (14, 8 + 8 + 14, 3)
    assert picture[3, 3].tolist() == [0, 0, 0]
    assert picture[3, 19].tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    "values, dtype, expected",
    [
        ((0.0, 1.0), "float32", (0, 255)),
        ((0.0, 255.0), "float32", (0, 255)),
        ((-1.0, 0.0), "float32", (0, 128)),
        ((0, 4), "int32", (0, 255)),
        ((300.0, 300.0), "float32", (0, 0)),
    ],
    ids=["unit", "bytes", "signed", "classes", "constant"],
)
def test_conditions_have_values_of_their_own(tmp_path, values, dtype, expected):
    picture = picture_of(
        tmp_path,
        Completing(dtype=dtype),
        conditions=shades(*values, dtype=dtype),
    )
    assert (picture[3, 3], picture[9, 3]) == expected


def test_conditions_are_as_high_as_samples(tmp_path):
    part = shades(0.0, 1.0, shape=(2, 3, 1))
    part[0, 0] = 1.0
    picture = picture_of(
        tmp_path, Completing(condition=(2, 3, 1)), conditions=part
    )
    assert picture.shape == (14, 10 + 8 + 14)
    assert picture[2:6, 2].tolist() == [255, 255, 0, 0]


@pytest.mark.parametrize("condition", [(4,), (4, 4), (4, 4, 7)])
def test_other_conditions_are_not_drawn(tmp_path, condition):
    picture = picture_of(
        tmp_path,
        Completing(condition=condition),
        conditions=shades(0.0, 1.0, shape=condition),
    )
    assert picture.shape == (14, 14)


def test_captions_stand_at_the_left(tmp_path):
    model = FakeModel(shape=(4, 4, 1), conditional=True)
    picture = picture_of(
        tmp_path, model, conditions=[1, 0], captions=["I", "shoe"]
    )
    # Rows that are lower than a line become as high.
    assert picture.shape[0] == 2 + 2 * 14
    assert (picture[2:14, :20] < 128).any() and (
        picture[16:28, :20] < 128
    ).any()
    assert picture[3, -4] == 128 and picture[7, -4] == 255


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({"real": shades(0.0)}, ValueError, "2 samples, one for each"),
        ({"real": [1, 2]}, TypeError, "argument `real`"),
        ({"captions": ["one"]}, ValueError, "argument `captions`"),
        ({"real": shades(0, 1), "conditions": None}, ValueError, "argument `r"),
        ({"captions": "ab", "conditions": None}, ValueError, "argument `capt"),
    ],
)
def test_rows_must_be_as_many(tmp_path, arguments, error, words):
    with pytest.raises(error, match=words):
        SampleGrid(tmp_path, **{"conditions": [0, 1], **arguments})


@pytest.mark.parametrize(
    "real, words",
    [
        (shades(0.0, 0.5, shape=(4, 5, 1)), "argument `real.shape`"),
        (shades(0.0, 200.0), r"value_range=\(-1.0, 1.0\)"),
    ],
)
def test_the_truth_must_be_like_samples(tmp_path, real, words):
    callback = SampleGrid(tmp_path, conditions=[0, 1], real=real)
    callback.set_model(FakeModel(shape=(4, 4, 1), conditional=True))
    with pytest.raises(ValueError, match=words):
        callback.on_train_begin()
