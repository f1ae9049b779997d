"""A checksum at the end of a file, which shows whether it was damaged.

HDF5 notices that a file was cut off, but not that numbers in it changed. It
ignores everything after its own end, so a checksum can be written there.
"""

import os
import re
import zlib

_SEAL = "\nkeras_regan crc32 {:08x}\n"
_LENGTH = len(_SEAL.format(0))
_CHUNK = 1 << 20


def seal(path: str) -> None:
    """Appends the checksum of a file to it."""
    checksum = _checksum(path, os.path.getsize(path))
    with open(path, "ab") as file:
        file.write(_SEAL.format(checksum).encode())


def check_seal(path: str) -> None:
    """Checks a file that ends with a checksum; ignores all others.

    Raises:
        OSError: If the file has changed since it was sealed, or if it cannot
            be read.
    """
    size = os.path.getsize(path) - _LENGTH
    if size < 0:
        return
    with open(path, "rb") as file:
        file.seek(size)
        found = file.read()
    if not re.fullmatch(rb"\nkeras_regan crc32 [0-9a-f]{8}\n", found):
        return
    if found != _SEAL.format(_checksum(path, size)).encode():
        raise OSError("its content does not match its checksum")


def _checksum(path, size):
    checksum = 0
    with open(path, "rb") as file:
        while size > 0:
            chunk = file.read(min(size, _CHUNK))
            if not chunk:
                break
            checksum = zlib.crc32(chunk, checksum)
            size -= len(chunk)
    return checksum
