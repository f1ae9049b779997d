"""Picture files and their directory."""

import os

import numpy as np
from PIL import Image

from keras_regan import _validation
from keras_regan._files import path_string
from keras_regan._files import temporary_name
from keras_regan._files import write_whole


def writable_directory(directory: str | os.PathLike[str], argument: str) -> str:
    """Creates a directory and checks that files can be written to it.

    Raises:
        ValueError: If the directory cannot be created or written to.
        TypeError: If `directory` is neither a string nor a path.
    """
    path = path_string(directory, argument)
    try:
        os.makedirs(path, exist_ok=True)
        proof = os.path.join(path, temporary_name("proof"))
        with open(proof, "xb"):
            pass
        os.remove(proof)
    except OSError as error:
        text = _validation.message(
            argument, "a directory that files can be written to", directory
        )
        raise ValueError(f"{text} ({error})") from error
    return path


def write_picture(path: str, pixels: np.ndarray) -> None:
    """Writes a PNG file of uint8 pixels, `(height, width, 1 or 3)`."""
    image = as_image(pixels)
    write_whole(path, lambda file: image.save(file, format="PNG"))


def as_image(pixels: np.ndarray) -> Image.Image:
    """Returns uint8 pixels, `(height, width, 1 or 3)`, as a Pillow image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
