import keras
import numpy as np
import pytest
from callbacks.fake_training import FakeModel
from callbacks.fake_training import WithoutLatents
from callbacks.fake_training import names
from callbacks.fake_training import pixels
from callbacks.fake_training import texts
from callbacks.fake_training import train
from PIL import Image

import keras_regan as kr
from keras_regan.callbacks import LatentWalk
from keras_regan.callbacks import _animation
from keras_regan.callbacks._image_grid import image_grid
from keras_regan.callbacks._image_grid import to_uint8
from keras_regan.callbacks._spherical_interpolation import (
    spherical_interpolation,
)


class Visible(FakeModel):
    """The shade of an image is the first coordinate of its latent."""

    def predict_on_batch(self, inputs):
        super().predict_on_batch(inputs)
        latents = inputs[0] if self.conditional else inputs
        shades = np.tanh(latents[:, 0])
        return np.broadcast_to(
            shades.reshape(-1, 1, 1, 1), (len(latents), *self.shape)
        )


def drawn(model):
    """All latents of the last picture, of the batches after the first."""
    return np.concatenate(model.inputs[1:])


def expected_path(stops, walks, frames, seed=0):
    random = np.random.default_rng(seed).normal(size=(stops * walks, 3))
    latents = random.astype("float32").reshape(stops, walks, 3)
    legs = [
        spherical_interpolation(
            latents[stop], latents[(stop + 1) % stops], frames + 1
        )[:-1]
        for stop in range(stops)
    ]
    return np.concatenate(legs)


# The walk


def test_latent_walk_goes_through_all_stops_and_back(tmp_path):
    model = Visible()
    train(LatentWalk(tmp_path, walks=2, stops=3, frames=4), model, epochs=1)
    path = drawn(model).reshape(12, 2, 3)
    np.testing.assert_array_equal(path, expected_path(3, 2, 4))
    stops = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    np.testing.assert_allclose(path[::4].reshape(6, 3), stops, rtol=1e-6)
    # The last frame is as far from the first one as from the one before.
    norms = np.linalg.norm(path, axis=-1)
    assert norms.min() > 0.9 * np.linalg.norm(stops, axis=-1).min()


def test_latent_walk_strip_has_a_row_per_walk(tmp_path):
    model = Visible()
    train(LatentWalk(tmp_path, walks=3, stops=2, frames=4), model, epochs=1)
    path = expected_path(2, 3, 4)
    shades = to_uint8(np.tanh(path[..., 0]), (-1.0, 1.0))
    rows = np.concatenate([shades, shades[:1]]).T  # Ends where it begins.
    picture = pixels(tmp_path / "walk_0001.png")
    assert picture.shape == (3 * 4 + 2, 9 * 4 + 2)
    np.testing.assert_array_equal(picture[2::4, 2::4], rows)


@pytest.mark.parametrize(
    "stops, frames, columns",
    [(4, 16, 17), (4, 6, 13), (2, 7, 15), (3, 11, 4), (20, 3, 21), (5, 9, 16)],
)
def test_latent_walk_strip_is_an_even_selection(
    tmp_path, stops, frames, columns
):
    callback = LatentWalk(
        tmp_path, walks=1, stops=stops, frames=frames, animation=None
    )
    train(callback, Visible(), epochs=1)
    path = np.tanh(expected_path(stops, 1, frames)[:, 0, 0])
    interval = stops * frames // (columns - 1)
    shades = to_uint8(np.append(path, path[0])[::interval], (-1.0, 1.0))
    picture = pixels(tmp_path / "walk_0001.png")
    np.testing.assert_array_equal(picture[2, 2::4], shades)
    assert len(shades) == columns


