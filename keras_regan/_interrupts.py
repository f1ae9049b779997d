"""Ctrl-C that waits until a step is whole."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def interrupts_wait() -> Iterator[None]:
    """Lets Ctrl-C wait until the block is done.

    Python raises `KeyboardInterrupt` between any two of its instructions: in
    the middle of a step, one network would be updated and the other not.
    Handlers of SIGINT are called at the end of the block instead, whichever
    they are. Threads other than the main one get no signals.
    """
    usual = _usual_handler()
    if usual is None:
        yield
        return
    waiting = []
    signal.signal(signal.SIGINT, lambda *arguments: waiting.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if waiting:
            usual(*waiting[-1])


def _usual_handler():
    """Returns what Python calls on Ctrl-C; `None` if that is not Python's."""
    if threading.current_thread() is not threading.main_thread():
        return None
    handler = signal.getsignal(signal.SIGINT)
    return handler if callable(handler) else None
