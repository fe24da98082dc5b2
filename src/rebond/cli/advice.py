"""What a person can do about a fault of the machine or of the database."""

import errno

_RIGHTS = (
    "the user who runs rebond must be allowed to write in the data directory and to every file in it:"
    " see its owner, its rights and whether its disk is mounted read-only"
)
_DATABASE = (
    ("readonly database", _RIGHTS),
    ("unable to open database file", _RIGHTS),
    ("database is locked", "another process has been writing for long: try again when it has ended"),
    ("disk I/O error", "see whether the disk of the data directory is full or failing, then run it again"),
    ("disk is full", "free some space on the disk of the data directory, and run it again"),
    ("No space left", "free some space on the disk of the database, and run it again"),
    ("is malformed", "put back a copy of the database; what is left of it can be read with sqlite3 and .recover"),
    ("Connection refused", "see whether PostgreSQL runs, and whether REBOND_DATABASE_URL leads to it"),
    ("password authentication failed", "see the user and the password in REBOND_DATABASE_URL"),
    ("permission denied", "let the user in REBOND_DATABASE_URL own the tables, or run rebond as the one who does"),
    ("read-only transaction", "lead REBOND_DATABASE_URL to the server that takes writes, not to a standby"),
)
_SYSTEM = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOSPC: "free some space on its disk, and run it again",
    errno.EDQUOT: "free some of the quota of the user who runs rebond, and run it again",
    errno.EMFILE: "let a process open more files (ulimit -n)",
}


def with_advice(error: Exception) -> str:
    """Return the words of an error, and what to do about it where that is known."""
    words = str(error).strip()
    if isinstance(error, OSError):
        advice = _SYSTEM.get(error.errno or 0, "")
        if error.strerror:
            words = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        advice = next((advice for sign, advice in _DATABASE if sign in words), "") or _wait(error)
    return f"{words}: {advice}" if advice else words


def _wait(error: Exception) -> str:
    from rebond.store.trouble import trouble

    passes = error.__cause__ is not None and trouble(error).passes
    return "when the database answers again, run this again; what was done stays done" if passes else ""
