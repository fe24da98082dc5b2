"""What stands around a site that is killed: a relay that answers as told, and peers that bring returns by LMTP."""

import asyncio
import re
import smtplib
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.receiving import receiving
from tests.services.mail_fixtures import arf, dsn, letter

HARD = "550 5.1.1 No such user here"
SOFT = "452 4.2.2 The mailbox is over its quota"
_UNSUBSCRIBE = re.compile(rb"mailto:(unsubscribe\+[^@>?\s]+@[^>?\s]+)")
_PEERS = 4


class Relay:
    """Takes mails, refuses hard* and soft*, and calls `on_taken` before it answers the one that `call_at` names."""

    def __init__(self) -> None:
        self.port = 0
        self.unsubscribe: dict[str, str] = {}
        self.start_anew()

    def start_anew(self) -> None:
        self.taken: Counter[str] = Counter()
        self.call_at: int | None = None
        self.on_taken: Callable[[], None] = lambda: None
        self.seconds_each = 0.0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(("hard", "soft")):
            return HARD if address.startswith("hard") else SOFT
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.seconds_each)
        self.taken.update(envelope.rcpt_tos)
        if found := _UNSUBSCRIBE.search(bytes(envelope.content or b"")):
            self.unsubscribe[envelope.rcpt_tos[0]] = found[1].decode()
        if self.call_at is not None and self.taken.total() >= self.call_at:
            self.call_at = None
            self.on_taken()
        return "250 2.0.0 taken"


@contextmanager
def relaying() -> Iterator[Relay]:
    """Run a relay on a free port."""
    relay = Relay()
    with receiving(relay) as relay.port:
        yield relay


@dataclass(frozen=True, slots=True)
class Returning:
    """One mail that comes back, and the recipient of its envelope."""

    to: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that was delivered, as the sending log has it."""

    number: int
    address: str
    message_id: str
    at: datetime
    unsubscribe: str


def returns_of(sent: Sequence[Sent], *, domain: str) -> list[Returning]:
    """Make what comes back of these messages: failures, complaints, wishes, notices, strangers and what is no mail."""
    kinds = (_hard, _soft, _complaint, _soft_twice, _notice, _stranger, _unsubscribe, _junk)
    found = [mail for number, one in enumerate(sent) for mail in kinds[number % len(kinds)](one, domain)]
    assert len({(mail.to, mail.raw) for mail in found}) == len(found)
    return found


def _verp(sent: Sent, domain: str) -> str:
    return f"b+{sent.message_id.partition('@')[0]}@{domain}"


def _hard(sent: Sent, domain: str) -> list[Returning]:
    return [Returning(_verp(sent, domain), dsn(sent.address, text=HARD, date=sent.at))]


def _soft(sent: Sent, domain: str) -> list[Returning]:
    return [Returning(_verp(sent, domain), dsn(sent.address, status="4.2.2", text=SOFT, date=sent.at))]


def _soft_twice(sent: Sent, domain: str) -> list[Returning]:
    (first,) = _soft(sent, domain)
    return [first, Returning(first.to, first.raw + b"\n")]


def _complaint(sent: Sent, domain: str) -> list[Returning]:
    raw = arf(message_id=sent.message_id, original_to=sent.address, date=sent.at)
    return [Returning(f"fbl@{domain}", raw)]


def _notice(sent: Sent, domain: str) -> list[Returning]:
    raw = letter(
        "I am away.", subject="Out of office", to=_verp(sent, domain), date=sent.at, Auto_Submitted="auto-replied"
    )
    return [Returning(_verp(sent, domain), raw)]


def _stranger(sent: Sent, domain: str) -> list[Returning]:
    return [Returning(f"b@{domain}", dsn(f"stranger{sent.number}@people.example", text=HARD, date=sent.at))]


def _unsubscribe(sent: Sent, domain: str) -> list[Returning]:
    raw = letter("", subject="unsubscribe", to=sent.unsubscribe, date=sent.at)
    return [Returning(sent.unsubscribe, raw)]


def _junk(sent: Sent, domain: str) -> list[Returning]:
    return [Returning(f"b@{domain}", b"\xff\x00=?utf-8?q?=\r\n\r\n%d" % sent.number)]


@dataclass
class Answers:
    """What the listener said of the mails brought: the numbers of those acknowledged, and the codes of the others."""

    acknowledged: set[int] = field(default_factory=set)
    codes: Counter[int] = field(default_factory=Counter)


def bring(port: int, mails: Sequence[Returning], *, but: Collection[int] = ()) -> Answers:
    """Bring these mails, but some, over a few connections at once; ends early when the listener is gone."""
    answers = Answers()
    waiting = deque(number for number in range(len(mails)) if number not in but)
    peers = [threading.Thread(target=_peer, args=(port, mails, waiting, answers)) for _ in range(_PEERS)]
    for peer in peers:
        peer.start()
    for peer in peers:
        peer.join()
    return answers


def _peer(port: int, mails: Sequence[Returning], waiting: deque[int], answers: Answers) -> None:
    with suppress(OSError, smtplib.SMTPException), smtplib.LMTP("127.0.0.1", port, timeout=60) as peer:
        for _ in count():
            try:
                number = waiting.popleft()
            except IndexError:
                return
            try:
                peer.sendmail("", [mails[number].to], mails[number].raw)
                answers.acknowledged.add(number)
            except smtplib.SMTPDataError as error:
                answers.codes[error.smtp_code] += 1
