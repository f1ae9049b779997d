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
    usual = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    # Python calls none if the handler was set outside of Python.
    if not main or not callable(usual):
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
