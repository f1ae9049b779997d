"""Many pictures of one size as one animation."""

import math
import os
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image

from keras_regan.callbacks.picture_files import write_whole

_MILLISECONDS = 150
_LAST_MILLISECONDS = 2000
_BYTES_AT_ONCE = 2**28


def can_write(extension: str) -> bool:
    """Tells whether this Pillow was built to write such animations."""
    Image.init()
    return extension.upper() in Image.SAVE_ALL


def write_animation(path: str, pictures: Sequence[str]) -> None:
    """Writes an animation that shows the last picture longest, and repeats.

    Pictures of another size than the last one, left over from a run with
    other settings, are skipped. If all pictures together would take more than
    256 MiB of memory, only some are shown, evenly spaced.

    Args:
        path: String. The file to write; its extension, `.gif` or `.webp`,
            says the format.
        pictures: Sequence of strings, not empty. Paths of the pictures, in
            the order they are shown in.

    Raises:
        OSError: If a picture cannot be read, or the animation not written,
            be it because the pictures are too large for its format.
    """
    mode, size = _mode_and_size(pictures[-1])
    pictures = [
        picture
        for picture in pictures
        if _mode_and_size(picture) == (mode, size)
    ]
    frame_bytes = math.prod(size) * len(Image.new(mode, (1, 1)).getbands())
    limit = max(2, _BYTES_AT_ONCE // frame_bytes)
    frames = [_read(picture) for picture in _thinned(pictures, limit)]
    first, *others = frames
    extension = os.path.splitext(path)[1][1:]

    def write(file: BinaryIO) -> None:
        first.save(
            file,
            format=extension.upper(),
            save_all=True,
            append_images=others,
            duration=[_MILLISECONDS] * len(others) + [_LAST_MILLISECONDS],
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
