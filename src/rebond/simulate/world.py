"""The state of the simulated world: who was tried when, what was answered, and what is still to come back."""

import asyncio
import heapq
from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.ports import Clock
from rebond.simulate.behaviour import Behaviour, Conduct, WorldSettings, conduct, fraction, identifier
from rebond.simulate.dialects import dialect_of
from rebond.simulate.handing_over import Parcel, hand_over
from rebond.simulate.returns import Kind, Return, Taken, compose, reply_for, words

_BATCH = 200
_LONGEST_WAIT = timedelta(hours=1)
_FULL = "452 4.3.1 Insufficient system storage: too many returns wait to be delivered"
_RETURNS = {
    Behaviour.COMPLAIN: Kind.COMPLAINT,
    Behaviour.OOO: Kind.AUTO_REPLY,
    Behaviour.DELAY: Kind.DELAY,
    Behaviour.FORWARD: Kind.BOUNCE,
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One attempt: what the address does, the code that it was answered with (250: taken), and when."""

    recipient: str
    behaviour: str
    code: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """One return that was handed over for good: taken (250), or refused for ever (5xx)."""

    recipient: str
    behaviour: str
    kind: Kind
    code: int
    at: datetime


@dataclass(slots=True)
class _Seen:
    first: datetime
    attempts: int = 0
    received: int = 0


class World:
    """What the receivers of the world know and do; make one per run, and give it to a relay.

    `log` holds the attempts and `returns` what came back, the last `settings.remembered` of each; `received`,
    `refused` (by behaviour), `returned` (by kind) and `lost` (returns that Rebond would not have) are whole.
    It belongs to one event loop.
    """

    def __init__(self, settings: WorldSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.log: deque[Answered] = deque(maxlen=settings.remembered)
        self.returns: deque[Returned] = deque(maxlen=settings.remembered)
        self.received = 0
        self.refused: Counter[str] = Counter()
        self.returned: Counter[Kind] = Counter()
        self.lost = 0
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._due: list[Parcel] = []
        self._number = 0
        self._handing_over = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many returns are still to come."""
        return len(self._due)

    def received_by(self, recipient: str) -> int:
        """Return how many messages an address has taken, as far as is remembered."""
        seen = self._seen.get(recipient.lower())
        return seen.received if seen else 0

    def answer_rcpt(self, recipient: str, *, sender: str) -> str | None:
        """Answer RCPT: a refusal, or None where the address is content so far. Counts as an attempt."""
        seen = self._remember(recipient)
        seen.attempts += 1
        return self._refusal(recipient, seen, sender=sender, phase="rcpt")

    def answer_data(self, messages: Sequence[Taken], *, never: frozenset[str] = frozenset()) -> str:
        """Answer the end of DATA for a message's recipients, and plan what comes back.

        One that refuses refuses for all of them, SMTP having one answer only. `never` are those that asked for no
        reports (NOTIFY=NEVER, RFC 3461).
        """
        if len(self._due) + len(messages) > self.settings.most_due:
            return _FULL
        for taken in messages:
            text = self._refusal(taken.recipient, self._remember(taken.recipient), sender=taken.sender, phase="data")
            if text is not None:
                return text
        for taken in messages:
            self._take(taken, report=taken.recipient not in never)
        first = messages[0]
        return f"250 {dialect_of(first.recipient).accepted}".format_map(self._words(first.recipient, first.sender))

    def next_due(self) -> datetime | None:
        """Return when the next return comes, None when nothing is to come."""
        return self._due[0].at if self._due else None

    def take_due(self, now: datetime, *, limit: int) -> list[Return]:
        """Take up to `limit` returns that are due out of the queue, for a caller that hands them over itself."""
        taken: list[Return] = []
        while len(taken) < limit and self._due and self._due[0].at <= now:
            what = heapq.heappop(self._due).what
            self.returned[what.kind] += 1
            self.returns.append(Returned(what.taken.recipient, what.conduct.name, what.kind, 250, now))
            taken.append(what)
        return taken

    async def deliver_due(self, now: datetime, lmtp_host: str, lmtp_port: int) -> int:
        """Hand over by LMTP (RFC 2033) what is due by `now`, and return how many were taken.

        What is refused with 4xx, or could not be handed over at all, is kept and comes again later.
        """
        taken = 0
        async with self._handing_over:
            while self._due and self._due[0].at <= now:
                batch: list[Parcel] = []
                while len(batch) < _BATCH and self._due and self._due[0].at <= now:
                    batch.append(heapq.heappop(self._due))
                mails = [(parcel.what.recipient, compose(parcel.what)) for parcel in batch]
                try:
                    codes = await asyncio.to_thread(hand_over, mails, host=lmtp_host, port=lmtp_port)
                except BaseException:
                    # Stopped in the middle: what was taken may come twice, nothing gets lost.
                    for parcel in batch:
                        heapq.heappush(self._due, parcel)
                    raise
                for parcel, code in zip(batch, codes, strict=True):
                    taken += self._settle(parcel, code, now=now)
        return taken

    def _settle(self, parcel: Parcel, code: int, *, now: datetime) -> bool:
        what = parcel.what
        if 200 <= code < 600 and not 400 <= code < 500:
            entry = Returned(what.taken.recipient, what.conduct.name, what.kind, code, now)
            self.returns.append(entry)
            if code >= 500:
                self.lost += 1
                return False
            self.returned[what.kind] += 1
            return True
        if now - what.at >= self.settings.give_up:
            self.lost += 1
            return False
        wait = min(self.settings.retry_first * 2 ** min(parcel.tries, 10), _LONGEST_WAIT)
        heapq.heappush(self._due, Parcel(now + wait, parcel.number, parcel.tries + 1, what))
        return False

    def _remember(self, recipient: str) -> _Seen:
        key = recipient.lower()
        seen = self._seen.pop(key, None) or _Seen(self.clock.now())
        self._seen[key] = seen
        if len(self._seen) > self.settings.remembered:
            self._seen.popitem(last=False)
        return seen

    def _refusal(self, recipient: str, seen: _Seen, *, sender: str, phase: str) -> str | None:
        does = conduct(recipient, settings=self.settings)
        if not self._refuses(does, recipient, seen):
            return None
        reply = reply_for(does, recipient, seed=self.settings.seed, occasion=seen.attempts)
        if reply.phase != phase:
            return None
        self.refused[does.name] += 1
        self.log.append(Answered(recipient, does.name, reply.code, self.clock.now()))
        return reply.text(self._words(recipient, sender))

    def _refuses(self, does: Conduct, recipient: str, seen: _Seen) -> bool:
        if does.later or does.behaviour is Behaviour.ACCEPT or does.behaviour in _RETURNS:
            return False
        if does.behaviour is Behaviour.GREY:
            return self.clock.now() - seen.first < self.settings.grey_wait
        if does.behaviour is Behaviour.THROTTLE:
            drawn = fraction(self.settings.seed, "throttle", recipient.lower(), seen.attempts)
            return drawn < self.settings.throttled
        return True

    def _take(self, taken: Taken, *, report: bool) -> None:
        self.received += 1
        self._remember(taken.recipient).received += 1
        does = conduct(taken.recipient, settings=self.settings)
        self.log.append(Answered(taken.recipient, does.name, 250, taken.at))
        kind = Kind.BOUNCE if does.later else _RETURNS.get(does.behaviour)
        if kind is None or not taken.sender or (not report and kind in (Kind.BOUNCE, Kind.DELAY)):
            return
        at = taken.at + self._delay(taken.recipient)
        what = Return(
            kind=kind, conduct=does, taken=taken, at=at, seed=self.settings.seed, sender_ip=self.settings.sender_ip
        )
        self._number += 1
        heapq.heappush(self._due, Parcel(at, self._number, 0, what))

    def _delay(self, recipient: str) -> timedelta:
        """Draw how long a return takes: as likely within the first minutes as within the hours after."""
        earliest, latest = self.settings.earliest, self.settings.latest
        factor: float = (latest / earliest) ** fraction(self.settings.seed, "when", recipient.lower())
        return earliest * factor

    def _words(self, recipient: str, sender: str) -> dict[str, str]:
        now = self.clock.now()
        seen = self._remember(recipient)
        return words(
            dialect_of(recipient),
            recipient,
            sender=sender,
            sender_ip=self.settings.sender_ip,
            at=now,
            identity=identifier(self.settings.seed, recipient.lower(), seen.attempts),
        )
