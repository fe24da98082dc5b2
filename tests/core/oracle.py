"""Specification 04 once more, slowly and naively, to check `fold` against.

Written from the specification's words, on purpose without the table of transitions: for one channel with a threshold
and a gap, perhaps a rest after which an erroneous address is valid again, without spans and immediate causes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rebond.core.failure import Event, Evidence, Verdict
from rebond.core.words import Cause, Owner

DEFERRALS = {"greylisted", "throttled", "tls", "config", "system_full"}
NOBODYS_FAULT = (Owner.SENDER, Owner.CONTENT)
# Events of one instant happen in the order in which they are listed in the core.
RANK = {kind: rank for rank, kind in enumerate(Event)}


@dataclass
class Address:
    status: str = "valid"
    by: str = ""
    reason: str = ""
    count: int = 0
    last_error: datetime | None = None
    last_counted: datetime | None = None
    releases: int = 0
    seen_once: set[Cause] = field(default_factory=set)

    def clear(self) -> None:
        self.status, self.by, self.reason, self.count = "valid", "", "", 0
        self.seen_once = set()
        self.releases += 1


def tell(
    evidence: Iterable[Evidence],
    *,
    threshold: int = 5,
    gap: timedelta = timedelta(hours=24),
    days: int = 30,
    rest: timedelta | None = None,
    start: Address | None = None,
) -> Address:
    """Tell what the evidence adds up to; `start` is what evidence before it, which is gone, added up to."""
    history = sorted({e.identity: e for e in evidence}.values(), key=lambda e: (e.at, RANK[e.event], e.identity))
    history = [e for e in history if not _undone(e, history)]
    address = replace(start, seen_once=set(start.seen_once)) if start else Address()
    for e in history:
        if not e.trusted or e.event is Event.UNDO:
            continue
        if e.event is Event.FAILURE:
            assert e.verdict
            _fail(address, e, e.verdict, threshold=threshold, gap=gap, rest=rest)
        elif e.event is Event.DELIVERED:
            if not _taken_back(e, history):
                _deliver(address)
        else:
            _happen(address, e, days=days, rest=rest)
    return address


def _undone(e: Evidence, history: list[Evidence]) -> bool:
    return any(
        u.event is Event.UNDO and e.identity in u.voids and not _undone(u, history) for u in history if u is not e
    )


def _taken_back(success: Evidence, history: list[Evidence]) -> bool:
    return any(
        e.event is Event.FAILURE
        and e.trusted
        and e.message
        and e.message == success.message
        and e.verdict
        and e.verdict.type in ("hard", "soft")
        and e.verdict.reason != "not_a_failure"
        and (e.asynchronous or e.at >= success.at)
        for e in history
    )


def _fail(a: Address, e: Evidence, v: Verdict, *, threshold: int, gap: timedelta, rest: timedelta | None) -> None:
    if e.held_by or v.type == "ignored" or v.reason == "not_a_failure":
        return
    if v.owner in NOBODYS_FAULT:
        return
    if _long_without_counting_error(a, e.at, rest):
        a.clear()
    a.last_error = e.at
    unknown_yet = v.reason == "not_defined" and e.first_sight
    if e.text_ignored or v.cause in DEFERRALS or unknown_yet or a.status not in ("valid", "erroneous"):
        return
    if v.type == "hard" and v.confirm == 1:
        a.status, a.by, a.reason = "quarantined", "hard", v.reason
        a.seen_once = set()
        return
    if a.last_counted and e.at < a.last_counted + gap:
        return
    a.count, a.last_counted, a.reason = a.count + 1, e.at, v.reason
    if v.confirm == 2 and v.cause in a.seen_once:
        a.status, a.by = "quarantined", "hard"
    elif a.count >= threshold:
        a.status, a.by = "quarantined", "soft"
    else:
        a.status, a.by = "erroneous", "soft"
        if v.confirm == 2:
            a.seen_once.add(v.cause)


def _deliver(a: Address) -> None:
    if a.status == "erroneous" or (a.status == "quarantined" and a.by == "soft"):
        a.clear()


def _long_without_counting_error(a: Address, now: datetime, rest: timedelta | None) -> bool:
    return bool(rest and a.status == "erroneous" and a.last_counted and now - a.last_counted >= rest)


def _happen(a: Address, e: Evidence, *, days: int, rest: timedelta | None) -> None:
    match e.event:
        case Event.CONFIRMED if a.status in ("erroneous", "quarantined", "denylisted") and a.by != "complaint":
            a.clear()
        case Event.COMPLAINT | Event.STOP if a.status != "denylisted":
            a.status, a.by, a.reason = "denylisted", e.event.value, "denylisted"
        case Event.START if a.status == "denylisted" and a.by == "stop":
            a.clear()
        case Event.EXIT_DUE if a.status in ("erroneous", "quarantined") and a.by != "person":
            full = a.reason == "mailbox_full" and a.last_error and e.at >= a.last_error + timedelta(days=days)
            if full or _long_without_counting_error(a, e.at, rest):
                a.clear()
        case Event.RELEASED if a.status != "valid":
            a.clear()
        case Event.QUARANTINED | Event.DENYLISTED | Event.ALLOWLISTED:
            if a.status == e.event.value:
                a.by = a.by if a.by == "complaint" else "person"
            else:
                a.status, a.by = e.event.value, "person"
                a.reason = "" if e.event is Event.ALLOWLISTED else e.event.value
