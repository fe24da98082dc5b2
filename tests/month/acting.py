"""What people and other senders do meanwhile: decide about addresses, opt out, correct themselves, tell of events."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rebond.core.words import AddressStatus
from rebond.services.denylist_profile import allow_profile, denylist_profile
from rebond.services.errors import RefusedError
from rebond.services.events import take_events
from rebond.services.import_people import import_people
from rebond.services.people import read_address, release, tell
from rebond.services.people_file import FileOptions
from rebond.services.unattributed import Accepting
from tests.month.people import Person
from tests.month.returning import forge, unsubscribe

if TYPE_CHECKING:
    from tests.month.month import Month

_PARIS = ZoneInfo("Europe/Paris")
_TEXTS = (
    "452 4.2.2 The mailbox is over quota",
    "552 5.2.2 Mailbox full",
    "550 5.1.1 User unknown",
    "451 4.3.0 Temporary local problem",
    "550 5.2.1 Account disabled",
    "554 5.7.1 Message refused: spam",
    "550 The moon was in the wrong house for {}",
)


def act(month: "Month", number: int) -> None:
    """Do so many things, drawn from all that can happen."""
    for _ in range(number):
        name = month.chance.choices(list(_ACTS), weights=[weight for weight, _ in _ACTS.values()])[0]
        _ACTS[name][1](month)
    month.settle()


def _someone(month: "Month") -> Person:
    return month.chance.choice(list(month.population.people.values()))


def _key(month: "Month") -> str:
    """Choose an address: of the ones with a history more often than not."""
    if month.ledger.known and month.chance.random() < 0.6:
        return month.chance.choice(sorted(month.ledger.known))
    return _someone(month).key or "nobody.at.all@generic.sim.example"


def _tell(status: AddressStatus) -> Callable[["Month"], None]:
    def do(month: "Month") -> None:
        address = read_address(_key(month))
        tell(address, status=status, because="b", actor=month.actor(), policy=month.policy, now=month.clock.now())
        month.acts += 1

    return do


def _release(month: "Month") -> None:
    key = _key(month)
    month.ledger.refresh()
    told = month.ledger.address(key).status
    try:
        release(read_address(key), because="b", actor=month.actor(), policy=month.policy, now=month.clock.now())
    except RefusedError:
        month.hold(told == "valid", f"{key} is {told}, and could not be released")
    else:
        month.hold(told != "valid", f"{key} was released, and was valid")
        month.acts += 1


def _opt_out(month: "Month") -> None:
    person, channel = _someone(month), month.chance.choice(("email", "email", "all"))
    new = denylist_profile(person.id, channel=channel, now=month.clock.now(), actor="t")
    month.hold(new == (channel not in person.denied), f"{person} opted out of {channel}: {new}")
    person.denied.add(channel)


def _opt_in(month: "Month") -> None:
    denied = [person for person in month.population.people.values() if person.denied]
    if denied:
        person = month.chance.choice(denied)
        channel = "all" if "all" in person.denied else "email"
        allow_profile(person.id, channel=channel, now=month.clock.now(), actor="t", because="b")
        person.denied.discard(channel)


def _correct(month: "Month") -> None:
    """A file of corrected addresses is imported."""
    people = [_someone(month) for _ in range(3)]
    for person in people:
        person.text = month.population.invent(month.chance.randrange(10**6), month.chance)
    path = month.population.file({person.id: person for person in people}.values(), names=False)
    import_people(path, options=FileOptions(mapping={}), now=month.clock.now(), actor="t")


def _events(month: "Month") -> None:
    """Another sender tells of failures, successes, complaints and confirmations, some about our own messages."""
    lines = [_event(month, _key(month)) for _ in range(month.chance.randrange(1, 6))]
    taken = take_events(lines, policy=month.policy, qualifier=month.qualifier, now=month.clock.now())
    month.hold(not taken.rejected, f"events were rejected: {taken.rejected}")
    month.acts += taken.stored
    again = take_events(lines, policy=month.policy, qualifier=month.qualifier, now=month.clock.now())
    month.hold(again.stored == 0, f"events were stored twice: {again}")


def _event(month: "Month", key: str) -> str:
    chance = month.chance
    kind = chance.choices(("failure", "delivered", "complaint", "confirmed"), weights=(10, 4, 1, 2))[0]
    month.told += 1
    ago = timedelta(seconds=chance.randrange(5 * 86400) if chance.random() < 0.7 else chance.randrange(3600))
    event = {"channel": "email", "address": key, "event": kind, "id": f"e{month.told}"}
    event["occurred_at"] = _local(month.clock.now() - ago)
    if kind == "failure":
        event["text"] = chance.choice(_TEXTS).format(key)
    if chance.random() < 0.2 and month.mine.get(key):
        # A webhook tells what a mail tells as well.
        event["message_id"] = month.mine[key]
    return json.dumps(event)


def _local(at: datetime) -> str:
    """Write a time as a machine in Paris does, whose clocks change at the end of March."""
    return at.astimezone(_PARIS).isoformat(timespec="seconds")


def accept(month: "Month") -> None:
    """A person believes what nobody could prove; the ledger has to see it first as it was told, unproven."""
    month.ledger.refresh()
    Accepting(because="b", actor="t", policy=month.policy, rules=month.rules, now=month.clock.now()).accept_all()
    month.reload()


_ACTS: dict[str, tuple[float, Callable[["Month"], None]]] = {
    "quarantine": (1, _tell(AddressStatus.QUARANTINED)),
    "denylist": (0.5, _tell(AddressStatus.DENYLISTED)),
    "allowlist": (0.5, _tell(AddressStatus.ALLOWLISTED)),
    "release": (5, _release),
    "opt out": (1, _opt_out),
    "opt in": (1, _opt_in),
    "unsubscribe": (1, unsubscribe),
    "correct": (2, _correct),
    "events": (5, _events),
    "forge": (1, forge),
    "accept": (0.1, accept),
}


def history(month: "Month", number: int) -> None:
    """What is known of some addresses from months before: full ones are due to leave, dead ones stay."""
    keys = sorted({person.key for person in month.population.people.values() if person.key})
    lines = []
    for key in month.chance.sample(keys, min(number, len(keys))):
        full = month.chance.random() < 0.7
        text = "452 4.2.2 The mailbox is over quota" if full else "550 5.1.1 User unknown"
        for day in range(month.chance.randrange(1, 7) if full else 1):
            at = month.clock.now() - timedelta(days=month.chance.randrange(18, 40) - day)
            event = {"channel": "email", "address": key, "event": "failure", "occurred_at": _local(at), "text": text}
            lines.append(json.dumps(event))
    taken = take_events(lines, policy=month.policy, qualifier=month.qualifier, now=month.clock.now())
    month.acts += taken.stored