@pytest.mark.parametrize("extension", ["gif", "webp"])
def test_latent_walk_animation_shows_all_frames(tmp_path, extension):
    if not _animation.can_write(extension):
        pytest.skip(f"This Pillow cannot write {extension}.")
    callback = LatentWalk(
        tmp_path, walks=4, stops=2, frames=3, animation=extension
    )
    train(callback, Visible(shape=(8, 8, 3)), epochs=1)
    assert set(names(tmp_path)) == {f"walk_0001.{extension}", "walk_0001.png"}
    path = to_uint8(np.tanh(expected_path(2, 4, 3)[..., 0]), (-1.0, 1.0))
    with Image.open(tmp_path / f"walk_0001.{extension}") as frames:
        assert frames.n_frames == 6
        assert frames.info["loop"] == 0
        for index in range(6):
            frames.seek(index)
            frames.load()
            assert frames.info["duration"] == 60
            shown = np.array(frames.convert("RGB"))[6::10, 6::10, 0]
            shown = shown.astype(int)
            error = 2 if extension == "gif" else 20  # WebP is lossy.
            np.testing.assert_allclose(shown.ravel(), path[index], atol=error)


def test_latent_walk_has_rows_per_condition(tmp_path):
    model = Visible(conditional=True)
    callback = LatentWalk(
        tmp_path, walks=5, conditions=[1, 0], stops=2, frames=1, animation=None
    )
    train(callback, model, epochs=1)
    latents, labels = model.inputs[1]
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, [1, 1, 0, 0] * 2)
    latents = latents.reshape(2, 4, 3)
    np.testing.assert_array_equal(latents[:, :2], latents[:, 2:])
    np.testing.assert_array_equal(latents[:, :2], expected_path(2, 2, 1))
    picture = pixels(tmp_path / "walk_0001.png")
    assert picture.shape == (4 * 4 + 2, 3 * 4 + 2)


def test_latent_walk_has_one_row_per_condition_by_default(tmp_path):
    model = Visible(conditional=True)
    train(LatentWalk(tmp_path, conditions=[0, 1, 2], frames=1), model, epochs=1)
    np.testing.assert_array_equal(model.inputs[1][1], [0, 1, 2] * 4)


def test_latent_walk_predicts_in_small_batches(tmp_path):
    model = Visible()
    train(LatentWalk(tmp_path, walks=3, stops=5, frames=10), model, epochs=1)
    assert [len(latents) for latents in model.inputs] == [64, 64, 64, 22]


def test_latent_walk_seed_matters(tmp_path):
    model = Visible()
    callback = LatentWalk(tmp_path, walks=2, stops=3, frames=2, seed=7)
    train(callback, model, epochs=1)
    path = drawn(model).reshape(6, 2, 3)
    np.testing.assert_array_equal(path, expected_path(3, 2, 2, seed=7))


# When it is drawn


@pytest.mark.parametrize(
    "arguments, training, epochs",
    [
        ({}, {"epochs": 3}, [3]),
        ({}, {"epochs": 9, "stop_after": 2}, [2]),
        ({"every": 2}, {"epochs": 5}, [2, 4, 5]),
        ({"every": 2, "at_end": False}, {"epochs": 5}, [2, 4]),
        ({"every": 2}, {"epochs": 4}, [2, 4]),
        ({}, {"epochs": 6, "initial_epoch": 6}, []),
    ],
    ids=["end", "stopped", "every", "not the end", "both", "nothing"],
)
def test_latent_walk_draws_when_due(tmp_path, arguments, training, epochs):
    callback = LatentWalk(
        tmp_path, walks=1, stops=2, frames=1, animation=None, **arguments
    )
    model = Visible()
    train(callback, model, **training)
    assert names(tmp_path) == [f"walk_{epoch:04d}.png" for epoch in epochs]
    assert len(model.inputs) == 1 + len(epochs)


def test_latent_walk_of_a_model_uses_the_average(image_pair, images, tmp_path):
    gan = kr.RegularizedGAN(*image_pair(), ema_momentum=0.9, seed=0)
    gan.compile(generator_optimizer=keras.optimizers.Adam(0.05))
    walk = LatentWalk(tmp_path, walks=2, stops=2, frames=2)
    gan.fit(images, epochs=2, batch_size=8, verbose=0, callbacks=[walk])
    assert names(tmp_path) == ["walk_0002.gif", "walk_0002.png"]
    stops = keras.ops.convert_to_numpy(gan.sample_latents(4, seed=0))
    first = to_uint8(
        gan.ema_generator.predict(stops[:2], verbose=0), (-1.0, 1.0)
    )
    picture = pixels(tmp_path / "walk_0002.png").astype(int)
    difference = picture[:, :12] - image_grid(first, columns=1)[..., 0]
    assert np.abs(difference).max() <= 1


