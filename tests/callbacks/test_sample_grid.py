import os
import warnings

import keras
import numpy as np
import pytest
from callbacks.fake_training import FakeModel
from callbacks.fake_training import WithoutLatents
from callbacks.fake_training import names
from callbacks.fake_training import pixels
from callbacks.fake_training import texts
from callbacks.fake_training import train
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies
from PIL import Image

from keras_regan.callbacks import SampleGrid
from keras_regan.callbacks import _animation
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import to_uint8


class CountingSampleGrid(SampleGrid):
    accesses = 0

    @property
    def model(self):
        self.accesses += 1
        return self._model


# The grid


def test_image_grid_places_every_pixel():
    images = np.arange(3 * 2 * 1 * 1, dtype=np.uint8).reshape(3, 2, 1, 1)
    b = 200
    expected = [
        [b, b, b, b, b],
        [b, 0, b, 2, b],
        [b, 1, b, 3, b],
        [b, b, b, b, b],
        [b, 4, b, b, b],
        [b, 5, b, b, b],
        [b, b, b, b, b],
    ]
    grid = image_grid(images, padding=1, background=b)
    np.testing.assert_array_equal(grid[..., 0], expected)


def test_image_grid_keeps_colours_and_columns():
    images = np.arange(24, dtype=np.uint8).reshape(4, 1, 2, 3)
    grid = image_grid(images, columns=4, padding=0)
    np.testing.assert_array_equal(grid, np.arange(24).reshape(1, 8, 3))


@settings(deadline=None, max_examples=50)
@given(
    count=strategies.integers(1, 30),
    height=strategies.integers(1, 4),
    width=strategies.integers(1, 4),
    channels=strategies.sampled_from([1, 3]),
    columns=strategies.none() | strategies.integers(1, 9),
    padding=strategies.integers(0, 3),
)
def test_image_grid_holds_each_image_once(
    count, height, width, channels, columns, padding
):
    shape = (count, height, width, channels)
    images = np.random.default_rng(0).integers(0, 200, shape, dtype=np.uint8)
    grid = image_grid(images, columns=columns, padding=padding)
    columns = columns or int(np.ceil(np.sqrt(count)))
    for index in range(count):
        top = padding + (index // columns) * (height + padding)
        left = padding + (index % columns) * (width + padding)
        np.testing.assert_array_equal(
            grid[top : top + height, left : left + width], images[index]
        )
    area = count * height * width * channels
    assert (grid == 255).sum() == grid.size - area


@pytest.mark.parametrize(
    "value_range, values, expected",
    [
        ((-1.0, 1.0), [-1.0, -0.5, 0.0, 0.5, 1.0], [0, 64, 128, 191, 255]),
        ((0.0, 1.0), [0.0, 0.2, 1.0], [0, 51, 255]),
        ((0.0, 255.0), [0.0, 0.4, 0.6, 254.6, 255.0], [0, 0, 1, 255, 255]),
        ((-1.0, 1.0), [-3.0, 1.001, np.nan, np.inf, -np.inf], 2 * [0, 255]),
    ],
    ids=["symmetric", "unit", "bytes", "beyond"],
)
def test_to_uint8_is_exact(value_range, values, expected):
    if not np.isfinite(values).all():
        expected = [0, 255, 0, 255, 0]
    pixels = to_uint8(np.array(values, "float32"), value_range)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)


def test_to_uint8_inverts_the_usual_scaling_of_images():
    everything = np.arange(256, dtype=np.uint8)
    scaled = everything.astype("float32") / 127.5 - 1.0
    np.testing.assert_array_equal(to_uint8(scaled, (-1.0, 1.0)), everything)


# When pictures are drawn


def test_sample_grid_draws_every_epoch(tmp_path):
    train(SampleGrid(tmp_path, count=4), FakeModel(), epochs=3)
    assert names(tmp_path) == [
        "epoch_0001.png",
        "epoch_0002.png",
        "epoch_0003.png",
    ]


