"""Default names of objects, from their class."""

from typing import Any


def snake_case(instance: Any) -> str:
    """Returns the name of an object's class as a key for the logs."""
    name = type(instance).__name__
    words = "".join(
        "_" + letter if letter.isupper() and previous.islower() else letter
        for previous, letter in zip("A" + name, name, strict=False)
    )
    return words.lower()
