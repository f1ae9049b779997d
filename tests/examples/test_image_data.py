import importlib.util
import socket
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.host

EXAMPLES = Path(__file__).parents[2] / "examples"


def import_example(name):
    spec = importlib.util.spec_from_file_location(
        f"examples_{name}", EXAMPLES / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


image_data = import_example("image_data")
load_images = image_data.load_images


def save_npz(folder, **arrays):
    path = folder / "some.npz"
    np.savez(path, **arrays)
    return path


def uint8_images(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype="uint8")


def save_image(path, mode, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).convert(mode).save(path)


def plain(value, size=8):
    return np.full((size, size, np.size(value)), value, "uint8").squeeze()


# The embedded subset


def test_embedded_files_are_small():
    most = {
        "fashion_mnist_subset.npz": 3_000_000,
        "drawn_faces.npz": 4_000_000,
        "README.md": 10_000,
    }
    files = [p for p in (EXAMPLES / "data").iterdir() if p.is_file()]
    assert {file.name for file in files} == set(most)
    for file in files:
        assert file.stat().st_size <= most[file.name]


def test_subset_file_has_keras_layout():
    path = EXAMPLES / "data" / "fashion_mnist_subset.npz"
    with np.load(path, allow_pickle=False) as archive:
        arrays = dict(archive)
    assert {k: (v.shape, v.dtype.name) for k, v in arrays.items()} == {
        "x_train": ((6700, 28, 28), "uint8"),
        "y_train": ((6700,), "uint8"),
        "x_test": ((700, 28, 28), "uint8"),
        "y_test": ((700,), "uint8"),
    }
    images = np.concatenate([arrays["x_train"], arrays["x_test"]])
    assert len(np.unique(images.reshape(7400, -1), axis=0)) == 7400


@pytest.mark.parametrize(("split", "count"), [("train", 5000), ("test", 500)])
def test_drawn_faces_have_no_labels(split, count):
    result = load_images("drawn_faces", split=split)
    assert result.images.shape == (count, 64, 64, 3)
    assert result.labels is None and result.class_names is None


@pytest.mark.parametrize(("split", "per_class"), [("train", 670), ("test", 70)])
def test_subset_is_balanced_and_signed(split, per_class):
    result = load_images(split=split)
    assert result.name == "fashion_mnist_subset"
    assert result.images.shape == (10 * per_class, 28, 28, 1)
    assert result.images.dtype == np.float32
    assert result.images.min() == -1.0
    assert result.images.max() == 1.0
    assert result.labels.dtype == np.int32
    np.testing.assert_array_equal(np.bincount(result.labels), [per_class] * 10)
    assert len(result.class_names) == 10


def test_subset_labels_belong_to_their_images():
    train, test = load_images(), load_images(split="test")
    means = np.stack(
        [train.images[train.labels == c].mean(axis=0) for c in range(10)]
    )
    distances = np.square(test.images[:, None] - means[None]).sum((2, 3, 4))
    # The nearest class mean is right for 68 % of the official test set.
    accuracy = np.mean(distances.argmin(axis=1) == test.labels)
    assert 0.6 < accuracy < 0.8
    assert train.class_names[1] == "Trouser"


def test_subset_order_is_mixed_and_repeats():
    first, second = load_images(), load_images()
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.images, second.images)
    assert np.bincount(first.labels[:500], minlength=10).min() > 25


def test_subset_is_resized():
    assert load_images(image_size=32, split="test").images.shape == (
        700,
        32,
        32,
        1,
    )


# CIFAR-10


def fake_cifar10(channels_first=False):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 32, 32, 3), dtype="uint8")
    labels = np.array([[3], [1], [4], [1], [5]], "uint8")
    if channels_first:
        images = images.transpose(0, 3, 1, 2)
    return (images, labels), (images[:2], labels[:2])


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_cifar10_comes_from_keras(monkeypatch, data_format):
    monkeypatch.setattr(
        keras.datasets.cifar10,
        "load_data",
        lambda: fake_cifar10(data_format == "channels_first"),
    )
    previous = keras.config.image_data_format()
    keras.config.set_image_data_format(data_format)
    try:
        train = load_images("cifar10")
        test = load_images("cifar10", split="test")
    finally:
        keras.config.set_image_data_format(previous)
    expected = fake_cifar10()[0][0] / 127.5 - 1
    np.testing.assert_allclose(train.images, expected, atol=1e-6)
    assert train.labels.tolist() == [3, 1, 4, 1, 5]
    assert train.class_names[3] == "cat"
    assert test.images.shape == (2, 32, 32, 3)


