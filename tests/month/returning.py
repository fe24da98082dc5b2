"""What comes back: the world's returns on their way, where some get lost, late, doubled or out of order."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import TYPE_CHECKING

from rebond.services.accept import Incoming, accept_many
from rebond.simulate.behaviour import fraction
from rebond.simulate.returns import Return, compose
from tests.month.invariants import messages_of

if TYPE_CHECKING:
    from tests.month.month import Month

_BATCH = 100
_LOST, _LATE, _AGAIN, _REWORDED, _ELSEWHERE, _AS_SOMEBODY = 0.05, 0.10, 0.10, 0.05, 0.05, 0.03


@dataclass(frozen=True, slots=True)
class Mail:
    """A return that was taken. `expected`: how many pieces of evidence there must be of it; None where any may be."""

    kind: str
    recipient: str
    expected: int | None


def bring_back(month: "Month") -> None:
    """Hand over what is due by now, and settle it."""
    now = month.clock.now()
    due = month.world.take_due(now, limit=100_000)
    late, month.late = [one for at, one in month.late if at <= now], [item for item in month.late if item[0] > now]
    incoming: list[tuple[Return, Incoming]] = []
    for what in due:
        drawn = fraction(month.plan.seed, "fate", what.taken.sender, what.kind, what.taken.at)
        if drawn < _LOST:
            continue
        if drawn < _LOST + _LATE:
            month.late.append((now + timedelta(days=1 + 11 * fraction("late", drawn)), what))
            continue
        incoming += _ways(what, (drawn - _LOST - _LATE) / (1 - _LOST - _LATE))
    for what in late:
        incoming += _ways(what, fraction("late", what.taken.sender))
    month.chance.shuffle(incoming)
    for start in range(0, len(incoming), _BATCH):
        _take(month, incoming[start : start + _BATCH])
    month.settle()


def _ways(what: Return, drawn: float) -> list[tuple[Return, Incoming]]:
    """Decide how a return arrives: as it should, or more than once, at another address, or as from somebody."""
    raw = compose(what)
    usual = Incoming(source="lmtp", raw=raw, envelope_from="", envelope_to=what.recipient)
    if drawn < _AGAIN:
        return [(what, usual), (what, usual)]
    if drawn < _AGAIN + _REWORDED:
        reworded = compose(replace(what, at=what.at + timedelta(minutes=7)))
        return [(what, usual), (what, replace(usual, raw=reworded))]
    if drawn < _AGAIN + _REWORDED + _ELSEWHERE:
        # The same bytes once more at another of our addresses: another return that says nothing new.
        return [(what, usual), (what, replace(usual, envelope_to="bounces@bounce.sim.example"))]
    if drawn < _AGAIN + _REWORDED + _ELSEWHERE + _AS_SOMEBODY:
        return [(what, replace(usual, envelope_from="mailer@mta.sim.example"))]
    return [(what, usual)]


def _take(month: "Month", batch: list[tuple[Return, Incoming]]) -> None:
    now = month.clock.now()
    numbers = {_number(month, what) for what, _ in batch}
    still = messages_of(month, {number for number in numbers if number is not None})
    accept_many([incoming for _, incoming in batch], now=now)
    for what, incoming in batch:
        digest = hashlib.sha256(incoming.raw).hexdigest()
        number = _number(month, what)
        ours = number in still
        month.returns.setdefault(digest, Mail(what.kind, what.taken.recipient, 1 if ours else None))


def _number(month: "Month", what: Return) -> int | None:
    return month.numbers.get(what.taken.sender)


def forge(month: "Month") -> None:
    """Somebody sends bounces of messages that he never got: none may act."""
    someone = month.chance.choice(list(month.population.people.values()))
    token = "".join(month.chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=34))
    mail = MIMEText(f"<{someone.text}>: host mx.evil.example said: 550 5.1.1 <{someone.text}>: User unknown")
    mail["From"], mail["Subject"] = "MAILER-DAEMON@mx.evil.example", "Undelivered Mail Returned to Sender"
    mail["Date"] = format_datetime(month.clock.now())
    raw = mail.as_bytes()
    accept_many(
        [Incoming(source="lmtp", raw=raw, envelope_from="", envelope_to=f"b+{token}@bounce.sim.example")],
        now=month.clock.now(),
    )
    month.returns[hashlib.sha256(raw).hexdigest()] = Mail("forged", someone.text, None)


def unsubscribe(month: "Month") -> None:
    """Somebody writes to the unsubscribe address of a message that he got."""
    from rebond.core.tokens import sign_unsubscribe

    person = month.chance.choice(list(month.population.people.values()))
    sending = month.chance.choice(list(month.sendings))
    token = sign_unsubscribe(person.profile, delivery=sending, keyring=month.keyring)
    mail = MIMEText("")
    mail["From"], mail["Subject"] = person.text or "nobody@there.example", "unsubscribe"
    mail["Date"] = format_datetime(month.clock.now())
    to = f"unsubscribe+{token}@bounce.sim.example"
    mail["To"] = to
    accept_many(
        [Incoming(source="lmtp", raw=mail.as_bytes(), envelope_from=person.text, envelope_to=to)],
        now=month.clock.now(),
    )
    month.returns[hashlib.sha256(mail.as_bytes()).hexdigest()] = Mail("unsubscribe", person.text, 0)
    month.settle()
    person.denied.add("email")
