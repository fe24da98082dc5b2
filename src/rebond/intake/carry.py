"""Carry mails that were found in files to where they are stored, in bounded batches."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rebond.core.words import Trust
from rebond.intake.files import Found, Unreadable
from rebond.services.accept import Accepted, Incoming

_MOST_MAILS = 200
_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Carried:
    """How many mails were read, how many of them were new, and which files could not be read."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: tuple[Unreadable, ...] = ()


def carry(
    found: Iterable[Found],
    *,
    accept: Callable[[Sequence[Incoming]], Sequence[Accepted]],
    source: str,
    required_trust: Trust,
    on_progress: Callable[[int], None] = lambda number: None,
) -> Carried:
    """Store mails from files; what lies there is read again without effect, so a run that ended early is just repeated.

    Raises django.db.DatabaseError when the store cannot take them; the batches before that are stored.
    """
    accepted: list[int] = [0, 0]
    rejected: list[Unreadable] = []
    batch: list[Incoming] = []

    def flush() -> None:
        for answer in accept(batch):
            accepted[answer.duplicate] += 1
        batch.clear()
        on_progress(sum(accepted) + len(rejected))

    size = 0
    for item in found:
        if isinstance(item, Unreadable):
            rejected.append(item)
            continue
        batch.append(Incoming(source=source, raw=item.raw, required_trust=required_trust))
        size += len(item.raw)
        if len(batch) >= _MOST_MAILS or size >= _MOST_BYTES:
            flush()
            size = 0
    if batch:
        flush()
    stored, duplicates = accepted
    return Carried(stored + duplicates, stored, duplicates, tuple(rejected))
