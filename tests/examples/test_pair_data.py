import importlib
import pathlib

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.host

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture
def pair_data(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module("pair_data")


def save(path, *colours, size=32):
    """Saves squares of one colour each, side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    squares = [np.full((size, size, 3), colour, "uint8") for colour in colours]
    Image.fromarray(np.concatenate(squares, axis=1)).save(path)


RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.mark.parametrize("form", ["side by side", "two folders"])
@pytest.mark.parametrize("reverse", [False, True])
def test_pairs_of_a_folder(pair_data, tmp_path, form, reverse):
    for name in ("1.png", "2.png"):
        if form == "side by side":
            save(tmp_path / name, RED, BLUE)
        else:
            save(tmp_path / "a" / name, RED)
            save(tmp_path / "b" / name, BLUE)

    pairs = pair_data.load_pairs(tmp_path, image_size=16, reverse=reverse)

    colours = [(1, -1, -1), (-1, -1, 1)]
    given, wanted = reversed(colours) if reverse else colours
    np.testing.assert_allclose(pairs.given, np.full((2, 16, 16, 3), given))
    np.testing.assert_allclose(pairs.wanted, np.full((2, 16, 16, 3), wanted))
    assert pairs.given.dtype == pairs.wanted.dtype == np.float32


def test_gray_images_beside_coloured_ones(pair_data, tmp_path):
    Image.new("L", (32, 16), 255).save(tmp_path / "1.png")
    save(tmp_path / "2.png", RED, BLUE)
    pairs = pair_data.load_pairs(tmp_path, image_size=16)
    assert pairs.given.shape == pairs.wanted.shape == (2, 16, 16, 3)
    assert pairs.given[0].min() == 1.0


def test_names_have_to_be_equal(pair_data, tmp_path):
    save(tmp_path / "a" / "1.png", RED)
    save(tmp_path / "b" / "1.jpg", BLUE)
    save(tmp_path / "a" / "lonely.png", RED)
    with pytest.raises(ValueError, match="1 that are in one .* as lonely"):
        pair_data.load_pairs(tmp_path)


@pytest.mark.parametrize(
    ("prepare", "received"),
    [
        (lambda folder: None, "which is empty"),
        (lambda folder: save(folder / "1.png", RED), r"1.png of 32x32"),
        (lambda folder: (folder / "1.png").write_text("no"), "1.png .cannot"),
        (lambda folder: folder.rmdir(), "Received: .*pairs$"),
    ],
)
def test_other_folders_are_refused(pair_data, tmp_path, prepare, received):
    folder = tmp_path / "pairs"
    folder.mkdir()
    prepare(folder)
    with pytest.raises(ValueError, match=received):
        pair_data.load_pairs(folder)


def test_files_without_a_readable_partner_are_refused(pair_data, tmp_path):
    for name in ("1.png", "2.png"):
        save(tmp_path / "a" / name, RED)
        save(tmp_path / "b" / name, BLUE)
    (tmp_path / "b" / "2.png").write_text("no image")
    with (
        pytest.warns(UserWarning, match="Skipped"),
        pytest.raises(ValueError, match="2 in .*a and 1 in .*b"),
    ):
        pair_data.load_pairs(tmp_path, image_size=16)


def test_outlines_are_where_brightness_jumps(pair_data):
    images = np.full((1, 5, 6, 3), -1.0)
    images[:, :, 3:] = 1.0
    lines = pair_data.outlines(images)
    assert lines.shape == (1, 5, 6, 1) and lines.dtype == np.float32
    # Sobel's filter sees a jump from either side of it.
    row = [-1, -1, 1, 1, -1, -1]
    np.testing.assert_array_equal(lines[0, :, :, 0], [row] * 5)
    turned = pair_data.outlines(images.swapaxes(1, 2))
    np.testing.assert_array_equal(turned, lines.swapaxes(1, 2))


def test_gray_images_are_dyed_in_many_hues(pair_data):
    images = np.ones((50, 4, 4, 1))
    images[:, :2] = -1.0
    pairs = pair_data.outlines_to_colours(images)
    assert pairs.given.shape == (50, 4, 4, 1)
    assert pairs.wanted.shape == (50, 4, 4, 3)
    assert pairs.wanted[:, :2].max() == -1.0
    colours = pairs.wanted[:, 3, 3]
    assert len(np.unique(colours.argmax(axis=1))) == 3
    np.testing.assert_allclose(colours.max(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(colours.min(axis=1), -0.6, atol=1e-6)
    again = pair_data.outlines_to_colours(images)
    np.testing.assert_array_equal(again.wanted, pairs.wanted)


def test_images_that_have_colours_keep_them(pair_data):
    images = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3))
    np.testing.assert_array_equal(
        pair_data.outlines_to_colours(images).wanted, images
    )
