import keras
import numpy as np
from PIL import Image

import keras_regan as kr
from keras_regan.search import Objective
from keras_regan.search import SearchResult
from keras_regan.search import TrialRecord


def train(factors, seed):
    """Trains nothing; returns a GAN that is told an image and a class."""
    shade, number = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
    latents, sample = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    return kr.RegularizedGAN(
        keras.Model(
            [latents, shade, number],
            keras.ops.tanh(latents) * 0.5 + shade * 0.5,
        ),
        keras.Model(
            [sample, shade, number],
            keras.layers.Dense(1)(keras.layers.Flatten()(sample)),
        ),
    )


def test_draw_grids_of_conditional_gans(tmp_path):
    trials = [
        TrialRecord(n, {"soft": float(n)}, "complete", [(cost,)], None, 1.0)
        for n, cost in enumerate([3.0, 1.0])
    ]
    result = SearchResult((Objective("val_cost", "min"),), trials, train)
    shades = np.full((2, 4, 4, 1), 1.0, "float32")
    shades[0] = -1.0
    result.draw_grids(
        tmp_path / "grids.png",
        count=7,
        conditions=(shades, [0, 1]),
        real=-shades,
    )
    pixels = np.asarray(Image.open(tmp_path / "grids.png"))
    # Condition, truth, three samples without and three with, in two rows.
    assert pixels.shape == (2 + 2 * 6, 2 * 8 + 2 * 20 + 3 * 8)
    assert (pixels[2:6, 2:6] == 0).all() and (pixels[8:12, 2:6] == 255).all()
    assert (pixels[2:6, 18:22] == 255).all()
    assert (pixels[8:12, 18:22] == 0).all()
    without, with_ = pixels[:, 32:52], pixels[:, 60:80]
    np.testing.assert_array_equal(without, with_)
    # Each row is of its condition, and its samples are of different latents.
    assert (without[2:6, 2:6] <= 128).all() and (without[8:12, 2:6] > 127).all()
    assert (without[2:6, 2:6] != without[2:6, 8:12]).any()
