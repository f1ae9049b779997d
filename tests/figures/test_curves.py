import csv

import keras
import numpy as np
import pytest

from keras_regan.figures._curves import Curve
from keras_regan.figures._curves import read_curves

pytestmark = pytest.mark.host


def plain(curves):
    return {
        key: (curve.epochs.tolist(), curve.values.tolist())
        for key, curve in curves.items()
    }


def history(epoch=None, **lists):
    result = keras.callbacks.History()
    result.history = lists
    result.epoch = epoch
    return result


def write_rows(path, header, *rows, delimiter=","):
    with open(path, "w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def test_a_dictionary_begins_at_epoch_1():
    assert plain(read_curves({"d_loss": [0.5, 0.25]})) == {
        "d_loss": ([1, 2], [0.5, 0.25])
    }


def test_a_history_knows_its_epochs():
    curves = read_curves(history([4, 5], d_loss=[1.0, 2.0]))
    assert plain(curves) == {"d_loss": ([5, 6], [1.0, 2.0])}


@pytest.mark.parametrize(
    "epoch, total, count, expected",
    [
        (None, 10, 5, [2, 4, 6, 8, 10]),
        (None, 10, 3, [3, 6, 9]),
        (None, 7, 1, [7]),
        (None, 10, 4, [7, 8, 9, 10]),  # Not every n-th one: the last ones.
        ([5, 6, 7, 8], 4, 2, [6, 8]),
    ],
)
def test_short_lists_are_of_every_nth_epoch(epoch, total, count, expected):
    curves = read_curves(
        history(epoch, d_loss=[0.0] * total, val_d_loss=[1.0] * count)
    )
    assert curves["val_d_loss"].epochs.tolist() == expected


def test_what_are_no_numbers_is_left_out():
    curves = read_curves({"d_loss": [1.0], "weights": [[1, 2]], "no": ["x"]})
    assert list(curves) == ["d_loss"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_with_gaps(tmp_path, delimiter):
    path = write_rows(
        tmp_path / "history.csv",
        ["epoch", "d_loss", "val_d_loss"],
        [0, 1.5, "NA"],
        [1, "nan", 2.5],
        [2, "inf"],  # What a full disk has left.
        delimiter=delimiter,
    )
    curves = read_curves(str(path))
    assert curves["d_loss"].epochs.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(
        curves["d_loss"].values, [1.5, np.nan, np.inf]
    )
    assert plain(curves)["val_d_loss"] == ([2], [2.5])


def test_epochs_that_a_file_has_twice_count_as_the_later_ones(tmp_path):
    path = write_rows(
        tmp_path / "history.csv",
        ["epoch", "d_loss"],
        [0, 1.0],
        [1, 2.0],
        [2, 3.0],
        ["epoch", "d_loss"],
        [1, 20.0],
        [2, 30.0],
    )
    assert plain(read_curves(path)) == {
        "d_loss": ([1, 2, 3], [1.0, 20.0, 30.0])
    }


def test_curve_without_nan():
    curve = Curve(np.array([1, 2, 3]), np.array([0.5, np.nan, np.inf]))
    assert curve.finite.tolist() == [0.5]
    assert plain({"a": curve.without_nan()}) == {"a": ([1, 3], [0.5, np.inf])}


@pytest.mark.parametrize(
    "empty", [{}, {"d_loss": []}, {"d_loss": ["?"]}, history([], d_loss=[])]
)
def test_an_empty_history_is_refused(empty):
    with pytest.raises(ValueError, match="argument `history`"):
        read_curves(empty)


@pytest.mark.parametrize(
    "text", ["", "epoch,d_loss\n", "epoch\n0\n", "no\n1\n"]
)
def test_an_empty_file_is_refused(tmp_path, text):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(ValueError, match="argument `history`"):
        read_curves(tmp_path / "history.csv")


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_curves(tmp_path / "history.csv")


@pytest.mark.parametrize("wrong", [None, 3, [1.0]])
def test_other_things_are_refused(wrong):
    with pytest.raises(TypeError, match="argument `history`"):
        read_curves(wrong)
