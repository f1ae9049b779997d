"""Pairs of images for `image_to_image.py`, as two arrays.

Every source gives an `ImagePairs`: each image in `given` has a partner in
`wanted`. All are squares of the same size with values in [-1, 1].
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from image_data import crop_and_resize
from image_data import data_error
from image_data import load_images
from image_data import to_8_bit
from image_data import to_signed
from image_data import visible_files
from PIL import Image
from PIL import ImageOps


@dataclass(frozen=True, eq=False)
class ImagePairs:
    """Input images and the wanted results.

    Attributes:
        given: float32 array of shape `(pairs, size, size, channels)`.
        wanted: float32 array of the same height and width.
    """

    given: np.ndarray
    wanted: np.ndarray


def load_pairs(
    folder: str | os.PathLike[str],
    image_size: int = 64,
    reverse: bool = False,
) -> ImagePairs:
    """Loads a folder of pairs, in one of the two common forms.

    Either the folder has two subfolders, `a` and `b`, with the same file names
    in both; or every image in it is two squares side by side, as in the data
    sets of pix2pix. Both images of a pair are resized, and transparent areas
    become white.

    Args:
        folder: Path.
        image_size: Height and width of the returned images.
        reverse: Whether `a`, or the left side, is the wanted image instead of
            the given one.

    Raises:
        ValueError: If the folder is not as above.
    """
    folder = Path(folder).expanduser().resolve()
    if not folder.is_dir():
        raise data_error("an existing folder", str(folder))
    if (folder / "a").is_dir() and (folder / "b").is_dir():
        pair = _of_two_folders(folder / "a", folder / "b", image_size)
    else:
        pair = _side_by_side(folder, image_size)
    return ImagePairs(*(reversed(pair) if reverse else pair))


def outlines_to_colours(images: np.ndarray, seed: int = 0) -> ImagePairs:
    """Makes pairs of outlines and their images.

    Each gray image is dyed in a random hue. The outline does not determine the
    hue, so a generator has many to choose from.

    Args:
        images: Array within [-1, 1], `(samples, height, width, 1 or 3)`.
        seed: Seed of the hues.
    """
    dyed = images if images.shape[-1] == 3 else _dyed(images, seed)
    return ImagePairs(outlines(images), dyed)


def outlines(images: np.ndarray, threshold: float = 1.5) -> np.ndarray:
    """Returns 1 where brightness changes fast, and -1 elsewhere.

    Args:
        images: Array within [-1, 1], `(samples, height, width, channels)`.
        threshold: The smallest Sobel gradient of an edge; the largest possible
            one is about 8.
    """
    gray = images.mean(axis=-1)
    gray = np.pad(gray, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = gray[:, :-2] + 2 * gray[:, 1:-1] + gray[:, 2:]
    columns = gray[:, :, :-2] + 2 * gray[:, :, 1:-1] + gray[:, :, 2:]
    across = rows[:, :, 2:] - rows[:, :, :-2]
    down = columns[:, 2:] - columns[:, :-2]
    lines = np.hypot(across, down) > threshold
    return np.where(lines, 1.0, -1.0).astype("float32")[..., np.newaxis]


def _dyed(images: np.ndarray, seed: int) -> np.ndarray:
    """Multiplies brightness by a colour: black stays black."""
    hues = np.random.default_rng(seed).uniform(0.0, 6.0, (len(images), 1))
    # Each channel goes up and down from 0 to 1 along the circle of hues; the
    # channels are a third of the circle apart.
    colours = np.abs((hues + [0.0, 4.0, 2.0]) % 6.0 - 3.0) - 1.0
    colours = 0.4 + 0.6 * colours.clip(0.0, 1.0)
    brightness = (images + 1.0) / 2.0
    dyed = brightness * colours[:, np.newaxis, np.newaxis]
    return (2.0 * dyed - 1.0).astype("float32")


def _of_two_folders(
    first: Path, second: Path, image_size: int
) -> list[np.ndarray]:
    folders = (first, second)
    names, others = (
        {str(path.relative_to(f).with_suffix("")) for path in visible_files(f)}
        for f in folders
    )
    alone = sorted(names ^ others)
    if alone:
        raise data_error(
            f"the same names in {first} and {second}",
            f"{len(alone)} that are in one of them only, such as {alone[0]}",
        )
    pair = [load_images(data=f, image_size=image_size).images for f in folders]
    # A file that cannot be read causes a warning and leaves a partner alone.
    if len(pair[0]) != len(pair[1]):
        raise data_error(
            "two readable images of each name",
            f"{len(pair[0])} in {first} and {len(pair[1])} in {second}",
        )
    return pair


def _side_by_side(folder: Path, image_size: int) -> list[np.ndarray]:
    sides = [_read_pair(path, image_size) for path in visible_files(folder)]
    if not sides:
        raise data_error("a folder of pairs", f"{folder}, which is empty")
    return [_stacked(images) for images in zip(*sides, strict=True)]


def _read_pair(path: Path, image_size: int) -> list[np.ndarray]:
    """Returns the left and the right square of an image."""
    expected = "images of two squares side by side, or the folders `a` and `b`"
    try:
        with Image.open(path) as file:
            image = to_8_bit(ImageOps.exif_transpose(file))
    # Pillow raises many kinds of exceptions on damaged files.
    except Exception as error:
        raise data_error(expected, f"{path} ({error})") from error
    width, height = image.size
    if width != 2 * height:
        raise data_error(expected, f"{path} of {width}x{height}")
    squares = [(0, 0, height, height), (height, 0, width, height)]
    pixels = [
        crop_and_resize(image.crop(square), image_size) for square in squares
    ]
    return [np.atleast_3d(square) for square in pixels]


def _stacked(images: tuple[np.ndarray, ...]) -> np.ndarray:
    """Returns one array, in colour if one of the images is."""
    shape = max((image.shape for image in images), key=lambda shape: shape[-1])
    return to_signed(np.stack([np.broadcast_to(i, shape) for i in images]))