@pytest.mark.parametrize(
    "arguments, training, epochs",
    [
        ({"every": 2}, {"epochs": 5}, [2, 4]),
        ({"every": 2, "at_end": True}, {"epochs": 5}, [2, 4, 5]),
        ({"every": 2, "at_end": True}, {"epochs": 4}, [2, 4]),
        (
            {"every": 2, "at_end": True},
            {"epochs": 9, "stop_after": 3},
            [2, 3],
        ),
        ({"every": 2}, {"epochs": 9, "stop_after": 3}, [2]),
        ({"every": 2, "at_start": True}, {"epochs": 3}, [0, 2]),
        (
            {"every": 2, "at_start": True},
            {"epochs": 6, "initial_epoch": 3},
            [4, 6],
        ),
        ({"every": 9}, {"epochs": 3}, []),
    ],
)
def test_sample_grid_draws_when_due(tmp_path, arguments, training, epochs):
    train(SampleGrid(tmp_path, count=4, **arguments), FakeModel(), **training)
    assert names(tmp_path) == [f"epoch_{epoch:04d}.png" for epoch in epochs]


def test_sample_grid_draws_each_picture_once(tmp_path):
    model = FakeModel()
    train(SampleGrid(tmp_path, count=4, at_end=True), model, epochs=3)
    assert len(model.inputs) == 1 + 3  # The first checks the shape.


def test_sample_grid_leaves_the_model_alone_between_pictures(tmp_path):
    callback = CountingSampleGrid(tmp_path, count=4, every=5, at_end=True)
    callback.set_model(FakeModel())
    callback.set_params({"epochs": 100})
    callback.on_train_begin()
    before = callback.accesses
    for epoch in range(4):
        callback.on_epoch_begin(epoch)
        callback.on_train_batch_begin(0)
        callback.on_train_batch_end(0)
        callback.on_epoch_end(epoch)
    assert callback.accesses == before
    callback.on_epoch_end(4)
    assert callback.accesses == before + 1


# What they show


def test_sample_grid_shows_the_samples_of_its_epoch(tmp_path):
    train(SampleGrid(tmp_path, count=1), FakeModel(), epochs=3)
    for epoch, shade in ((1, 128), (2, 140), (3, 153)):
        picture = pixels(tmp_path / f"epoch_{epoch:04d}.png")
        expected = np.full((6, 6), 255)
        expected[2:4, 2:4] = shade  # round((epoch / 10 + 1) / 2 * 255)
        np.testing.assert_array_equal(picture, expected)


def test_sample_grid_draws_from_the_same_latents(tmp_path):
    models = [FakeModel(), FakeModel()]
    for model in models:
        train(SampleGrid(tmp_path, count=4, seed=5), model, epochs=3)
    expected = np.random.default_rng(5).normal(size=(4, 3)).astype("float32")
    for latents in models[0].inputs + models[1].inputs:
        assert isinstance(latents, np.ndarray)
        np.testing.assert_array_equal(latents, expected)


def test_sample_grid_seed_matters(tmp_path):
    models = [FakeModel(), FakeModel()]
    for seed, model in enumerate(models):
        train(SampleGrid(tmp_path, count=4, seed=seed), model, epochs=1)
    assert np.abs(models[0].inputs[0] - models[1].inputs[0]).max() > 0.1


def test_sample_grid_has_a_row_per_condition(tmp_path):
    class LabelledModel(FakeModel):
        def predict_on_batch(self, inputs):
            super().predict_on_batch(inputs)
            return inputs[1].reshape(-1, 1, 1, 1).astype("float32")

    model = LabelledModel(conditional=True)
    callback = SampleGrid(
        tmp_path, count=7, conditions=[3, 0, 5], value_range=(0, 5)
    )
    train(callback, model, epochs=1)
    latents, labels = model.inputs[0]
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, [3, 3, 0, 0, 5, 5])
    np.testing.assert_array_equal(latents[:2], latents[2:4])
    np.testing.assert_array_equal(latents[:2], latents[4:])
    assert np.abs(latents[0] - latents[1]).max() > 0.1
    picture = pixels(tmp_path / "epoch_0001.png")
    np.testing.assert_array_equal(
        picture[2::3, 2::3], [[153, 153], [0, 0], [255, 255]]
    )