def test_cifar10_offline_says_how_to_supply_it(monkeypatch, tmp_path):
    def fail():
        raise Exception("URL fetch failure on somewhere")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", fail)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(image_data.DataUnavailable) as caught:
        load_images("cifar10")
    text = str(caught.value)
    assert "CIFAR-10" in text
    assert "URL fetch failure on somewhere" in text
    archive = "cifar-10-batches-py-target_archive"
    assert str(tmp_path / "datasets" / archive) in text
    assert "--data cifar10.npz" in text
    assert socket.getdefaulttimeout() is None


def test_cifar10_archive_is_where_keras_looks(monkeypatch, tmp_path, capfd):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    # Keras reads KERAS_HOME once, at its import.
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    path = image_data._keras_datasets() / image_data._CIFAR10_ARCHIVE
    path.parent.mkdir()
    path.write_bytes(b"not the archive")
    with pytest.raises(image_data.DataUnavailable, match="no network in this"):
        load_images("cifar10")
    # Keras compared the file with its hash, so it is the one it looks for.
    assert "A local file was found" in capfd.readouterr().out
    assert not path.exists()


# Arrays


def test_npz_uint8_maps_to_minus_one_and_one(tmp_path):
    images = np.zeros((3, 16, 16), "uint8")
    images[1], images[2] = 255, 51
    path = save_npz(tmp_path, x_train=images, y_train=np.arange(3))
    result = load_images(data=path)
    assert result.name == "some"
    assert result.class_names is None
    assert result.images.shape == (3, 16, 16, 1)
    assert result.images.dtype == np.float32
    np.testing.assert_allclose(
        result.images[:, 0, 0, 0], [-1, 1, -0.6], atol=1e-6
    )
    assert result.labels.dtype == np.int32
    assert result.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_npz_floats_from_zero_to_one_map_to_minus_one_and_one(tmp_path, dtype):
    images = np.zeros((3, 16, 16, 3), dtype)
    images[1], images[2] = 1, 0.25
    result = load_images(data=save_npz(tmp_path, x_train=images))
    assert result.images.dtype == np.float32
    assert result.labels is None
    np.testing.assert_allclose(result.images[:, 0, 0, 0], [-1, 1, -0.5])


def test_npz_has_splits_and_flattens_labels(tmp_path):
    path = save_npz(
        tmp_path,
        x_train=uint8_images(4, 28, 28),
        y_train=np.zeros((4, 1), "uint8"),
        x_test=uint8_images(2, 28, 28),
        y_test=np.array([[7], [8]]),
    )
    assert load_images(data=str(path)).labels.shape == (4,)
    test = load_images(data=path, split="test")
    assert test.images.shape == (2, 28, 28, 1)
    assert test.labels.tolist() == [7, 8]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_npz_resize_crops_the_centre(tmp_path, dtype):
    images = np.zeros((1, 32, 64, 3), dtype)
    top = 255 if dtype == "uint8" else 1
    images[:, :, 16:32, 0] = top
    images[:, :, 32:48, 1] = top
    path = save_npz(tmp_path, x_train=images)
    result = load_images(data=path, image_size=16).images[0]
    assert result.shape == (16, 16, 3)
    assert np.abs(result).max() <= 1
    np.testing.assert_allclose(result[:, :5, 0], 1, atol=0.02)
    np.testing.assert_allclose(result[:, 11:, 1], 1, atol=0.02)
    np.testing.assert_allclose(result[:, 11:, 0], -1, atol=0.02)
    np.testing.assert_allclose(result[:, :, 2], -1, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_npz_resize_antialiases(tmp_path, dtype):
    # Columns 0, 1, 0, 1, ...: without antialiasing they stay black or white.
    images = np.zeros((1, 64, 64), dtype)
    images[:, :, 1::2] = 255 if dtype == "uint8" else 1
    path = save_npz(tmp_path, x_train=images)
    result = load_images(data=path, image_size=16).images
    np.testing.assert_allclose(result[:, :, 2:-2], 0, atol=0.05)


def test_npz_of_the_right_size_is_not_changed(tmp_path):
    images = uint8_images(2, 32, 32, 3)
    path = save_npz(tmp_path, x_train=images)
    result = load_images(data=path, image_size=32).images
    np.testing.assert_allclose((result + 1) * 127.5, images, atol=1e-3)


GOOD = np.zeros((2, 16, 16), "uint8")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": GOOD}, r"`x_train`.*arrays \['images'\]"),
        ({"x_train": GOOD[0]}, r"samples.*shape \(16, 16\)"),
        ({"x_train": GOOD[:0]}, r"one image or more.*shape \(0, 16, 16\)"),
        ({"x_train": np.zeros((2, 3, 16, 16))}, r"shape \(2, 3, 16, 16\)"),
        ({"x_train": GOOD.astype("int64")}, "uint8.*dtype int64"),
        ({"x_train": GOOD - 1.0}, r"within \[0, 1\].*from -1.0 to -1.0"),
        ({"x_train": GOOD + 255.0}, r"within \[0, 1\].*from 255.0 to 255.0"),
        ({"x_train": GOOD * np.nan}, r"within \[0, 1\].*from nan to nan"),
        ({"x_train": np.array([None])}, "allow_pickle=False"),
        ({"x_train": GOOD[:, :9]}, "image_size.*9x16"),
        ({"x_train": GOOD[:, :9, :9]}, "image_size.*9x9"),
        ({"x_train": GOOD, "y_train": np.zeros(3, int)}, r"of shape \(3,\)"),
        ({"x_train": GOOD, "y_train": np.zeros(2)}, "integers.*float64"),
    ],
    ids=[
        "missing-key",
        "rank",
        "empty",
        "channels-first",
        "int64",
        "below-zero",
        "above-one",
        "nan",
        "pickle",
        "not-square",
        "odd-size",
        "labels-length",
        "labels-dtype",
    ],
)
def test_npz_refuses(tmp_path, arrays, message):
    path = save_npz(tmp_path, **arrays)
    with pytest.raises(ValueError, match=message):
        load_images(data=path)


