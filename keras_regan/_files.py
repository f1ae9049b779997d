"""Writes files completely or not at all."""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import BinaryIO

from keras_regan._validation import message

# Even a write that takes hours changes its file all the time.
_ABANDONED_AFTER_SECONDS = 3600
# The bytes that a name may have without the prefix.
_LONGEST_NAME_BYTES = 200
_TEMPORARY = re.compile(
    r"\.(?P<owner>[0-9a-f]{16})[0-9a-f]{16}\.tmp\.(?P<end>.+)", re.DOTALL
)
_NO_SPACE = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def path_string(path: Any, argument: str) -> str:
    """Returns a path as a string."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(message(argument, "a string or a path", path))
    return os.fspath(path)


def write_whole(path: str, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file that appears under `path` only when it is complete.

    Args:
        path: The path of the file.
        write: Function that is called with the open file.

    Raises:
        OSError: If the file cannot be written. The error names `path`.
    """
    with replacing(path) as temporary:
        with open(temporary, "wb") as file:
            write(file)


@contextlib.contextmanager
def replacing(path: str, size: int = 0) -> Iterator[str]:
    """Yields the path of an empty file that will replace another file.

    The new file is in the same directory, so that one operation of the file
    system can replace the old one, after the block has ended and everything is
    on the disk. If anything fails, the new file is removed and the old one
    stays as it was.

    Args:
        path: The path of the file. Links are followed.
        size: The largest number of bytes that will be needed. If there is no
            room for them, nothing is written: some libraries crash if the disk
            fills up while they write. Defaults to `0`, which does not check.

    Yields:
        The path of the file to fill, which has the ending of `path`.

    Raises:
        OSError: If the file cannot be written. The error names `path`.
    """
    target = os.path.realpath(path)
    directory, name = os.path.split(target)
    temporary = os.path.join(directory, temporary_name(name))
    try:
        _remove_abandoned(directory, name)
        _check_replaceable(target)
        _create(temporary, size)
        yield temporary
        _to_disk(temporary)
        with contextlib.suppress(OSError):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        if isinstance(error, OSError):
            raise _naming(error, path) from error
        raise
    _directory_to_disk(directory)


def temporary_name(name: str) -> str:
    """Returns a unique file name with the ending of `name`.

    The name also identifies the process.
    """
    chance = uuid.uuid4().hex[:16]
    return f".{_here()}{os.getpid():08x}{chance}.tmp.{_end_of(name)}"


def _end_of(name: str) -> str:
    return os.fsdecode(os.fsencode(name)[-_LONGEST_NAME_BYTES:])


def _remove_abandoned(directory: str, name: str) -> None:
    """Removes temporary files that killed processes left behind.

    It removes all files of processes that are known to have ended. Processes
    of other machines cannot be seen, so it also removes old temporary files of
    the same file.
    """
    with contextlib.suppress(OSError), os.scandir(directory or ".") as entries:
        for entry in entries:
            temporary = _TEMPORARY.fullmatch(entry.name)
            if temporary is None:
                continue
            with contextlib.suppress(OSError):
                age = time.time() - entry.stat().st_mtime
                if _has_ended(temporary["owner"]) or (
                    temporary["end"] == _end_of(name)
                    and age > _ABANDONED_AFTER_SECONDS
                ):
                    os.remove(entry.path)


def _here() -> str:
    """Returns a key of the place where process numbers are comparable.

    It differs on another machine, in another container and after a restart.
    """
    place = [socket.gethostname()]
    with contextlib.suppress(OSError):
        place.append(os.readlink("/proc/self/ns/pid"))
        with open("/proc/sys/kernel/random/boot_id") as file:
            place.append(file.read())
    return hashlib.sha256("".join(place).encode()).hexdigest()[:8]


def _has_ended(owner: str) -> bool:
    """Tells whether a process has certainly ended."""
    place, process = owner[:8], int(owner[8:], 16)
    if place != _here() or os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _check_replaceable(path: str) -> None:
    """Raises for a file that may not be written to, as `open` would."""
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _create(path: str, size: int) -> None:
    """Creates a file and, for a moment, fills it with `size` bytes."""
    with open(path, "xb") as file:
        if not size:
            return
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError as error:
                if error.errno in _NO_SPACE:
                    raise
        elif shutil.disk_usage(os.path.dirname(path)).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file.truncate(0)


def _to_disk(path: str) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _directory_to_disk(path: str) -> None:
    """Writes a new name to the disk, on systems that can do this."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _naming(error: OSError, path: str) -> OSError:
    """Returns the error with the name of the user's file."""
    if error.errno is None:
        return OSError(f"'{path}' could not be written: {error}")
    return OSError(error.errno, os.strerror(error.errno), path)
