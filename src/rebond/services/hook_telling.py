"""What one event of a provider's webhook comes to: evidence, a mark on our message, or somebody's wish to leave."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from rebond.core.address import ParsedAddress
from rebond.core.failure import Event, Evidence, Facts, Failure, Verdict
from rebond.core.qualifier import Qualifier
from rebond.core.read.providers import PROVIDERS, Befell, Told
from rebond.core.words import Channel, Phase, Trust
from rebond.services.attribute import Log, WhyUnattributed
from rebond.services.interpret import Meaning
from rebond.services.record import Occurrence
from rebond.services.unsubscribe import Wish
from rebond.store.read.messages import SentMessage
from rebond.store.read.returns import StoredReturn
from rebond.store.write.messages import ReturnMark
from rebond.store.write.unattributed import NewUnattributed

# What decides where a provider's own word does.
GIVEN = "given"
_FACTS = tuple(one.name for one in fields(Facts))
_BEFORE_SENT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class HookItem:
    """One event, read: which one of its body, what it says, its name, and the address it is about."""

    place: int
    told: Told
    digest: str
    address: ParsedAddress
    tokens: tuple[str, ...]
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HookLog:
    """The messages that tokens and Message-IDs of a batch point to."""

    numbers: Mapping[str, int]
    log: Log

    def message(self, item: HookItem) -> SentMessage | None:
        """Return the message that an event speaks of: its address must be that message's, or nobody's any more."""
        named = [self.log.by_number.get(self.numbers[token]) for token in item.tokens if token in self.numbers]
        named += [message for name in item.message_ids for message in self.log.by_message_id.get(name, ())]
        sent = [message for message in named if message is not None and message.sent_at]
        key = item.address.key
        if key is None and not item.told.address:
            return sent[0] if sent else None
        own = next((message for message in sent if message.key == key), None)
        return own or next((message for message in sent if message.erased), None)


def judge(told: Told, *, provider: str, recipient: str, qualifier: Qualifier) -> Failure:
    """Judge a failure by what the server said, else by the provider's own word for it."""
    known = PROVIDERS[provider]
    delayed = told.befell is Befell.DELAYED
    facts = Facts(
        recipient=recipient,
        text=told.text or ("" if delayed else f"{known.title}: {told.category or 'not delivered'}"),
        code=told.code,
        enhanced=told.enhanced[:16],
        action="delayed" if delayed else "failed",
        phase=Phase.REPORT,
        remote_mta=told.remote_mta,
    )
    given = known.categories.get(told.category)
    if told.text or delayed or given is None:
        return qualifier.qualify_facts(facts)
    return Failure(**{name: getattr(facts, name) for name in _FACTS}, verdict=given)


