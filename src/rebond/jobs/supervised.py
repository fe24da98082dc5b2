"""What a process that `rebond up` started owes it: to say when it is ready, and to end when its parent is gone."""

import contextlib
import os
import signal
import threading

VARIABLE = "REBOND_SUPERVISOR"


def tell_ready() -> None:
    """Tell who started this process that it is ready; and end by SIGTERM when that one goes away without a word."""
    number = os.environ.pop(VARIABLE, "")
    if not number:
        return
    with contextlib.suppress(OSError):
        os.write(int(number), b"1")
    threading.Thread(target=_end_with, args=(int(number),), name="rebond-parent", daemon=True).start()


def _end_with(number: int) -> None:
    with contextlib.suppress(OSError):
        os.read(number, 1)  # nothing is ever written there: it ends when the other side does
    os.kill(os.getpid(), signal.SIGTERM)
