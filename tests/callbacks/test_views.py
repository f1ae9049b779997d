import os

import keras
import numpy as np
import pytest
from callbacks.fake_training import FakeModel
from callbacks.fake_training import names
from callbacks.fake_training import pixels
from callbacks.fake_training import texts
from callbacks.fake_training import train
from PIL import Image

import keras_regan as kr
from keras_regan.callbacks import AverageAndLive
from keras_regan.callbacks import NearestReal
from keras_regan.callbacks import SampleGrid
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import side_by_side
from keras_regan.callbacks._image_grid import to_uint8
from keras_regan.callbacks._view import View


class Pair(FakeModel):
    """A model that keeps an average; the live generator is brighter."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.ema_generator = self
        self.generator = FakeModel(**arguments)
        self.generator.value = 0.5


class Shades(FakeModel):
    """Makes images of one shade each, -0.8, -0.6, ... of the batch."""

    def predict_on_batch(self, inputs):
        super().predict_on_batch(inputs)
        latents = inputs[0] if self.conditional else inputs
        shades = -0.8 + 0.2 * np.arange(len(latents))
        return np.broadcast_to(
            shades.reshape(-1, 1, 1, 1), (len(latents), *self.shape)
        )


def shaded(*shades, shape=(2, 2, 1)):
    images = np.array(shades, "float32").reshape(-1, 1, 1, 1)
    return np.broadcast_to(images, (len(shades), *shape)).copy()


def as_pixels(*shades):
    return to_uint8(np.array(shades), (-1.0, 1.0)).tolist()


def rows_of(picture):
    """The shades of images of 2 x 2 pixels in a picture of NearestReal."""
    left, right = picture[2:-2, 2:4], picture[2:-2, 16:-2]
    return [
        [int(left[row, 0]), *map(int, right[row, ::4])]
        for row in range(0, len(left), 4)
    ]


# Side by side


def test_side_by_side_leaves_a_gap():
    left = np.zeros((3, 2, 1), np.uint8)
    right = np.full((3, 4, 1), 7, np.uint8)
    picture = side_by_side(left, right, background=200)
    assert picture.shape == (3, 14, 1)
    np.testing.assert_array_equal(
        picture[1, :, 0], [0] * 2 + [200] * 8 + [7] * 4
    )


# The average and the live generator


def test_average_and_live_stand_side_by_side(tmp_path):
    model = Pair()
    callback = SampleGrid(tmp_path, count=4, views=[AverageAndLive()])
    train(callback, model, epochs=2)
    assert names(tmp_path) == [
        "average_and_live_0001.png",
        "average_and_live_0002.png",
        "epoch_0001.png",
        "epoch_0002.png",
    ]
    picture = pixels(tmp_path / "average_and_live_0002.png")
    average = image_grid(to_uint8(np.full((4, 2, 2, 1), 0.1), (-1, 1)))
    live = image_grid(to_uint8(np.full((4, 2, 2, 1), 0.5), (-1, 1)))
    expected = side_by_side(average, live)[..., 0]
    np.testing.assert_array_equal(picture, expected)
    for latents in model.generator.inputs:
        np.testing.assert_array_equal(latents, model.inputs[0])


def test_average_and_live_keep_the_rows_of_classes(tmp_path):
    callback = SampleGrid(
        tmp_path, count=6, conditions=[3, 1], views=[AverageAndLive()]
    )
    model = Pair(conditional=True)
    train(callback, model, epochs=1)
    grid = pixels(tmp_path / "epoch_0001.png")
    picture = pixels(tmp_path / "average_and_live_0001.png")
    assert picture.shape == (grid.shape[0], 2 * grid.shape[1] + 8)
    np.testing.assert_array_equal(
        model.generator.inputs[0][1], [3, 3, 3, 1, 1, 1]
    )


def test_average_and_live_needs_an_average(tmp_path):
    model = Pair()
    model.ema_generator = None
    callback = SampleGrid(tmp_path, count=4, views=[AverageAndLive()])
    callback.set_model(model)
    with pytest.raises(ValueError, match="argument `ema_momentum`"):
        callback.on_train_begin()


def test_average_and_live_of_a_model(images, tmp_path):
    pair = kr.networks.mlp((8, 8, 1), latent_dim=4, hidden=(8,))
    gan = kr.RegularizedGAN(*pair, ema_momentum=0.9, seed=0)
    gan.compile(generator_optimizer=keras.optimizers.Adam(0.05))
    callback = SampleGrid(tmp_path, count=4, views=[AverageAndLive()])
    gan.fit(images, epochs=2, batch_size=8, verbose=0, callbacks=[callback])
    picture = pixels(tmp_path / "average_and_live_0002.png")
    latents = keras.ops.convert_to_numpy(gan.sample_latents(4, seed=0))
    grids = [
        image_grid(to_uint8(network.predict(latents, verbose=0), (-1.0, 1.0)))
        for network in (gan.ema_generator, gan.generator)
    ]
    assert np.abs(grids[0].astype(int) - grids[1]).max() > 3
    difference = picture - side_by_side(*grids)[..., 0].astype(int)
    assert np.abs(difference).max() <= 1


# Nearest real images


def test_nearest_real_shows_the_nearest_first(tmp_path):
    real = shaded(0.9, -0.74, 0.1, -0.55, -0.85)
    view = NearestReal(real, count=2, neighbours=3)
    train(SampleGrid(tmp_path, count=4, views=[view]), Shades(), epochs=1)
    assert names(tmp_path) == ["epoch_0001.png", "nearest_0001.png"]
    picture = pixels(tmp_path / "nearest_0001.png")
    # Two rows of padding, image, ..., and the gap between both grids.
    assert picture.shape == (2 + 2 * 4, 6 + 8 + 14)
    assert rows_of(picture) == [
        as_pixels(-0.8, -0.85, -0.74, -0.55),
        as_pixels(-0.6, -0.55, -0.74, -0.85),
    ]


def test_nearest_real_compares_all_pixels(tmp_path):
    class Halves(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array([[[[0.5], [-0.5]]]])

    mirrored = np.array([[[[-0.5], [0.5]]]])
    gray = np.zeros((1, 1, 2, 1))
    view = NearestReal(np.concatenate([mirrored, gray]), neighbours=2)
    train(SampleGrid(tmp_path, count=1, views=[view]), Halves(), epochs=1)
    picture = pixels(tmp_path / "nearest_0001.png")
    assert picture[2, 16:22].tolist() == [128, 128, 255, 255, 64, 191]


def test_nearest_real_begins_with_one_image_of_each_class(tmp_path):
    view = NearestReal(shaded(0.0), count=3, neighbours=1)
    callback = SampleGrid(tmp_path, count=4, conditions=[0, 1], views=[view])
    train(callback, Shades(conditional=True), epochs=1)
    rows = rows_of(pixels(tmp_path / "nearest_0001.png"))
    # Of the grid [[-0.8, -0.6], [-0.4, -0.2]], the first column comes first.
    assert [row[0] for row in rows] == as_pixels(-0.8, -0.4, -0.6)


def test_nearest_real_shows_as_many_as_there_are(tmp_path):
    view = NearestReal(shaded(0.0, 0.5), count=8, neighbours=2)
    train(SampleGrid(tmp_path, count=3, views=[view]), Shades(), epochs=1)
    assert len(rows_of(pixels(tmp_path / "nearest_0001.png"))) == 3


def brightness(images):
    """Opposite of what pixels say: dark is near to bright."""
    return -np.abs(images.reshape(len(images), -1)[:, :1])


@pytest.mark.parametrize("kind", ["function", "tensors", "model", "map"])
def test_nearest_real_in_features(tmp_path, kind):
    ops = keras.ops
    inputs = keras.Input((2, 2, 1))
    features = {
        "function": brightness,
        "tensors": lambda images: ops.abs(ops.convert_to_tensor(images)),
        "map": lambda images: np.abs(images),
        "model": keras.Model(inputs, ops.abs(inputs)),
    }[kind]
    view = NearestReal(
        shaded(-0.5, 0.81, -0.9), count=1, neighbours=2, features=features
    )
    train(SampleGrid(tmp_path, count=2, views=[view]), Shades(), epochs=1)
    assert rows_of(pixels(tmp_path / "nearest_0001.png")) == [
        as_pixels(-0.8, 0.81, -0.9)
    ]


def test_nearest_real_computes_features_of_real_images_once(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(kr.callbacks.nearest_real, "_VALUES_AT_ONCE", 12)
    seen = []

    def features(images):
        assert images.dtype == np.float32
        seen.append(len(images))
        return images

    real = shaded(*np.linspace(-1, 1, 8))
    view = NearestReal(real, count=2, neighbours=1, features=features)
    callback = SampleGrid(tmp_path, count=2, views=[view])
    train(callback, Shades(), epochs=3)
    train(callback, Shades(), epochs=1)
    assert seen == [3, 3, 2] + [2] * 4


def test_nearest_real_reads_an_array_from_a_file_in_chunks(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(kr.callbacks.nearest_real, "_VALUES_AT_ONCE", 12)
    np.save(tmp_path / "real.npy", shaded(*np.linspace(-1, 1, 11)))
    file = np.load(tmp_path / "real.npy", mmap_mode="r")
    view = NearestReal(file, count=1, neighbours=2)
    train(SampleGrid(tmp_path / "a", count=1, views=[view]), Shades(), 1)
    assert rows_of(pixels(tmp_path / "a" / "nearest_0001.png")) == [
        as_pixels(-0.8, -0.8, -1.0)
    ]


def test_nearest_real_takes_tensors(tmp_path):
    real = keras.ops.convert_to_tensor(shaded(0.5, -0.7))
    view = NearestReal(real, count=1, neighbours=1)
    train(SampleGrid(tmp_path, count=1, views=[view]), Shades(), epochs=1)
    assert rows_of(pixels(tmp_path / "nearest_0001.png")) == [
        as_pixels(-0.8, -0.7)
    ]


def test_nearest_real_honours_channels_first(tmp_path):
    class Colours(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array([1.0, -1.0, 0.0]).reshape(1, 3, 1, 1)

    seen = []

    def features(images):
        seen.append(images.shape)
        return images

    real = np.array([[-1.0, -1.0, -1.0], [1.0, -1.0, 0.5]])
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        view = NearestReal(
            real.reshape(2, 3, 1, 1), neighbours=1, features=features
        )
        train(SampleGrid(tmp_path, count=1, views=[view]), Colours(), epochs=1)
    finally:
        keras.config.set_image_data_format(before)
    picture = pixels(tmp_path / "nearest_0001.png")
    assert picture.shape == (5, 18, 3)
    np.testing.assert_array_equal(picture[2, 2], [255, 0, 128])
    np.testing.assert_array_equal(picture[2, 15], [255, 0, 191])
    assert set(seen) == {(2, 3, 1, 1), (1, 3, 1, 1)}


@pytest.mark.parametrize(
    "value, row",
    [
        (np.nan, [-1.0, -0.9]),
        (np.inf, [1.0, 0.9]),
        (-np.inf, [-1.0, -0.9]),
        (1e38, [1.0, 0.9]),
    ],
)
def test_nearest_real_compares_what_is_shown(tmp_path, value, row):
    class Diverged(FakeModel):
        def predict_on_batch(self, inputs):
            return np.full((2, 2, 2, 1), value)

    view = NearestReal(shaded(0.0, -0.9, 0.9), neighbours=1)
    with pytest.warns(UserWarning) as caught:
        train(SampleGrid(tmp_path, count=2, views=[view]), Diverged(), epochs=1)
    assert len(texts(caught)) == 1
    rows = rows_of(pixels(tmp_path / "nearest_0001.png"))
    assert rows == [as_pixels(*row)] * 2


@pytest.mark.parametrize(
    "real, name",
    [
        (np.zeros((8, 3, 2, 1)), "real.shape"),
        (np.zeros((8, 2, 2, 3)), "real.shape"),
        (np.zeros((8, 4)), "real.shape"),
        (np.full((8, 2, 2, 1), 200, "uint8"), "real"),
    ],
    ids=["height", "channels", "vectors", "bytes"],
)
def test_nearest_real_refuses_other_images(tmp_path, real, name):
    callback = SampleGrid(tmp_path, count=4, views=[NearestReal(real)])
    callback.set_model(FakeModel())
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        callback.on_train_begin()


@pytest.mark.parametrize(
    "features",
    [lambda images: np.zeros(len(images)), lambda images: np.zeros((1, 3))],
    ids=["numbers", "one row"],
)
def test_nearest_real_refuses_features_that_are_no_rows(tmp_path, features):
    view = NearestReal(np.zeros((8, 2, 2, 1)), features=features)
    callback = SampleGrid(tmp_path, count=4, views=[view])
    callback.set_model(FakeModel())
    with pytest.raises(ValueError, match="argument `features`"):
        callback.on_train_begin()


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"real": [1, 2]}, TypeError, "real"),
        ({"real": np.float32(0)}, ValueError, "real.shape"),
        ({"neighbours": 9}, ValueError, "real.shape"),
        ({"neighbours": 0}, ValueError, "neighbours"),
        ({"count": 1.5}, TypeError, "count"),
        ({"features": "inception"}, TypeError, "features"),
        ({"name": "a b"}, ValueError, "name"),
        ({"name": "a/b"}, ValueError, "name"),
    ],
)
def test_nearest_real_names_the_wrong_argument(arguments, error, name):
    with pytest.raises(error, match=f"argument `{name}`"):
        NearestReal(**{"real": np.zeros((8, 2, 2, 1)), **arguments})


# Views in general


def test_views_keep_out_of_the_animation(tmp_path):
    views = [
        AverageAndLive(),
        NearestReal(np.zeros((1, 2, 2, 1)), neighbours=1),
    ]
    callback = SampleGrid(
        tmp_path, count=4, at_start=True, views=views, animation="gif"
    )
    train(callback, Pair(), epochs=3)
    grid = pixels(tmp_path / "epoch_0001.png")
    with Image.open(tmp_path / "samples.gif") as frames:
        assert frames.size == grid.shape[::-1]
        assert frames.n_frames == 3
    assert len(names(tmp_path)) == 3 * 4 + 1


@pytest.mark.parametrize(
    "views, error",
    [
        ([NearestReal], TypeError),
        (AverageAndLive(), TypeError),
        ([AverageAndLive(), AverageAndLive()], ValueError),
        ([NearestReal(np.zeros((8, 1)), name="epoch")], ValueError),
    ],
    ids=["class", "no list", "twice", "taken"],
)
def test_views_are_checked(tmp_path, views, error):
    with pytest.raises(error, match="argument `views`"):
        SampleGrid(tmp_path, views=views)


def test_two_nearest_real_have_two_names(tmp_path):
    real = shaded(0.0, 0.5)
    views = [
        NearestReal(real, neighbours=1),
        NearestReal(real, neighbours=1, features=brightness, name="twins"),
    ]
    train(SampleGrid(tmp_path, count=1, views=views), Shades(), epochs=1)
    assert names(tmp_path) == [
        "epoch_0001.png",
        "nearest_0001.png",
        "twins_0001.png",
    ]


def test_a_view_of_ones_own(tmp_path):
    class Mean(View):
        name = "mean"

        def draw(self, scene):
            return to_uint8(scene.images.mean(axis=0), scene.value_range)

    train(SampleGrid(tmp_path, count=2, views=[Mean()]), Shades(), epochs=1)
    picture = pixels(tmp_path / "mean_0001.png")
    assert picture.tolist() == [as_pixels(-0.7, -0.7)] * 2


def test_views_and_values_go_to_tensorboard(tmp_path):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    views = [
        AverageAndLive(),
        NearestReal(shaded(0.25, 0.75), neighbours=1),
        NearestReal(shaded(0.25, 0.75), neighbours=1, name="twins"),
    ]
    callback = SampleGrid(
        tmp_path / "a", count=4, views=views, log_dir=tmp_path / "logs"
    )
    train(callback, Pair(), epochs=2)
    events = accumulator.EventAccumulator(
        str(tmp_path / "logs"), size_guidance={"histograms": 0}
    )
    events.Reload()
    assert sorted(events.Tags()["images"]) == [
        "average_and_live",
        "nearest",
        "samples",
        "twins",
    ]
    for tag in events.Tags()["images"]:
        assert [event.step for event in events.Images(tag)] == [1, 2]
    generated = events.Histograms("generated_values")
    assert [event.step for event in generated] == [1, 2]
    assert generated[1].histogram_value.max == pytest.approx(0.1)
    assert generated[1].histogram_value.num == 4 * 4
    (real,) = events.Histograms("real_values")
    assert real.step == 1
    assert (real.histogram_value.min, real.histogram_value.max) == (0.25, 0.75)


def test_a_view_that_cannot_be_written_is_a_warning(tmp_path, monkeypatch):
    save = Image.Image.save

    def fail(self, file, **options):
        if self.size == (2 * 10 + 8, 10):
            raise OSError(28, "No space left on device")
        save(self, file, **options)

    monkeypatch.setattr(Image.Image, "save", fail)
    callback = SampleGrid(tmp_path, count=4, views=[AverageAndLive()])
    with pytest.warns(UserWarning) as caught:
        train(callback, Pair(), epochs=2)
    (text,) = texts(caught)
    assert os.path.join(str(tmp_path), "average_and_live_0001.png") in text
    assert names(tmp_path) == ["epoch_0001.png", "epoch_0002.png"]
