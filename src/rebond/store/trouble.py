"""What an error of the database means: in words, and whether it passes by itself."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from django.db import InterfaceError, InternalError, OperationalError

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_PASS: Final = frozenset({sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL})
_FULL: Final = "53100"
_READ_ONLY: Final = "25006"
_AWAY_CLASSES: Final = ("08", "57")
# A circle of waits, resources, locks, the server's own files.
_PASS_CLASSES: Final = ("40", "53", "55", "58")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is the matter, in one line, and whether the same may succeed later."""

    words: str
    passes: bool = False


def trouble(error: BaseException) -> Trouble:
    """Say what an error means."""
    words = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", None) == _READ_ONLY:
        # As while another server takes over.
        return Trouble(f"the database takes no writes at present ({words})", passes=True)
    if not isinstance(error, (OperationalError, InterfaceError)):
        return Trouble(words)
    # Of SQLite's codes the upper bits tell kinds of one trouble apart.
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    state = getattr(error.__cause__, "sqlstate", None) or ""
    if code in _BUSY:
        return Trouble(f"another program keeps the database to itself ({words})", passes=True)
    if code in _NO_ROOM or state == _FULL:
        return Trouble(f"the database cannot write, its disk may be full ({words})", passes=True)
    if not code and (not state or state.startswith(_AWAY_CLASSES)):
        return Trouble(f"the database does not answer ({words})", passes=True)
    return Trouble(words, passes=code in _PASS or state.startswith(_PASS_CLASSES))
