"""Files that appear whole or not at all."""

import contextlib
import os
import uuid
from collections.abc import Callable
from typing import Any
from typing import BinaryIO

from keras_regan._validation import message


def path_string(path: Any, argument: str) -> str:
    """Returns a path as a string."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(message(argument, "a string or a path", path))
    return os.fspath(path)


def write_whole(path: str, write: Callable[[BinaryIO], None]) -> None:
    """Lets `write` fill a file that appears under `path` once it is complete.

    The temporary file lies in the same directory, so that it is replaced in
    one operation of the file system, and it is removed if anything fails.
    """
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, temporary_name(name))
    try:
        with open(temporary, "xb") as file:
            write(file)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise


def temporary_name(name: str) -> str:
    """Returns a name that no other file has."""
    return f".{name}.{uuid.uuid4().hex}.tmp"
