"""Saves and loads files completely or not at all."""

import math
import os
import re
import warnings
import zipfile
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regan._backend.keras_internals import saving
from keras_regan._files import replacing
from keras_regan._sealed_file import check_seal
from keras_regan._sealed_file import seal


class NotCompiledWarning(UserWarning):
    """Warns that a compiled model loads a file of an uncompiled one."""


def save_whole(
    filepath: Any,
    overwrite: bool,
    save: Callable[[Any, bool], None],
    *,
    endings: tuple[str, ...],
    variables: Sequence[keras.Variable],
) -> None:
    """Lets Keras write a file that appears only when it is complete.

    Args:
        filepath: The path of the file.
        overwrite: Whether to replace an existing file without asking.
        save: Keras's method, called with a path and `overwrite`.
        endings: The endings of files that can be written this way. Keras
            writes other files itself, and directories and remote paths too.
        variables: The variables in the file, which determine its size.
    """
    if not _is_local_file(filepath) or not str(filepath).endswith(endings):
        save(filepath, overwrite)
        return
    path = os.fspath(filepath)
    if os.path.exists(path) and not overwrite and not _may_replace(path):
        return
    with replacing(path, size=_most_bytes(variables)) as temporary:
        save(temporary, True)
        if path.endswith(".weights.h5"):
            seal(temporary)


def load_whole(
    filepath: Any,
    load: Callable[[], None],
    *,
    partially: bool,
    variables: Sequence[keras.Variable],
) -> None:
    """Lets Keras load a file, and undoes that if it does not fit.

    Args:
        filepath: The path of the file.
        load: Keras's method.
        partially: Whether to leave out what does not fit.
        variables: All variables that loading may change.

    Raises:
        OSError: If the file cannot be read or is damaged.
        ValueError: If it does not fit the model.
    """
    before = [np.array(ops.convert_to_numpy(v.value)) for v in variables]
    try:
        if _is_local_file(filepath):
            _check_undamaged(os.fspath(filepath))
        with warnings.catch_warnings(record=True) as caught:
            saving.always_warn_of_optimizers()
            load()
        caught = _without_what_follows(caught)
        refused = saving.optimizers_not_loaded(caught)
        if refused and not partially:
            raise ValueError(" ".join(refused))
    except BaseException as error:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        if isinstance(error, Exception) and not isinstance(error, MemoryError):
            raise _explained(error, filepath) from error
        raise
    for warning in caught:
        warnings.warn(warning.message, warning.category, stacklevel=3)


def _without_what_follows(caught):
    """Drops Keras's warnings of optimizers that were not saved.

    Keras gives the same warning for an optimizer that could not be read.
    """
    if not any(issubclass(w.category, NotCompiledWarning) for w in caught):
        return caught
    return [w for w in caught if not saving.is_of_no_optimizer(w)]


def _is_local_file(filepath):
    return (
        isinstance(filepath, str | os.PathLike)
        and not saving.is_remote(str(filepath))
        and not os.path.isdir(filepath)
    )


def _may_replace(path):
    """Asks the user as Keras does."""
    answer = input(f"[WARNING] {path} already exists - overwrite? [y/n]")
    while answer.strip().lower() not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).')
    return answer.strip().lower() == "y"


def _most_bytes(variables):
    """Returns an upper bound of the size of a file with these variables."""
    bits = sum(
        math.prod(v.shape) * int((re.findall(r"\d+", v.dtype) or ["8"])[0])
        for v in variables
    )
    # HDF5 needs some kilobytes for the name and the position of each.
    return bits // 8 + 8192 * len(variables) + 65536


def _check_undamaged(path):
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise OSError(f"its part '{damaged}' does not match its checksum")
    elif path.endswith(".json"):
        _check_shards(path)
    else:
        check_seal(path)


def _check_shards(path):
    """Raises for a missing shard, which Keras does not always notice."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        names = saving.files_of_shards(content)
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"it is not a list of shards ({error})") from error
    for name in names:
        shard = os.path.join(os.path.dirname(path), str(name))
        if not os.path.exists(shard):
            raise OSError(f"its part '{shard}' is missing")


def _explained(error, filepath):
    """Returns an `OSError` for damage and a `ValueError` for a misfit."""
    if isinstance(error, FileNotFoundError | PermissionError):
        text = os.strerror(error.errno or 0)
        return type(error)(error.errno, text, str(filepath))
    if isinstance(error, ValueError | TypeError):
        return ValueError(
            f"The file '{filepath}' could not be loaded, and the model is "
            f"unchanged. {error}"
        )
    return OSError(
        f"The file '{filepath}' is damaged or cannot be read, and the model "
        f"is unchanged: {error or type(error).__name__}"
    )