@dataclass(frozen=True, slots=True)
class HookTeller:
    """Writes into a meaning what one event comes to."""

    stored: StoredReturn
    meaning: Meaning
    provider: str
    item: HookItem
    log: HookLog
    qualifier: Qualifier

    def tell(self) -> None:
        message = self.log.message(self.item)
        if message is not None and message.erased:
            self._of_erased(message)
            return
        address = self.item.address
        if message is not None:
            address = ParsedAddress(message.channel, message.address, message.key)
        befell = self.item.told.befell
        if address.key is None:
            if befell not in (Befell.DELIVERED, Befell.DELAYED):
                self._list(WhyUnattributed.NO_ADDRESS, address.text)
            return
        if befell in (Befell.UNSUBSCRIBED, Befell.LEFT_A_GROUP):
            self._leave(address, message)
        elif befell is Befell.COMPLAINED:
            self._complain(address, message)
        elif befell is Befell.DELIVERED:
            self._add(address, message, Event.DELIVERED)
        else:
            self._fail(address, message)

    def _of_erased(self, message: SentMessage) -> None:
        """Count what comes back about somebody who was erased, and keep nothing that tells of them."""
        self.meaning.forget = True
        if self.item.told.befell is Befell.COMPLAINED:
            self.meaning.complained.append((message.number, self._at(message)))
        elif self.item.told.befell is Befell.FAILED:
            verdict = self._judged(message.address).verdict
            if not verdict.harmless:
                self._mark(message, verdict, text="")

    def _leave(self, address: ParsedAddress, message: SentMessage | None) -> None:
        """End what the message belongs to; where it is not ours, all of this channel, unless they left a part only."""
        if message is not None:
            self.meaning.leaving.setdefault(Wish(message.profile, message.delivery), self._at(message))
        elif self.item.told.befell is Befell.UNSUBSCRIBED:
            because = f"unsubscribed, as {self.stored.source} tells"
            self._add(address, None, Event.DENYLISTED, because=because, actor=self.stored.source)

    def _complain(self, address: ParsedAddress, message: SentMessage | None) -> None:
        kind = self.item.told.category.lower()
        if kind in _RECORDED_ONLY:
            self._list(WhyUnattributed.FEEDBACK_ONLY, address.text)
            return
        self._add(address, message, Event.COMPLAINT, text=self.item.told.category, asynchronous=True)
        if message is not None:
            self.meaning.complained.append((message.number, self._at(message)))

    def _judged(self, recipient: str) -> Failure:
        return judge(self.item.told, provider=self.provider, recipient=recipient, qualifier=self.qualifier)

    def _fail(self, address: ParsedAddress, message: SentMessage | None) -> None:
        failure = self._judged(address.text)
        verdict = failure.verdict
        template = ""
        if not verdict.harmless and verdict.rule != GIVEN:
            template = self.qualifier.template(failure.text, recipient=address.text)
        self._add(
            address,
            message,
            Event.FAILURE,
            verdict=verdict,
            text=failure.text,
            provider=failure.provider,
            asynchronous=True,
            about={
                "template": template,
                "code": failure.code,
                "enhanced": failure.enhanced,
                "phase": Phase.REPORT,
            },
        )
        if message is not None and not verdict.harmless:
            self._mark(message, verdict, text=failure.text)

    def _mark(self, message: SentMessage, verdict: Verdict, *, text: str) -> None:
        mark = ReturnMark(message=message.number, at=self._at(message), verdict=verdict, text=text)
        self.meaning.returned.append(mark)

    def _add(
        self,
        address: ParsedAddress,
        message: SentMessage | None,
        event: Event,
        *,
        provider: str = "",
        about: dict[str, Any] | None = None,
        **said: Any,
    ) -> None:
        assert address.key is not None
        own = message.provider if message else ""
        named = [self.stored.source, event, address.key, self.item.digest]
        evidence = Evidence(
            identity="hook:" + hashlib.sha256(json.dumps(named).encode()).hexdigest(),
            event=event,
            at=self._at(message),
            message=message.message_id if message else "",
            trust=Trust.SIGNED,
            provider=provider or own or self.qualifier.providers.of_domain(address.domain),
            **said,
        )
        self.meaning.occurrences.append(
            Occurrence(
                channel=Channel.EMAIL,
                address=address.text,
                key=address.key,
                evidence=evidence,
                message=message.number if message else None,
                returned_mail=self.stored.identity,
                **(about or {}),
            )
        )

    def _at(self, message: SentMessage | None) -> datetime:
        """The event's own time, within what is possible: not before we sent, not after it came."""
        received = self.stored.received_at
        at = min(self.item.told.at or received, received)
        if message is not None and message.sent_at is not None:
            at = max(at, min(message.sent_at - _BEFORE_SENT, received))
        return at

    def _list(self, why: WhyUnattributed, address: str) -> None:
        stored, told = self.stored, self.item.told
        name = hashlib.sha256(f"{self.item.place}\0{address}".encode("utf-8", "replace")).hexdigest()[:16]
        self.meaning.unattributed.append(
            NewUnattributed(
                identity=f"hook:{stored.identity}:{name}",
                at=self._at(None),
                source=stored.source,
                returned_mail=stored.identity,
                channel=Channel.EMAIL,
                address=address,
                evidence="",
                trust=Trust.SIGNED,
                required=stored.required_trust,
                why=why.value,
                detail=told.text or told.category,
            )
        )


_RECORDED_ONLY = frozenset({"auth-failure", "virus", "other", "not-spam"})
