"""Animations made of pictures of the same size."""

import math
import os
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image

from keras_regan._files import write_whole

_BYTES_AT_ONCE = 2**28


def can_write(extension: str) -> bool:
    """Tells whether the installed Pillow can write such animations."""
    Image.init()
    return extension.upper() in Image.SAVE_ALL


def read_pictures(pictures: Sequence[str]) -> list[Image.Image]:
    """Reads pictures for an animation.

    Pictures of another size than the last one, left over from a run with
    other settings, are skipped. If all pictures together would take more than
    256 MiB of memory, only some are read, evenly spaced.

    Args:
        pictures: Sequence of strings, not empty. Paths of the pictures, in
            the order in which they are shown.

    Raises:
        OSError: If a picture cannot be read.
    """
    mode, size = _mode_and_size(pictures[-1])
    pictures = [
        picture
        for picture in pictures
        if _mode_and_size(picture) == (mode, size)
    ]
    frame_bytes = math.prod(size) * len(Image.new(mode, (1, 1)).getbands())
    limit = max(2, _BYTES_AT_ONCE // frame_bytes)
    return [_read(picture) for picture in _thinned(pictures, limit)]


def write_animation(
    path: str,
    frames: Sequence[Image.Image],
    milliseconds: int,
    last_milliseconds: int,
) -> None:
    """Writes an animation that plays in a loop.

    Args:
        path: String. The file to write; its extension, `.gif` or `.webp`,
            determines the format.
        frames: Sequence of images of the same size, not empty.
        milliseconds: Positive integer. How long each frame is shown.
        last_milliseconds: Positive integer. How long the last frame is shown.

    Raises:
        OSError: If the animation cannot be written, for instance because the
            frames are too large for its format.
    """
    first, *others = frames
    extension = os.path.splitext(path)[1][1:]

    def write(file: BinaryIO) -> None:
        first.save(
            file,
            format=extension.upper(),
            save_all=True,
            append_images=others,
            duration=[milliseconds] * len(others) + [last_milliseconds],
            loop=0,
        )

    try:
        write_whole(path, write)
    except ValueError as error:
        raise OSError(str(error)) from error


def _thinned(pictures: list[str], limit: int) -> list[str]:
    if len(pictures) <= limit:
        return pictures
    chosen = np.linspace(0, len(pictures) - 1, limit).round().astype(int)
    return [pictures[index] for index in chosen]


def _mode_and_size(picture: str) -> tuple[str, tuple[int, int]]:
    with Image.open(picture) as image:
        return image.mode, image.size


def _read(picture: str) -> Image.Image:
    with Image.open(picture) as image:
        return image.copy()
