"""Files of pictures: whole or not at all, and named after their epoch."""

import contextlib
import os
import re
import uuid
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from PIL import Image

from keras_regan import _validation

_NAME = re.compile(r"epoch_(\d{4,})\.png")


def writable_directory(directory: str | os.PathLike[str], argument: str) -> str:
    """Creates a directory and proves that files can be written to it.

    Raises:
        ValueError: If the directory cannot be created or written to.
        TypeError: If `directory` is neither a string nor a path.
    """
    path = path_string(directory, argument)
    try:
        os.makedirs(path, exist_ok=True)
        proof = os.path.join(path, _temporary_name("proof"))
        with open(proof, "xb"):
            pass
        os.remove(proof)
    except OSError as error:
        text = _validation.message(
            argument, "a directory that files can be written to", directory
        )
        raise ValueError(f"{text} ({error})") from error
    return path


def path_string(path: str | os.PathLike[str], argument: str) -> str:
    """Returns a path as a string."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            _validation.message(argument, "a string or a path", path)
        )
    return os.fspath(path)


def picture_path(directory: str, epoch: int) -> str:
    """Returns the path of the picture of an epoch."""
    return os.path.join(directory, f"epoch_{epoch:04d}.png")


def picture_paths(directory: str, last_epoch: int) -> list[str]:
    """Returns the pictures in a directory by epoch, up to `last_epoch`."""
    epochs = [
        int(match.group(1))
        for match in map(_NAME.fullmatch, os.listdir(directory))
        if match
    ]
    return [
        picture_path(directory, epoch)
        for epoch in sorted(epochs)
        if epoch <= last_epoch
    ]


def write_picture(path: str, pixels: np.ndarray) -> None:
    """Writes a PNG file of uint8 pixels, `(height, width, 1 or 3)`."""
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    picture = Image.fromarray(pixels)
    write_whole(path, lambda file: picture.save(file, format="PNG"))


def write_whole(path: str, write: Callable[[BinaryIO], None]) -> None:
    """Lets `write` fill a file that appears under `path` once it is complete.

    The temporary file lies in the same directory, so that it is replaced in
    one operation of the file system, and it is removed if anything fails.
    """
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, _temporary_name(name))
    try:
        with open(temporary, "xb") as file:
            write(file)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise


def _temporary_name(name: str) -> str:
    return f".{name}.{uuid.uuid4().hex}.tmp"