def test_latent_walk_of_a_conditional_model(tmp_path):
    gan = kr.RegularizedGAN(
        *kr.networks.mlp((8, 8, 1), latent_dim=4, hidden=(8,), num_classes=3),
        seed=0,
    )
    gan.compile()
    images = np.zeros((16, 8, 8, 1), "float32")
    gan.fit(
        (images, np.arange(16) % 3),
        verbose=0,
        callbacks=[LatentWalk(tmp_path, conditions=[0, 2], frames=1)],
    )
    assert pixels(tmp_path / "walk_0001.png").shape == (22, 52)


# Files and values


def test_latent_walk_survives_a_vanished_directory(tmp_path):
    callback = LatentWalk(tmp_path / "walks", frames=1, every=1)
    (tmp_path / "walks").rmdir()
    with pytest.warns(
        UserWarning, match="LatentWalk could not write"
    ) as caught:
        train(callback, Visible(), epochs=3)
    assert len(texts(caught)) == 1


def test_latent_walk_warns_once_of_values_beyond_the_range(tmp_path):
    class Bytes(FakeModel):
        def predict_on_batch(self, inputs):
            return np.full((len(inputs), 2, 2, 1), 200.0)

    callback = LatentWalk(tmp_path, frames=32, every=1)
    with pytest.warns(UserWarning) as caught:
        train(callback, Bytes(), epochs=2)
    (text,) = texts(caught)
    assert "value_range=(0.0, 255.0)" in text and "LatentWalk" in text


def test_latent_walk_writes_the_strip_for_tensorboard(tmp_path):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    callback = LatentWalk(
        tmp_path / "a", every=2, frames=1, log_dir=tmp_path / "logs"
    )
    train(callback, Visible(), epochs=3)
    events = accumulator.EventAccumulator(str(tmp_path / "logs"))
    events.Reload()
    steps = [(image.step, image.height) for image in events.Images("walk")]
    assert steps == [(2, 18), (3, 18)]


# Arguments


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"directory": 3}, TypeError, "directory"),
        ({"every": 0}, ValueError, "every"),
        ({"walks": 0}, ValueError, "walks"),
        ({"walks": 1.5}, TypeError, "walks"),
        ({"walks": 2, "conditions": [0, 1, 2]}, ValueError, "walks"),
        ({"stops": 1}, ValueError, "stops"),
        ({"stops": 2.5}, TypeError, "stops"),
        ({"frames": 0}, ValueError, "frames"),
        ({"conditions": [None]}, TypeError, "conditions"),
        ({"value_range": (1.0, 0.0)}, ValueError, "value_range"),
        ({"animation": "mp4"}, ValueError, "animation"),
        ({"at_end": False}, ValueError, "at_end"),
        ({"at_end": 1}, TypeError, "at_end"),
        ({"log_dir": 3}, TypeError, "log_dir"),
        ({"seed": -1}, ValueError, "seed"),
    ],
)
def test_latent_walk_names_the_wrong_argument(tmp_path, arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        LatentWalk(**{"directory": tmp_path, **arguments})


@pytest.mark.parametrize("conditional", [True, False])
def test_latent_walk_refuses_conditions_that_do_not_go_with_the_model(
    tmp_path, conditional
):
    callback = LatentWalk(tmp_path, conditions=None if conditional else [0, 1])
    callback.set_model(FakeModel(conditional=conditional))
    with pytest.raises(ValueError, match="argument `conditions`"):
        callback.on_train_begin()


def test_latent_walk_needs_latents(tmp_path):
    callback = LatentWalk(tmp_path, conditions=[0, 1])
    callback.set_model(WithoutLatents())
    with pytest.raises(ValueError, match="takes latents. Received: one that"):
        callback.on_train_begin()


def test_latent_walk_refuses_what_are_not_images(tmp_path):
    callback = LatentWalk(tmp_path)
    callback.set_model(FakeModel(shape=(2,)))
    with pytest.raises(ValueError, match="1 or 3 channels"):
        callback.on_train_begin()
