"""Samples that are no images are drawn as curves."""

import keras
import numpy as np
import pytest
from callbacks.fake_training import FakeModel
from callbacks.fake_training import names
from callbacks.fake_training import pixels
from callbacks.fake_training import train

import keras_regan as kr
from keras_regan.callbacks._drawn_samples import drawn

PAPER, AXIS = 244, 208


def heights(picture):
    """The rows, from the bottom, that each column of a curve covers."""
    is_curve = (picture != PAPER).any(-1) & (picture != AXIS).any(-1)
    bottom = len(picture) - 1
    return [set(bottom - np.flatnonzero(column)) for column in is_curve.T]


def test_each_value_has_its_height():
    steps = np.array([0.0, 47.0, 23.0, 23.0])
    (picture,) = drawn(steps.reshape(1, 4, 1), (0.0, 47.0))
    covered = heights(picture)
    assert covered[0] == {0} and covered[-1] == {23}
    assert max(covered[32] | covered[31]) == 47
    assert all(column == {23} for column in covered[64:])
    # Without a gap on the way up.
    assert set().union(*covered[:32]) >= set(range(46))
    (clipped,) = drawn(10 * steps.reshape(1, 4, 1) - 100, (0.0, 47.0))
    assert heights(clipped)[0] == {0} and heights(clipped)[-1] == {47}


def test_a_column_of_a_long_curve_shows_all_that_is_in_it():
    sound = np.full((1, 960, 1), 5.0)
    sound[0, 500] = 40.0
    covered = heights(drawn(sound, (0.0, 47.0))[0])
    assert len(covered) == 96
    assert covered[50] == set(range(5, 41))
    assert covered[49] == {5} and covered[52] == {5}


def test_channels_have_colours_and_nan_has_none():
    samples = np.stack([np.full(8, -0.5), np.full(8, 0.5)], -1)[np.newaxis]
    samples[0, :, 1] = [0.5] * 4 + [np.nan] * 4
    (picture,) = drawn(samples, (-1.0, 1.0))
    colors = {tuple(color) for color in picture.reshape(-1, 3)}
    assert len(colors) == 4  # Two curves, paper and axis.
    covered = heights(picture)
    assert len(covered[0]) == 2 and len(covered[-1]) == 1


@pytest.mark.parametrize("shape", [(20,), (20, 3)])
def test_sample_grid_and_latent_walk_draw_curves(tmp_path, shape):
    grid = kr.callbacks.SampleGrid(tmp_path, count=4, every=3)
    train(grid, FakeModel(shape=shape))
    train(kr.callbacks.LatentWalk(tmp_path, walks=2), FakeModel(shape=shape))
    assert names(tmp_path) == ["epoch_0003.png", "walk_0003.gif"] + [
        "walk_0003.png"
    ]
    assert pixels(tmp_path / "epoch_0003.png").shape == (102, 198, 3)


def test_nearest_curves_are_found(tmp_path):
    real = np.linspace(-1, 1, 6)[:, np.newaxis] * np.ones((6, 20))
    view = kr.callbacks.NearestReal(real, count=1, neighbours=1)
    grid = kr.callbacks.SampleGrid(tmp_path, count=2, every=3, views=[view])
    train(grid, FakeModel(shape=(20,)))  # The last epoch makes 0.2.
    picture = pixels(tmp_path / "nearest_0003.png")
    generated, found = picture[2:50, 2:98], picture[2:50, -98:-2]
    np.testing.assert_array_equal(
        heights(found)[5], heights(drawn(real[3:4, :, None], (-1, 1))[0])[5]
    )
    assert heights(generated)[5] == heights(found)[5]


def test_channels_first(tmp_path):
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        grid = kr.callbacks.SampleGrid(tmp_path, count=1)
        train(grid, FakeModel(shape=(2, 20)), epochs=1)
        with pytest.raises(ValueError, match=r"\(count, channels, length\)"):
            train(grid, FakeModel(shape=(20, 2)), epochs=1)
    finally:
        keras.config.set_image_data_format(before)


def test_pictures_take_their_values_from_the_generator(tmp_path):
    def gray_of_one(activation, **arguments):
        model = FakeModel()
        dense = keras.layers.Dense(4, activation=activation)
        model.generator = keras.Sequential([keras.Input((3,)), dense])
        grid = kr.callbacks.SampleGrid(tmp_path, count=1, **arguments)
        train(grid, model, epochs=1)  # It makes 0.0.
        return pixels(tmp_path / "epoch_0001.png")[2, 2]

    assert gray_of_one("sigmoid") == 0
    assert gray_of_one("tanh") == 128
    assert gray_of_one("linear") == 128
    assert gray_of_one("relu") == 128
    assert gray_of_one("sigmoid", value_range=(-1.0, 3.0)) == 64
