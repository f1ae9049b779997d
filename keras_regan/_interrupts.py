"""Delays Ctrl-C until a step is complete."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def interrupts_wait() -> Iterator[None]:
    """Delays Ctrl-C until the block is done.

    Python raises `KeyboardInterrupt` between any two of its instructions: in
    the middle of a step, one network would be updated and the other not. Here
    any handler of SIGINT is called at the end of the block instead. Threads
    other than the main one get no signals.
    """
    usual = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    # There is no Python handler to call if it was set outside Python.
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
