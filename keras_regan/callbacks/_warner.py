"""Warnings of trouble that does not end a training."""

import warnings
from collections.abc import Callable
from typing import Any


class Warner:
    """Warns of each kind of trouble once in a training.

    Args:
        owner: String. The name of the callback that warns.
    """

    def __init__(self, owner: str):
        self._owner = owner
        self._reported: set[Any] = set()

    def warn(self, kind: Any, text: str) -> None:
        """Warns unless there was a warning of this kind before."""
        if kind not in self._reported:
            self._reported.add(kind)
            warnings.warn(text, stacklevel=2)

    def try_to_write(self, path: str, write: Callable[[], None]) -> None:
        """Calls `write`, and warns once of each kind of failure."""
        try:
            write()
        except OSError as error:
            self.warn(
                (type(error), error.errno),
                f"{self._owner} could not write '{path}': {error}. The "
                "training goes on. Further failures of this kind are not "
                "reported.",
            )
