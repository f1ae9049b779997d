"""The event file of a callback for TensorBoard."""

import contextlib
from collections.abc import Callable

from keras_regan._backend.tensorboard import EventWriter
from keras_regan.callbacks._warner import Warner


class EventLog:
    """Opens an event file when there is something to write.

    Args:
        log_dir: String, or `None` to write nothing.
        warner: The `Warner` that reports files that cannot be written.
    """

    def __init__(self, log_dir: str | None, warner: Warner):
        self._log_dir = log_dir
        self._warner = warner
        self._writer: EventWriter | None = None

    def write(self, write: Callable[[EventWriter], None]) -> None:
        """Calls `write` with the event file."""
        if self._log_dir is not None:
            log_dir = self._log_dir
            self._warner.try_to_write(
                log_dir, lambda: self._try(log_dir, write)
            )

    def close(self) -> None:
        """Closes the event file if one was opened."""
        if self._writer is not None and self._log_dir is not None:
            writer, self._writer = self._writer, None
            self._warner.try_to_write(self._log_dir, writer.close)

    def _try(self, log_dir: str, write: Callable[[EventWriter], None]) -> None:
        try:
            write(self._opened(log_dir))
        except OSError:
            # TensorBoard reads nothing after half a record, so the next
            # records go to a new file.
            self._abandon()
            raise

    def _abandon(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(OSError):
                writer.close()

    def _opened(self, log_dir: str) -> EventWriter:
        if self._writer is not None and self._writer.is_gone:
            self._abandon()
        if self._writer is None:
            self._writer = EventWriter(log_dir)
        return self._writer
