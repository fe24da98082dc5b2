"""Settle stored returns, in bounded batches: read, attribute, qualify, then one transaction; again is harmless."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import Error

from rebond.core.failure import Report
from rebond.core.policy import Policy
from rebond.core.qualifier import Qualifier
from rebond.core.read.providers.body import SOURCE
from rebond.core.tokens import Keyring
from rebond.core.words import WayOut
from rebond.services.alerts import OftenUnqualified
from rebond.services.attribute import Log, Pointers, attribute, pointers
from rebond.services.hooks import KIND, Heard, HookInterpreter
from rebond.services.interpret import Interpreter, Meaning, all_recipients
from rebond.services.record import OFTEN, record
from rebond.services.rules_in_force import RulesInForce
from rebond.services.unsubscribe import unsubscribe
from rebond.store.read.messages import find_messages
from rebond.store.read.returns import ReturnState, StoredReturn
from rebond.store.trouble import trouble
from rebond.store.write.erase import empty_returns
from rebond.store.write.messages import mark_messages
from rebond.store.write.returns import FinishedReturn, claim_returns, fail_return, finish_returns, release_returns
from rebond.store.write.text import storable
from rebond.store.write.unattributed import add_unattributed

BATCH = 400
# Occurrences written in one transaction: each address of them takes a lock, and PostgreSQL holds some thousand in all.
MOST_AT_ONCE = 2_000
# Bytes of webhooks that are read together.
_MOST_BODY = 1024 * 1024
_RETRY = timedelta(minutes=1)
_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a batch; `failed` are put back to be tried again, `dead` were tried too often."""

    taken: int = 0
    settled: int = 0
    unattributed: int = 0
    failed: int = 0
    dead: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def plus(self, other: "Settled") -> "Settled":
        """Add two batches."""
        kinds = {kind: self.kinds.get(kind, 0) + other.kinds.get(kind, 0) for kind in self.kinds | other.kinds}
        return Settled(
            self.taken + other.taken,
            self.settled + other.settled,
            self.unattributed + other.unattributed,
            self.failed + other.failed,
            self.dead + other.dead,
            kinds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """What settling needs, for batch after batch."""

    policy: Policy
    rules: RulesInForce
    keyring: Keyring
    worker: str
    allow_undotted: bool = False
    often: OftenUnqualified = OFTEN
    _interrupted: list[int] = field(default_factory=list, init=False, repr=False)

    def settle_all(self, now: Callable[[], datetime], *, on_progress: Callable[[int], None] | None = None) -> Settled:
        """Settle until nothing waits."""
        total = Settled()
        while (batch := self.settle(now())).taken:
            total = total.plus(batch)
            if on_progress:
                on_progress(total.taken)
        return total

    def settle(self, now: datetime, *, limit: int = BATCH) -> Settled:
        """Settle one batch of what waits; one that cannot be settled never holds up the others."""
        self._put_back()
        stored = claim_returns(worker=self.worker, now=now, lease=_LEASE, limit=limit)
        if not stored:
            return Settled()
        try:
            qualifier = self.rules.renew()
        except Exception:  # no fault of these mails, whatever it is: they wait until there are rules to judge them by
            self._give_back(stored)
            raise
        try:
            try:
                with _collecting_later():
                    return self._settle(stored, qualifier, now=now)
            except Exception as error:  # whatever a single mail can do: it is looked for one by one
                if trouble(error).passes:
                    raise
                return self._one_by_one(stored, qualifier, now=now)
        except Error as error:
            if trouble(error).passes:
                self._give_back(stored)
            raise

    def _give_back(self, stored: Sequence[StoredReturn]) -> None:
        self._interrupted.extend(item.id for item in stored)
        with suppress(Error):
            self._put_back()

    def _put_back(self) -> None:
        """Put back what was being settled when the database went away, as soon as it answers again."""
        if self._interrupted:
            release_returns(self._interrupted, worker=self.worker)
            self._interrupted.clear()

    def _one_by_one(self, stored: Sequence[StoredReturn], qualifier: Qualifier, *, now: datetime) -> Settled:
        total = Settled()
        for item in stored:
            try:
                total = total.plus(self._settle([item], qualifier, now=now))
            except Exception as error:
                if trouble(error).passes:
                    raise
                problem = storable(f"{type(error).__name__}: {error}")
                state = fail_return(item.id, problem=problem, now=now, delay=_RETRY)
                dead = state is ReturnState.DEAD
                total = total.plus(Settled(taken=1, failed=int(not dead), dead=int(dead)))
        return total

    def _settle(self, stored: Sequence[StoredReturn], qualifier: Qualifier, *, now: datetime) -> Settled:
        mails = [item for item in stored if not item.source.startswith(SOURCE)]
        total = self._settle_mails(mails, qualifier, now=now) if mails else Settled()
        for hooks in _together([item for item in stored if item.source.startswith(SOURCE)]):
            total = total.plus(self._settle_hooks(hooks, qualifier, now=now))
        return total

    def _settle_hooks(self, stored: Sequence[StoredReturn], qualifier: Qualifier, *, now: datetime) -> Settled:
        """Settle webhooks; one of which an event cannot be read is dead, and all that could be read acts."""
        interpreter = HookInterpreter(qualifier=qualifier, keyring=self.keyring, allow_undotted=self.allow_undotted)
        heard = interpreter.interpret(stored)
        for part in _parts([meaning for one in heard for meaning in one.meanings]):
            self._write(part, now=now)
        finished = [
            FinishedReturn(id=one.stored.id, state=_state_of(one), kind=KIND, problem=storable(one.note))
            for one in heard
        ]
        finish_returns(finished)
        empty_returns([one.stored.identity for one in heard if any(meaning.forget for meaning in one.meanings)])
        states = [item.state for item in finished]
        dead, listed = states.count(ReturnState.DEAD), states.count(ReturnState.UNATTRIBUTED)
        return Settled(len(stored), len(stored) - dead - listed, listed, dead=dead, kinds={KIND: len(stored)})

    def _settle_mails(self, stored: Sequence[StoredReturn], qualifier: Qualifier, *, now: datetime) -> Settled:
        reports = [qualifier.qualify_mail(item.raw) for item in stored]
        meanings = self._meanings(stored, reports, qualifier)
        # A part that is written when the next one fails is met again, which is harmless.
        for part in _parts(meanings):
            self._write(part, now=now)
        finished = [
            FinishedReturn(
                id=item.id,
                state=ReturnState.UNATTRIBUTED if meaning.unattributed else ReturnState.SETTLED,
                kind=meaning.kind.value,
                problem=storable("; ".join(report.notes)),
            )
            for item, report, meaning in zip(stored, reports, meanings, strict=True)
        ]
        finish_returns(finished)
        empty_returns([item.identity for item, meaning in zip(stored, meanings, strict=True) if meaning.forget])
        kinds: dict[str, int] = {}
        for meaning in meanings:
            kinds[meaning.kind.value] = kinds.get(meaning.kind.value, 0) + 1
        unattributed = sum(bool(meaning.unattributed) for meaning in meanings)
        return Settled(len(stored), len(stored) - unattributed, unattributed, kinds=kinds)

    def _meanings(
        self, stored: Sequence[StoredReturn], reports: Sequence[Report], qualifier: Qualifier
    ) -> list[Meaning]:
        # A token that held when the return came holds, however long the return waited here.
        found: list[Pointers] = [
            pointers(report, envelope_to=item.envelope_to, keyring=self.keyring, today=item.received_at.date())
            for item, report in zip(stored, reports, strict=True)
        ]
        log = _log(found)
        return [
            Interpreter(
                stored=item,
                report=report,
                attribution=attribute(
                    report,
                    found=one,
                    log=log,
                    recipients=all_recipients(report),
                    envelope_from=report.return_path if item.envelope_from is None else item.envelope_from,
                ),
                qualifier=qualifier,
                keyring=self.keyring,
                allow_undotted=self.allow_undotted,
            ).interpret()
            for item, report, one in zip(stored, reports, found, strict=True)
        ]

    def _write(self, meanings: Sequence[Meaning], *, now: datetime) -> None:
        def write(_: frozenset[str]) -> None:
            mark_messages(
                returned=[mark for meaning in meanings for mark in meaning.returned],
                complained=[mark for meaning in meanings for mark in meaning.complained],
            )
            add_unattributed([entry for meaning in meanings for entry in meaning.unattributed], now=now)
            wishes = {meaning.unsubscribe: meaning for meaning in meanings if meaning.unsubscribe}
            for wish in sorted(wishes, key=lambda wish: (wish.profile, wish.delivery)):
                unsubscribe(wish, at=wishes[wish].at, way=WayOut.MAIL, source=wishes[wish].source)
            left = {wish: (at, meaning.source) for meaning in meanings for wish, at in meaning.leaving.items()}
            for wish in sorted(left, key=lambda wish: (wish.profile, wish.delivery)):
                at, source = left[wish]
                unsubscribe(wish, at=at, way=WayOut.PROVIDER, source=source)

        occurrences = [occurrence for meaning in meanings for occurrence in meaning.occurrences]
        record(occurrences, policy=self.policy, now=now, write=write, often=self.often)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Leave rubbish that refers to itself until a batch is over: to look for it again and again costs a tenth of it.

    What a batch can hold is bounded. Of several threads the one that began it ends it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _state_of(heard: Heard) -> ReturnState:
    if heard.problems:
        return ReturnState.DEAD
    return ReturnState.UNATTRIBUTED if any(meaning.unattributed for meaning in heard.meanings) else ReturnState.SETTLED


def _together(stored: Sequence[StoredReturn]) -> Iterator[list[StoredReturn]]:
    """Cut webhooks where they would be too many events to be held at once."""
    part: list[StoredReturn] = []
    size = 0
    for item in stored:
        if part and size + len(item.raw) > _MOST_BODY:
            yield part
            part, size = [], 0
        part.append(item)
        size += len(item.raw)
    if part:
        yield part


def _parts(meanings: Sequence[Meaning]) -> Iterator[list[Meaning]]:
    """Cut a batch where it would touch too many addresses: one mail can name a thousand."""
    part: list[Meaning] = []
    touched = 0
    for meaning in meanings:
        touched += len(meaning.occurrences)
        if part and touched > MOST_AT_ONCE:
            yield part
            part, touched = [], len(meaning.occurrences)
        part.append(meaning)
    if part:
        yield part


def _log(found: Sequence[Pointers]) -> Log:
    """Look up the messages that mails point to; Message-IDs only of those whose token leads nowhere."""
    by_number = find_messages({number for one in found for number in one.numbers})
    log = Log.of(by_number)
    lost = {name for one in found if log.of_tokens(one.tokens) is None for name in one.message_ids}
    return Log.of([*by_number, *find_messages((), message_ids=lost)]) if lost else log
