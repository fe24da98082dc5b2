"""Ending a process by a signal, gently the first time."""

import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Give what the first SIGTERM or SIGINT sets; the second one ends the process at once."""
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return ending
