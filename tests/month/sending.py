"""Deliveries of the month: made, prepared and checked against a model, sent by workers that die or fall asleep."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

from django.db import connections

from rebond.core.policy import RetryPermanent, parse_retries
from rebond.core.ports import OutcomeKind
from rebond.core.words import Channel, MessageClass
from rebond.services.deliveries import (
    NewDelivery,
    cancel_delivery,
    create_delivery,
    pause_delivery,
    resume_delivery,
)
from rebond.services.denylist_profile import denylist_profile
from rebond.services.people_file import FileOptions
from rebond.services.prepare import prepare
from rebond.services.send import next_due, send
from tests.month.mortal import WRITES, KilledError, MortalThread
from tests.month.people import Person
from tests.month.raw import one, rows, when
from tests.month.schedule import Course, Sending
from tests.month.transport import MonthSender, Tried

if TYPE_CHECKING:
    from tests.month.month import Month

_SEND = "rebond.services.send.DatabaseThread"
_WITHIN = 60.0
_TEXT = "Hello {{ first_name }}, {{ unsubscribe_url }}"


def make(month: "Month", message_class: MessageClass, *, share: float = 1.0) -> int:
    """Make a delivery to everybody, or to a share of the people, and prepare it."""
    chance, now = month.chance, month.clock.now()
    everybody = list(month.population.people.values())
    members = everybody if share == 1 else chance.sample(everybody, max(2, int(len(everybody) * share)))
    intervals = parse_retries(chance.choice(("5x1h,4x1d", "5x1h,4x1d", "2x30m,3x1d", "3x1h")))
    validity = timedelta(hours=chance.choice((120, 120, 84, 24, 3)))
    permanent = chance.choice(("daily", "daily", "never", "as_temporary"))
    nick = message_class is MessageClass.COMMERCIAL and chance.random() < 0.3
    new = NewDelivery(
        name=f"{message_class} {now:%d %H}",
        channel=Channel.EMAIL,
        sender="Shop <news@shop.sim.example>",
        subject="News",
        text=_TEXT + (" {{ nick }}" if nick else ""),
        html="",
        message_class=message_class,
        validity=validity,
        retries=intervals,
        retry_permanent=RetryPermanent(permanent),
        duplicates=chance.random() < 0.1,
        verify_all=chance.random() < 0.2,
    )
    target = None if share == 1 else month.population.file(members, names=True)
    number = create_delivery(new, now=now, actor="t", target=target, options=FileOptions(mapping={})).id
    sending = Sending(
        id=number,
        message_class=message_class.value,
        intervals=tuple(intervals),
        permanent=permanent,
        validity=validity,
        duplicates=new.duplicates,
        nick=nick,
        members=None if share == 1 else frozenset(person.id for person in members),
    )
    month.sendings[number] = sending
    for _ in range(2 if chance.random() < 0.1 else 1):
        _prepare(month, number)
    _learn(month, sending)
    month.unfinished.add(number)
    month.active.append(number)
    return number


def _prepare(month: "Month", number: int) -> None:
    prepare(
        number,
        content=month.content,
        providers=month.providers,
        policy=month.policy,
        now=month.clock.now(),
        actor="t",
        chunk=month.chance.choice((50, 5_000)),
        sample=month.chance.choice((5, 1_000)),
    )


def _learn(month: "Month", sending: Sending) -> None:
    """Read what preparation made, and compare it with who may be written to."""
    month.ledger.refresh()
    wanted = _expected(month, sending)
    made = rows("SELECT id, profile, address_key FROM message WHERE delivery_id = %s", sending.id)
    for number, profile, key in made:
        month.courses.of[number] = Course(sending=sending, profile=profile, key=key)
        if sending.message_class == "confirmation":
            month.confirmations.append(number)
    found: dict[int, tuple[str, str]] = {profile: ("", "") for _, profile, _ in made}
    excluded = "SELECT profile, reason, cause FROM exclusion WHERE delivery_id = %s"
    found |= {profile: (reason, cause) for profile, reason, cause in rows(excluded, sending.id)}
    wrong = {
        profile: (found.get(profile), wanted[profile]) for profile in wanted if found.get(profile) != wanted[profile]
    }
    month.hold(not wrong, f"delivery {sending} was prepared as (found, wanted): {_some(month, wrong)}")
    month.hold(found.keys() == wanted.keys(), f"delivery {sending.id} has not its target")


def _some(month: "Month", wrong: dict[int, object]) -> str:
    """Describe some of those that were prepared otherwise than they should have been."""
    people = [(month.population.by_profile[profile], told) for profile, told in sorted(wrong.items())[:4]]
    return "; ".join(f"{person}: {told}, {month.ledger.address(person.key or '')}" for person, told in people)


def _expected(month: "Month", sending: Sending) -> dict[int, tuple[str, str]]:
    """Say, of each profile of the target, why it is left out; empty words for a message."""
    people = month.population.people
    target = [people[name] for name in sending.members] if sending.members is not None else list(people.values())
    blocked = month.ledger.blocked()
    lately = _confirmed_lately(month) if sending.message_class == "confirmation" else set()
    seen: set[str] = set()
    wanted: dict[int, tuple[str, str]] = {}
    for person in sorted(target, key=lambda person: person.profile):
        key = person.key
        reason = why_not(person, key, month=month, message_class=sending.message_class, blocked=blocked)
        if not reason and key in seen and not (sending.duplicates and sending.message_class != "confirmation"):
            reason = ("duplicate", "")
        if not reason and key in lately:
            reason = ("excluded_by_rule", "rule")
        if not reason and key:
            seen.add(key)
        wanted[person.profile] = reason or ("", "")
    return wanted


def why_not(
    person: Person, key: str | None, *, month: "Month", message_class: str, blocked: dict[str, object]
) -> tuple[str, str] | None:
    """Give the first reason against writing to somebody, in the order of specification 05."""
    if not person.text.strip():
        return "address_empty", ""
    if key is None:
        return "invalid_address", ""
    if "all" in person.denied and message_class != "confirmation":
        return "denylisted", "opted_out"
    if "email" in person.denied and message_class == "commercial":
        return "denylisted", "opted_out"
    if key not in blocked:
        return None
    told = month.ledger.address(key)
    if told.status == "denylisted":
        return "denylisted", told.by if told.by in ("complaint", "stop") else ""
    return None if message_class == "confirmation" else ("quarantined", "")


def _confirmed_lately(month: "Month") -> set[str]:
    since = month.clock.now() - timedelta(hours=24)
    courses = (month.courses.of[number] for number in month.confirmations)
    return {course.key for course in courses if any(at > since for at in course.taken)}


# --- handing over ---------------------------------------------------------------------------------------------------


def send_due(month: "Month") -> None:
    """Let a worker hand over what is due of each delivery, and see to those that are over."""
    for number in list(month.active):
        status, started = rows("SELECT status, started_at FROM delivery WHERE id = %s", number)[0]
        if status in ("finished", "cancelled"):
            month.active.remove(number)
        elif status == "prepared":
            _start(month, number)
        elif status == "paused":
            if month.chance.random() < 0.5:
                resume_delivery(number, now=month.clock.now(), actor="t")
        elif started:
            due = next_due(number, transport="month", now=month.clock.now())
            if due is None or due <= month.clock.now():
                run(month, number)
            if status == "sending":
                _meddle(month, number)


def _start(month: "Month", number: int) -> None:
    if month.chance.random() < 0.2 and not month.ending:
        return  # it waits, and people change their minds meanwhile
    begun, validity = month.clock.now(), month.sendings[number].validity
    month.courses.ends[number] = begun + validity
    run(month, number)
    if one("SELECT status FROM delivery WHERE id = %s", number) == "prepared":
        return  # the worker was killed before it had begun
    started, ends = rows("SELECT started_at, ends_at FROM delivery WHERE id = %s", number)[0]
    month.hold((when(started), when(ends)) == (begun, begun + validity), f"delivery {number} ends at {ends}")


def _meddle(month: "Month", number: int) -> None:
    drawn = month.chance.random()
    if one("SELECT status FROM delivery WHERE id = %s", number) != "sending" or month.ending:
        return
    if drawn < 0.01:
        cancel_delivery(number, now=month.clock.now(), actor="t")
        for course in month.courses.of.values():
            if course.sending.id == number:
                course.over = course.over or "its delivery was cancelled"
    elif drawn < 0.03:
        pause_delivery(number, now=month.clock.now(), actor="t")


def run(month: "Month", number: int) -> None:
    """Run one worker on one delivery; some die, some sleep until another has taken over."""
    month.ledger.refresh()
    month.blocked = month.ledger.blocked()
    month.lately = {}
    drawn = month.chance.random()
    mortal = partial(MortalThread, dies_at="", number=0, after=False)
    if drawn < month.kills:
        dies_at, after = month.chance.choice(WRITES), month.chance.random() < 0.5
        mortal = partial(MortalThread, dies_at=dies_at, number=month.chance.randrange(1, 5), after=after)
    sender = month.sender()
    asleep = month.kills <= drawn < month.kills * 1.5
    if asleep:
        sender.before = _once(lambda: _sleep(month, number))
    elif drawn > 0.9:
        sender.before = _once(lambda: _meanwhile(lambda: _somebody_opts_out(month)))
    whole = _work(month, number, sender, mortal)
    keys = {month.courses.of[tried.message].key for tried in month.courses.tried}
    month.courses.close_run(whole=whole and not asleep)
    month.ledger.refresh(succeeded=keys)


def _work(month: "Month", number: int, sender: MonthSender, mortal: Callable[..., MortalThread]) -> bool:
    with patch(_SEND, mortal):
        try:
            _hand_over(month, number, sender)
        except KilledError:
            month.killed += 1
            return False
    return True


def _hand_over(month: "Month", number: int, sender: MonthSender) -> None:
    month.runs += 1
    asyncio.run(
        send(
            number,
            policy=month.policy,
            keyring=month.keyring,
            rules=month.rules,
            sender=sender,
            composer=month.content.composer,
            bounce_domain="bounce.sim.example",
            clock=month.clock,
            worker=f"w{month.runs}",
        )
    )


def _once(do: Callable[[], None]) -> Callable[[], None]:
    todo = [do]

    def before() -> None:
        if todo:
            todo.pop()()

    return before


def _meanwhile(do: Callable[[], None]) -> None:
    """Do it as another process would, with a connection of its own."""

    def there() -> None:
        try:
            do()
        finally:
            connections.close_all()

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()


def _sleep(month: "Month", number: int) -> None:
    """A worker stands still with a window in its hands until its lease is over; another does its work."""
    month.clock.advance(timedelta(minutes=6))

    _meanwhile(lambda: _hand_over(month, number, month.sender()))


def _somebody_opts_out(month: "Month") -> None:
    person = month.chance.choice(list(month.population.people.values()))
    if not person.denied:
        denylist_profile(person.id, channel="all", now=month.clock.now(), actor="t")
        person.denied.add("all")
        month.lately[person.profile] = month.clock.monotonic()


def note(month: "Month", tried: Tried) -> None:
    """Judge one attempt at the moment at which it is made."""
    month.courses.hand_over(tried)
    if tried.kind is OutcomeKind.FAULT:
        return
    month.handed_over += 1
    course = month.courses.of[tried.message]
    month.numbers[tried.sender] = tried.message
    month.mine[course.key] = tried.sender.partition("+")[2]
    person = month.population.by_profile[course.profile]
    lately = month.lately.get(course.profile)
    denied = set() if lately is not None and month.clock.monotonic() - lately <= _WITHIN else person.denied
    shadow = Person(person.id, course.key, nick=True, denied=denied)
    sending = course.sending
    reason = why_not(shadow, course.key, month=month, message_class=sending.message_class, blocked=month.blocked)
    if reason:
        month.courses.problems.append(f"{tried.recipient} was written to by {sending}: {reason}")