def test_sample_grid_draws_in_colour(tmp_path):
    class Colours(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array([[[[1.0, -1.0, 0.0]]]])

    train(SampleGrid(tmp_path, count=1), Colours(), epochs=1)
    picture = pixels(tmp_path / "epoch_0001.png")
    assert picture.shape == (5, 5, 3)
    np.testing.assert_array_equal(picture[2, 2], [255, 0, 128])


def test_sample_grid_honours_channels_first(tmp_path):
    class Colours(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array([1.0, -1.0, 0.0, 0.0, 1.0, -1.0]).reshape(
                1, 3, 1, 2
            )

    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        train(SampleGrid(tmp_path, count=1), Colours(), epochs=1)
    finally:
        keras.config.set_image_data_format(before)
    picture = pixels(tmp_path / "epoch_0001.png")
    assert picture.shape == (5, 6, 3)
    np.testing.assert_array_equal(
        picture[2, 2:4], [[255, 128, 255], [0, 128, 0]]
    )


# Values that do not fit


def test_sample_grid_warns_once_of_values_beyond_the_range(tmp_path):
    class Bytes(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array([0.0, 200.0]).reshape(2, 1, 1, 1)

    with pytest.warns(UserWarning) as caught:
        train(SampleGrid(tmp_path, count=2), Bytes(), epochs=3)
    (text,) = texts(caught)
    assert "from 0 to 200" in text
    assert "value_range=(0.0, 255.0)" in text
    picture = pixels(tmp_path / "epoch_0003.png")
    np.testing.assert_array_equal(picture[2, 2::3], [128, 255])


@pytest.mark.parametrize("values", [[-1.019, 1.0], [-1.0, 1.019], [0.0, 0.1]])
def test_sample_grid_tolerates_rounding(tmp_path, values):
    class Rounded(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array(values).reshape(2, 1, 1, 1)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        train(SampleGrid(tmp_path, count=2), Rounded(), epochs=1)


def test_sample_grid_warns_once_of_values_that_are_not_finite(tmp_path):
    class Diverged(FakeModel):
        def predict_on_batch(self, inputs):
            return np.array([np.nan, np.inf, 0.0]).reshape(3, 1, 1, 1)

    with pytest.warns(UserWarning, match="2 of 3 generated values") as caught:
        train(SampleGrid(tmp_path, count=3), Diverged(), epochs=2)
    assert len(texts(caught)) == 1
    assert names(tmp_path) == ["epoch_0001.png", "epoch_0002.png"]


# Files


def test_sample_grid_survives_a_failing_write(tmp_path, monkeypatch):
    save = Image.Image.save

    def fail_halfway(self, file, **options):
        file.write(b"half a picture")
        raise OSError(28, "No space left on device")

    callback = SampleGrid(tmp_path, count=4)
    train(callback, FakeModel(), epochs=1)
    whole = pixels(tmp_path / "epoch_0001.png")
    monkeypatch.setattr(Image.Image, "save", fail_halfway)
    with pytest.warns(UserWarning) as caught:
        train(callback, FakeModel(), epochs=3)
    (text,) = texts(caught)
    assert "epoch_0001.png" in text and "No space left on device" in text
    monkeypatch.setattr(Image.Image, "save", save)
    assert names(tmp_path) == ["epoch_0001.png"]
    np.testing.assert_array_equal(pixels(tmp_path / "epoch_0001.png"), whole)


def test_sample_grid_survives_a_vanished_directory(tmp_path):
    callback = SampleGrid(tmp_path / "samples", count=4, animation="gif")
    (tmp_path / "samples").rmdir()
    with pytest.warns(UserWarning, match="could not write") as caught:
        train(callback, FakeModel(), epochs=3)
    assert len(texts(caught)) == 1


def test_sample_grid_passes_on_errors_that_are_not_of_files(
    tmp_path, monkeypatch
):
    def interrupt(self, file, **options):
        file.write(b"half a picture")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(SampleGrid(tmp_path, count=4), FakeModel())
    assert names(tmp_path) == []


def test_sample_grid_replaces_only_with_whole_files(tmp_path, monkeypatch):
    seen = []
    replace = os.replace

    def record(source, target):
        assert os.path.dirname(source) == os.path.dirname(target)
        with Image.open(source) as image:
            image.load()
        seen.append(os.path.basename(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", record)
    train(SampleGrid(tmp_path, count=4, animation="gif"), FakeModel(), epochs=2)
    assert seen == ["epoch_0001.png", "epoch_0002.png", "samples.gif"]


def test_sample_grid_leaves_pictures_readable_to_others(tmp_path):
    train(SampleGrid(tmp_path, count=4), FakeModel(), epochs=1)
    (tmp_path / "ordinary").touch()
    mode = (tmp_path / "epoch_0001.png").stat().st_mode
    assert mode == (tmp_path / "ordinary").stat().st_mode


def test_sample_grid_creates_its_directory(tmp_path):
    SampleGrid(str(tmp_path / "a" / "b"))
    assert names(tmp_path / "a" / "b") == []


def test_sample_grid_refuses_a_directory_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ValueError, match="argument `directory`"):
            SampleGrid(path)


def test_sample_grid_refuses_a_directory_it_cannot_write_to(
    tmp_path, monkeypatch
):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ValueError, match="Permission denied"):
        SampleGrid(tmp_path)


# Animations


@pytest.mark.parametrize("extension", ["gif", "webp"])
def test_sample_grid_animates_all_epochs(tmp_path, extension):
    if not _animation.can_write(extension):
        pytest.skip(f"This Pillow cannot write {extension}.")
    callback = SampleGrid(tmp_path, count=4, at_start=True, animation=extension)
    train(callback, FakeModel(shape=(8, 8, 3)), epochs=2)
    train(
        SampleGrid(tmp_path, count=4, animation=extension),
        FakeModel(shape=(8, 8, 3)),
        epochs=4,
        initial_epoch=2,
    )
    with Image.open(tmp_path / f"samples.{extension}") as frames:
        # The fake generator does not change before epoch 2, and equal frames
        # become one that is shown longer.
        assert frames.n_frames == 4
        assert frames.info["loop"] == 0
        durations = []
        for index in range(4):
            frames.seek(index)
            frames.load()
            durations.append(frames.info["duration"])
            shade = np.array(frames.convert("RGB"))[6, 6, 0]
            expected = [128, 140, 153, 166][index]
            assert int(shade) == pytest.approx(expected, abs=3)
    assert durations == [300, 150, 150, 2000]


def test_sample_grid_animation_leaves_out_later_epochs_and_other_sizes(
    tmp_path,
):
    train(SampleGrid(tmp_path, count=9), FakeModel(), epochs=1)
    train(SampleGrid(tmp_path, count=4), FakeModel(), 6, initial_epoch=1)
    callback = SampleGrid(tmp_path, count=4, animation="gif")
    train(callback, FakeModel(), epochs=4, initial_epoch=3)
    with Image.open(tmp_path / "samples.gif") as frames:
        assert frames.n_frames == 3  # Epochs 2, 3 and 4.
        assert frames.size == (10, 10)


def test_sample_grid_animation_thins_what_memory_cannot_hold(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(_animation, "_BYTES_AT_ONCE", 4 * 6 * 6)
    callback = SampleGrid(tmp_path, count=1, animation="gif")
    train(callback, FakeModel(), epochs=10)
    shades = []
    with Image.open(tmp_path / "samples.gif") as frames:
        for index in range(frames.n_frames):
            frames.seek(index)
            shades.append(np.array(frames.convert("L"))[2, 2])
    expected = to_uint8(np.array([0.0, 0.3, 0.6, 0.9]), (-1.0, 1.0))
    np.testing.assert_array_equal(shades, expected)


def test_sample_grid_without_pictures_makes_no_animation(tmp_path):
    callback = SampleGrid(tmp_path, every=9, animation="gif")
    train(callback, FakeModel(), epochs=2)
    assert names(tmp_path) == []


def test_sample_grid_survives_a_picture_it_cannot_read(tmp_path):
    (tmp_path / "epoch_0000.png").write_bytes(b"not a picture")
    callback = SampleGrid(tmp_path, count=4, animation="gif")
    with pytest.warns(UserWarning, match="cannot identify image file"):
        train(callback, FakeModel(), epochs=2)
    assert "samples.gif" not in names(tmp_path)


# TensorBoard


def read_images(directory):
    import tensorflow as tf

    images = []
    for name in names(directory):
        for record in tf.data.TFRecordDataset(os.path.join(directory, name)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                if not value.HasField("image"):
                    continue
                decoded = tf.io.decode_png(value.image.encoded_image_string)
                images.append((value.tag, event.step, decoded.numpy()))
    return images


@pytest.mark.parametrize("channels", [1, 3])
def test_sample_grid_writes_images_for_tensorboard(tmp_path, channels):
    callback = SampleGrid(
        tmp_path / "samples", count=1, every=2, log_dir=tmp_path / "logs"
    )
    train(callback, FakeModel(shape=(2, 2, channels)), epochs=4)
    images = read_images(tmp_path / "logs")
    assert [(tag, step) for tag, step, _ in images] == [
        ("samples", 2),
        ("samples", 4),
    ]
    for _, step, image in images:
        assert image.shape == (6, 6, channels)
        picture = pixels(tmp_path / "samples" / f"epoch_{step:04d}.png")
        np.testing.assert_array_equal(np.squeeze(image), picture)


def test_sample_grid_survives_a_log_it_cannot_write(tmp_path):
    (tmp_path / "file").touch()
    callback = SampleGrid(
        tmp_path / "samples", count=1, log_dir=tmp_path / "file" / "logs"
    )
    with pytest.warns(UserWarning, match="could not write") as caught:
        train(callback, FakeModel(), epochs=3)
    assert len(texts(caught)) == 1
    assert len(names(tmp_path / "samples")) == 3


# Arguments


@pytest.mark.parametrize(
    "shape", [(2,), (8, 8), (8, 8, 2), (8, 8, 4), (2, 8, 8, 1)]
)
def test_sample_grid_refuses_what_are_not_images(tmp_path, shape):
    callback = SampleGrid(tmp_path, count=4)
    callback.set_model(FakeModel(shape=shape))
    with pytest.raises(ValueError, match="1 or 3 channels") as raised:
        callback.on_train_begin()
    assert str((4, *shape)) in str(raised.value)


@pytest.mark.parametrize("conditional", [True, False])
def test_sample_grid_refuses_conditions_that_do_not_go_with_the_model(
    tmp_path, conditional
):
    callback = SampleGrid(tmp_path, conditions=None if conditional else [0, 1])
    callback.set_model(FakeModel(conditional=conditional))
    with pytest.raises(ValueError, match="argument `conditions`"):
        callback.on_train_begin()
    assert callback.model.inputs == []


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"directory": 3}, TypeError, "directory"),
        ({"directory": ""}, ValueError, "directory"),
        ({"every": 0}, ValueError, "every"),
        ({"every": 1.5}, TypeError, "every"),
        ({"count": 0}, ValueError, "count"),
        ({"count": True}, TypeError, "count"),
        ({"count": 2, "conditions": [0, 1, 2]}, ValueError, "count"),
        ({"conditions": []}, ValueError, "conditions"),
        ({"conditions": [None]}, TypeError, "conditions"),
        ({"conditions": 3}, TypeError, "conditions"),
        ({"conditions": [float("nan")]}, ValueError, "conditions"),
        ({"conditions": (np.ones(2), np.ones(3))}, ValueError, "conditions"),
        ({"conditions": {}}, ValueError, "conditions"),
        ({"value_range": (1.0, -1.0)}, ValueError, "value_range"),
        ({"value_range": (0.0, float("inf"))}, ValueError, "value_range"),
        ({"value_range": (0.0, 0.5, 1.0)}, ValueError, "value_range"),
        ({"value_range": 1.0}, TypeError, "value_range"),
        ({"value_range": ("0", "1")}, TypeError, "value_range"),
        ({"at_start": 1}, TypeError, "at_start"),
        ({"at_end": "no"}, TypeError, "at_end"),
        ({"animation": "mp4"}, ValueError, "animation"),
        ({"animation": True}, ValueError, "animation"),
        ({"log_dir": 3}, TypeError, "log_dir"),
        ({"seed": 0.5}, TypeError, "seed"),
        ({"truncation": 0.0}, ValueError, "truncation"),
    ],
)
def test_sample_grid_names_the_wrong_argument(tmp_path, arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        SampleGrid(**{"directory": tmp_path, **arguments})


@pytest.mark.parametrize(
    "labels", [np.arange(3), range(3), (0, 1, 2), [np.int64(0), 1, 2]]
)
def test_sample_grid_takes_any_sequence_of_labels(tmp_path, labels):
    kept = SampleGrid(tmp_path, conditions=labels).conditions
    assert kept.dtype == "int32" and kept.tolist() == [0, 1, 2]


@pytest.mark.parametrize("label", [-1, 8, 0.5])
def test_sample_grid_refuses_labels_of_no_class(tmp_path, label):
    callback = SampleGrid(tmp_path, conditions=[0, label])
    callback.set_model(FakeModel(conditional=True))
    with pytest.raises(ValueError, match="labels in `conditions` or `y`"):
        callback.on_train_begin()


def test_sample_grid_of_conditions_alone(tmp_path):
    """Without latents there is one sample for each condition."""
    model = WithoutLatents()
    train(SampleGrid(tmp_path, conditions=[3, 1]), model, epochs=1)
    np.testing.assert_array_equal(model.inputs[0][0], [3, 1])
    assert pixels(tmp_path / "epoch_0001.png").shape == (10, 6)
