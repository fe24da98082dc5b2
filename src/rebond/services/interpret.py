"""What one returned mail amounts to: evidence, marks on our messages, or an entry in the unattributed list."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rebond.core.address import ParsedAddress, parse_address
from rebond.core.failure import Event, Evidence, Failure, Report
from rebond.core.qualifier import Qualifier
from rebond.core.tokens import Keyring, find
from rebond.core.words import Channel, ReturnKind, Trust
from rebond.services.attribute import Attribution, WhyUnattributed, named_by, recipient_keys
from rebond.services.record import Occurrence
from rebond.services.unsubscribe import Wish, read_wish
from rebond.store.read.messages import SentMessage
from rebond.store.read.returns import StoredReturn
from rebond.store.write.messages import ReturnMark
from rebond.store.write.unattributed import NewUnattributed

# The other feedback types (auth-failure, virus, other, not-spam) are recorded only.
ACTING_FEEDBACK = frozenset({"", "abuse", "opt-out", "opt-out-list", "fraud", "complaint", "spam", "miscategorized"})
_BEFORE_SENT = timedelta(minutes=10)


@dataclass(slots=True)
class Meaning:
    """What is to be written for one returned mail, or for a part of a webhook.

    `at` is its own time, `source` the mail that asks to unsubscribe; `leaving` are those of whom a provider tells that
    they left, and when; `forget`: it tells of somebody who was erased.
    """

    kind: ReturnKind
    at: datetime
    occurrences: list[Occurrence] = field(default_factory=list)
    returned: list[ReturnMark] = field(default_factory=list)
    complained: list[tuple[int, datetime]] = field(default_factory=list)
    unattributed: list[NewUnattributed] = field(default_factory=list)
    unsubscribe: Wish | None = None
    leaving: dict[Wish, datetime] = field(default_factory=dict)
    source: str = ""
    forget: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """Interprets one mail: the stored return, what was read in it, and the message that it was attributed to."""

    stored: StoredReturn
    report: Report
    attribution: Attribution
    qualifier: Qualifier
    keyring: Keyring
    allow_undotted: bool = False

    def interpret(self) -> Meaning:
        """Decide what the mail amounts to."""
        meaning = Meaning(self.report.kind, self._at())
        if self.attribution.message is not None and self.attribution.message.erased:
            self._of_erased(meaning, self.attribution.message)
            return meaning
        named = self.stored.envelope_to.lower().startswith("unsubscribe+")
        if self.report.kind is ReturnKind.UNSUBSCRIBE or (self.report.kind is ReturnKind.OTHER and named):
            meaning.kind = ReturnKind.UNSUBSCRIBE
            self._unsubscribe(meaning)
        elif self.report.kind is ReturnKind.COMPLAINT:
            self._complaint(meaning)
        else:
            self._failures(meaning)
        return meaning

    def _of_erased(self, meaning: Meaning, message: SentMessage) -> None:
        """Count what comes back about somebody who was erased, and keep nothing that tells of them."""
        meaning.forget = True
        if not self._trusted(self.attribution.trust):
            return
        if self.report.kind is ReturnKind.COMPLAINT:
            if self.report.feedback_type.lower() in ACTING_FEEDBACK:
                meaning.complained.append((message.number, self._at()))
            return
        serious = next((one for one in self.report.failures if not one.verdict.harmless), None)
        if serious is not None:
            mark = ReturnMark(message=message.number, at=self._at(), verdict=serious.verdict, text="")
            meaning.returned.append(mark)

    def _unsubscribe(self, meaning: Meaning) -> None:
        for text in find([self.stored.envelope_to, *self.report.candidates, self.report.subject]):
            meaning.unsubscribe = read_wish(text, keyring=self.keyring)
            if meaning.unsubscribe is not None:
                meaning.source = self.stored.identity
                return
        self._list(meaning, self.report.sender, evidence="", why=WhyUnattributed.FORGED_TOKEN)

    def _complaint(self, meaning: Meaning) -> None:
        message = self.attribution.message
        named = [address for address in self.report.complainants if address]
        if self.report.feedback_type.lower() not in ACTING_FEEDBACK:
            about = message.address if message else next(iter(named), "")
            self._list(meaning, about, evidence="", why=WhyUnattributed.FEEDBACK_ONLY, trust=self.attribution.trust)
            return
        if message is not None:
            self._add(meaning, self._our_address(message), trust=self.attribution.trust, failure=None)
            if self._trusted(self.attribution.trust):
                meaning.complained.append((message.number, self._at()))
            named = [address for address in named if message.key not in recipient_keys([address])]
        for address in named:
            self._add(meaning, self._parse(address), trust=Trust.UNVERIFIED, failure=None)
        if message is None and not named:
            self._list(meaning, "", evidence="", why=self.attribution.why or WhyUnattributed.NO_ADDRESS)

    def _failures(self, meaning: Meaning) -> None:
        rest = list(self.report.failures)
        message = self.attribution.message
        if message is not None and rest:
            # A forward's failure belongs to the address that we wrote to, whatever address the report names.
            named = next((one for one in rest if message.key in recipient_keys(named_by(one))), None)
            if named is not None:
                rest.remove(named)
            ours = named or self.report.failures[0]
            self._add(meaning, self._our_address(message), trust=self.attribution.trust, failure=ours)
            if not ours.verdict.harmless and self._trusted(self.attribution.trust):
                mark = ReturnMark(message=message.number, at=self._at(), verdict=ours.verdict, text=ours.text)
                meaning.returned.append(mark)
        for failure in rest:
            self._add(meaning, self._parse(failure.recipient), trust=Trust.UNVERIFIED, failure=failure)

    def _add(self, meaning: Meaning, address: ParsedAddress, *, trust: Trust, failure: Failure | None) -> None:
        trusted = self._trusted(trust)
        ignored = failure is not None and failure.verdict.harmless
        if ignored and (not trusted or address.key is None):
            # An automatic answer from nobody we know is no news; one that bears a forged token is.
            if self.attribution.why is WhyUnattributed.FORGED_TOKEN:
                self._list(meaning, address.text, evidence="", why=self.attribution.why, trust=trust, failure=failure)
            return
        if address.key is None:
            no_address = WhyUnattributed.NO_ADDRESS
            self._list(meaning, address.text, evidence="", why=no_address, trust=trust, failure=failure)
            return
        message = self.attribution.message if trust is not Trust.UNVERIFIED else None
        # The same bytes can come for two messages to one address; what speaks of none is of none.
        name = f"{address.key}\0{message.number if message else ''}"
        identity = f"mail:{self.stored.digest}:{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        meaning.occurrences.append(
            self._occurrence(address, identity=identity, trust=trust, failure=failure, message=message)
        )
        if not trusted:
            other = WhyUnattributed.TRUST_TOO_LOW if message else WhyUnattributed.OTHER_RECIPIENT
            why = self.attribution.why or other
            self._list(meaning, address.text, evidence=identity, why=why, trust=trust, failure=failure)

    def _occurrence(
        self,
        address: ParsedAddress,
        *,
        identity: str,
        trust: Trust,
        failure: Failure | None,
        message: SentMessage | None,
    ) -> Occurrence:
        trusted = self._trusted(trust)
        provider = (failure.provider if failure else "") or (message.provider if message else "")
        evidence = Evidence(
            identity=identity,
            event=Event.FAILURE if failure else Event.COMPLAINT,
            at=self._at(),
            verdict=failure.verdict if failure else None,
            message=message.message_id if message else "",
            asynchronous=True,
            trust=trust,
            trusted=trusted,
            text=failure.text if failure else self.report.feedback_type,
            provider=provider or self.qualifier.providers.of_domain(address.domain),
        )
        serious = failure is not None and not failure.verdict.harmless
        return Occurrence(
            channel=Channel.EMAIL,
            address=address.text,
            key=address.key or "",
            evidence=evidence,
            # A text of doubtful origin must not spend the first sight of a text.
            template=self.qualifier.template(failure.text, recipient=address.text)
            if failure and serious and trusted
            else "",
            code=failure.code if failure else 0,
            enhanced=failure.enhanced if failure else "",
            phase=failure.phase if failure else "",
            message=message.number if message else None,
            returned_mail=self.stored.identity,
        )

    def _list(
        self,
        meaning: Meaning,
        address: str,
        *,
        evidence: str,
        why: WhyUnattributed,
        trust: Trust = Trust.UNVERIFIED,
        failure: Failure | None = None,
    ) -> None:
        name = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:16]
        meaning.unattributed.append(
            NewUnattributed(
                # The same bytes to another recipient are another return, which may be listed for another reason.
                identity=f"mail:{self.stored.identity}:{name}",
                at=self._at(),
                source=self.stored.source,
                returned_mail=self.stored.identity,
                channel=Channel.EMAIL,
                address=address,
                evidence=evidence,
                trust=trust,
                required=self.stored.required_trust,
                why=why.value,
                detail=failure.text if failure else self.report.feedback_type or self.report.subject,
            )
        )

    def _trusted(self, trust: Trust) -> bool:
        return trust.meets(self.stored.required_trust)

    def _parse(self, text: str) -> ParsedAddress:
        return parse_address(text, channel=Channel.EMAIL, allow_undotted=self.allow_undotted)

    @staticmethod
    def _our_address(message: SentMessage) -> ParsedAddress:
        return ParsedAddress(message.channel, message.address, message.key)

    def _at(self) -> datetime:
        """The return's own time, within what is possible: not before we sent, not after it came."""
        received, message = self.stored.received_at, self.attribution.message
        at = min(self.report.date or received, received)
        if message is not None and message.sent_at is not None:
            at = max(at, min(message.sent_at - _BEFORE_SENT, received))
        return at


def all_recipients(report: Report) -> Sequence[str]:
    """List every address that a report names as one of ours that failed or complained."""
    named = [address for failure in report.failures for address in named_by(failure)]
    return [*named, *report.complainants, *report.original_to]