def test_npz_without_test_split_says_so(tmp_path):
    path = save_npz(tmp_path, x_train=GOOD)
    with pytest.raises(ValueError, match="`x_test`"):
        load_images(data=path, split="test")


def test_npz_never_unpickles(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path(tmp_path / "executed").touch, ())

    path = save_npz(tmp_path, x_train=np.array([Trap()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_images(data=path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("kind", ["text", "npy", "truncated", "damaged"])
def test_file_that_is_no_npz_is_refused(tmp_path, kind):
    path = tmp_path / "some.npz"
    if kind == "text":
        path.write_text("not an archive")
    elif kind == "npy":
        with path.open("wb") as file:
            np.save(file, GOOD)
    else:
        np.savez_compressed(path, x_train=uint8_images(4, 16, 16))
        content = bytearray(path.read_bytes())
        if kind == "truncated":
            content = content[: len(content) // 2]
        else:
            content[200:260] = bytes(60)
        path.write_bytes(content)
    with pytest.raises(ValueError, match="an .npz file with `x_train`"):
        load_images(data=path)


def test_missing_path_is_refused(tmp_path):
    with pytest.raises(ValueError, match="an existing path.*nowhere"):
        load_images(data=tmp_path / "nowhere")


@pytest.mark.parametrize(
    "arguments",
    [{"dataset": "mnist"}, {"split": "validation"}, {"image_size": 40}],
    ids=["dataset", "split", "image_size"],
)
def test_arguments_are_checked(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}`.*{name}={value!r}"):
        load_images(**arguments)


# Folders


def test_folder_is_read_with_subfolders_in_path_order(tmp_path):
    save_image(tmp_path / "b" / "c" / "deep.webp", "RGB", plain([0, 0, 255]))
    save_image(tmp_path / "a.png", "RGB", plain([255, 0, 0]))
    save_image(tmp_path / "b" / "a.JPG", "RGB", plain([0, 255, 0]))
    save_image(tmp_path / ".hidden" / "a.png", "RGB", plain([9, 9, 9]))
    result = load_images(data=tmp_path)
    assert result.images.shape == (3, 64, 64, 3)
    assert result.images.dtype == np.float32
    assert result.labels is None
    assert result.class_names is None
    assert result.name == tmp_path.name
    np.testing.assert_allclose(
        result.images[:, 32, 32], 2 * np.eye(3) - 1, atol=0.05
    )


def test_folder_crops_the_centre_and_antialiases(tmp_path):
    pixels = np.zeros((64, 96, 3), "uint8")
    pixels[:, 16:80:2] = 255
    pixels[:, :16] = pixels[:, 80:] = [255, 0, 0]
    save_image(tmp_path / "stripes.png", "RGB", pixels)
    result = load_images(data=tmp_path, image_size=16).images
    assert result.shape == (1, 16, 16, 3)
    np.testing.assert_allclose(result[:, :, 2:-2], 0, atol=0.05)
    assert np.ptp(result, axis=-1).max() < 0.01


def test_grey_folder_has_one_channel(tmp_path):
    save_image(tmp_path / "l.png", "L", plain(51))
    save_image(tmp_path / "one.png", "1", plain(255))
    Image.fromarray(np.full((8, 8), 204 * 257, "uint16")).save(
        tmp_path / "sixteen.png"
    )
    grey_on_white = np.full((8, 8, 2), 51, "uint8")
    grey_on_white[..., 1] = 0
    Image.fromarray(grey_on_white, "LA").save(tmp_path / "la.png")
    result = load_images(data=tmp_path, image_size=16).images
    assert result.shape == (4, 16, 16, 1)
    # In path order: l, la (transparent, so white), one, sixteen.
    np.testing.assert_allclose(
        result.mean(axis=(1, 2, 3)), [-0.6, 1, 1, 0.6], atol=1e-5
    )


def test_mixed_folder_has_three_channels(tmp_path):
    save_image(tmp_path / "a.png", "L", plain(51))
    save_image(tmp_path / "b.png", "RGB", plain([255, 0, 51]))
    result = load_images(data=tmp_path, image_size=16).images
    assert result.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(
        result[:, 5, 5], [[-0.6, -0.6, -0.6], [1, -1, -0.6]], atol=1e-5
    )


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparency_becomes_white(tmp_path, mode):
    pixels = plain([255, 0, 0, 255])
    pixels[:, 4:, 3] = 0
    image = Image.fromarray(pixels)
    if mode == "P":
        image = image.convert("RGB").quantize(2)
        image.putdata([0] * 32 + [1] * 32)
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.info["transparency"] = 1
        image = image.transpose(Image.Transpose.TRANSPOSE)
    image.save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode == mode
    result = load_images(data=tmp_path, image_size=16).images[0]
    np.testing.assert_allclose(result[8, 2], [1, -1, -1], atol=1e-5)
    np.testing.assert_allclose(result[8, 13], [1, 1, 1], atol=1e-5)


def test_exif_orientation_is_applied(tmp_path):
    pixels = plain(0, 16)
    pixels[:8] = 255
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 3
    image.save(tmp_path / "a.png", exif=exif)
    result = load_images(data=tmp_path, image_size=16).images[0]
    np.testing.assert_allclose(result[:8], -1)
    np.testing.assert_allclose(result[8:], 1)


def test_unreadable_files_are_skipped_and_named(tmp_path):
    save_image(tmp_path / "good.png", "L", plain(51))
    (tmp_path / "notes.txt").write_text("not an image")
    noise = uint8_images(64, 64, 3)
    save_image(tmp_path / "whole.jpg", "RGB", noise)
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "whole.jpg").unlink()
    with pytest.warns(UserWarning) as caught:
        result = load_images(data=tmp_path)
    texts = [str(w.message) for w in caught]
    assert result.images.shape == (1, 64, 64, 1)
    assert len(texts) == 2
    assert "half.jpg" in texts[0]
    assert "notes.txt" in texts[1]
    assert caught[0].filename == __file__


def test_folder_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one image.*0 files"):
        load_images(data=tmp_path)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="at least one image.*1 files"):
            load_images(data=tmp_path)


def test_folder_has_no_test_split(tmp_path):
    save_image(tmp_path / "good.png", "L", plain(51))
    with pytest.raises(ValueError, match="folder has no other"):
        load_images(data=tmp_path, split="test")


def test_a_folder_of_everything_at_once(tmp_path):
    """Mixed sizes and modes, and a damaged file: nothing else is lost."""
    save_image(
        tmp_path / "a_wide.png", "RGB", np.full((8, 24, 3), 255, "uint8")
    )
    save_image(tmp_path / "b_tall.jpg", "L", np.full((30, 10), 255, "uint8"))
    Image.fromarray(np.full((9, 9), 51 * 257, "uint16")).save(
        tmp_path / "c_16_bit.png"
    )
    palette = Image.fromarray(plain([255, 0, 51])).quantize(2)
    palette.save(tmp_path / "d_palette.png")
    save_image(tmp_path / "e_damaged.png", "RGB", plain([0, 0, 0]))
    whole = (tmp_path / "e_damaged.png").read_bytes()
    (tmp_path / "e_damaged.png").write_bytes(whole[:40])
    save_image(tmp_path / "f_transparent.png", "RGBA", plain([0, 0, 0, 0]))
    with pytest.warns(UserWarning, match="e_damaged.png") as caught:
        images = load_images(data=tmp_path, image_size=16).images
    assert len(caught) == 1
    white, dark, red = [1, 1, 1], [-0.6] * 3, [1, -1, -0.6]
    np.testing.assert_allclose(
        images[:, 8, 8], [white, white, dark, red, white], atol=1e-5
    )
