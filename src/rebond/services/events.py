"""Events about addresses, told by the operator or by another sender: JSON Lines in (specification 07)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rebond.core.failure import Event
from rebond.core.policy import Policy
from rebond.core.qualifier import Qualifier
from rebond.services.alerts import OftenUnqualified
from rebond.services.event_lines import MOST_LINE, EventReader, Line
from rebond.services.record import OFTEN, Occurrence, record
from rebond.store.read.messages import SentMessage, find_messages
from rebond.store.write.messages import ReturnMark, mark_messages
from rebond.store.write.text import storable

CHUNK = 500
_MOST_BYTES = 16 * MOST_LINE


@dataclass(frozen=True, slots=True)
class BadEvent:
    """A line that could not be taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class EventsTaken:
    """What became of a stream of events; `repeated` are the lines of those that were known."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: tuple[BadEvent, ...] = field(default=())
    repeated: tuple[int, ...] = field(default=())


def take_events(
    lines: Iterable[Line],
    *,
    policy: Policy,
    qualifier: Qualifier,
    now: datetime,
    region: str = "",
    allow_undotted: bool = False,
    often: OftenUnqualified = OFTEN,
    on_progress: Callable[[int], None] | None = None,
) -> EventsTaken:
    """Record events (JSON, or what was read from it), in bounded chunks.

    A bad one is reported with its line, counted from 1; the others are kept.
    """
    reader = EventReader(qualifier=qualifier, now=now, region=region, allow_undotted=allow_undotted)
    read = stored = 0
    rejected: list[BadEvent] = []
    repeated: list[int] = []
    for chunk in _chunks(lines):
        read += len(chunk)
        taken: dict[int, Occurrence] = {}
        for number, line in chunk:
            try:
                taken[number] = reader.read(line)
            except RecursionError:
                rejected.append(BadEvent(number, "this is nested too deeply"))
            except ValueError as error:
                rejected.append(BadEvent(number, storable(str(error))))
        new = set(_store(list(taken.values()), policy=policy, often=often, now=now))
        stored += len(new)
        for number, item in taken.items():
            if item.evidence.identity in new:
                new.discard(item.evidence.identity)
            else:
                repeated.append(number)
        if on_progress:
            on_progress(read)
    return EventsTaken(read, stored, len(repeated), tuple(rejected), tuple(repeated))


def _chunks(lines: Iterable[Line]) -> Iterator[list[tuple[int, Line]]]:
    """Gather lines that are not blank, with their numbers, bounded in number and in size."""
    chunk: list[tuple[int, Line]] = []
    size = 0
    for number, line in enumerate(lines, 1):
        if isinstance(line, str | bytes):
            if not line.strip():
                continue
            size += len(line)
        chunk.append((number, line))
        if len(chunk) >= CHUNK or size >= _MOST_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _store(taken: Sequence[Occurrence], *, policy: Policy, often: OftenUnqualified, now: datetime) -> frozenset[str]:
    ours: dict[str, SentMessage] = {}
    for message in find_messages((), message_ids={item.evidence.message for item in taken}):
        ours[message.message_id] = message

    def write(stored: frozenset[str]) -> None:
        marks, complaints = [], []
        for item in taken:
            evidence, message = item.evidence, ours.get(item.evidence.message)
            if message is None or evidence.identity not in stored or message.key != item.key:
                continue
            if evidence.event is Event.COMPLAINT:
                complaints.append((message.number, evidence.at))
            elif evidence.verdict and not evidence.verdict.harmless:
                marks.append(
                    ReturnMark(message=message.number, at=evidence.at, verdict=evidence.verdict, text=evidence.text)
                )
        mark_messages(returned=marks, complained=complaints)

    return record(taken, policy=policy, now=now, write=write, often=often).stored
