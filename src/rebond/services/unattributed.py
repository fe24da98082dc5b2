"""A person accepts returns that could not be attributed: what they say then acts, as if it came in trusted today.

Its text is counted, it is judged by the rules in force, and a text that is ignored stays so; it keeps its time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from rebond.core.failure import AddressState, Event, Facts, Verdict
from rebond.core.policy import Policy
from rebond.core.qualifier import Qualifier
from rebond.core.said import said
from rebond.core.words import Phase
from rebond.services.alerts import OftenUnqualified, alert_about_texts
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.record import OFTEN, Occurrence, sight, sighted
from rebond.services.rules_in_force import RulesInForce
from rebond.store.read.returns import unaccepted
from rebond.store.write.audit import add_audits
from rebond.store.write.messages import ReturnMark, mark_messages
from rebond.store.write.states import hold_addresses, refold
from rebond.store.write.trust import HeldEvidence, TrustedEvidence, lock_evidence, trust_evidence
from rebond.store.write.unattributed import Acceptable, find_unattributed, mark_accepted


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting a return came to: the address that it names, and its state now."""

    address: str
    state: AddressState


@dataclass(frozen=True, slots=True)
class AcceptedAll:
    """How many returns act now; those skipped name no address, or somebody accepted them meanwhile."""

    accepted: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepting:
    """Who accepts and why, and what a return is judged with."""

    because: str
    actor: str
    policy: Policy
    rules: RulesInForce
    now: datetime
    often: OftenUnqualified = OFTEN

    def __post_init__(self) -> None:
        if not self.because.strip():
            raise InputError(said("say why what came back is to be believed"))

    def accept_all(self, *, source: str = "", has_time: Callable[[], bool] = lambda: True) -> AcceptedAll:
        """Accept all unattributed returns (of this source, unless empty), a transaction for some hundred; audited.

        What is not done when `has_time` says no is left as it is.
        """
        accepted = skipped = 0
        for page in unaccepted(source=source):
            qualifier = self.rules.renew()
            with transaction.atomic():
                found = {number: entry for number, entry in find_unattributed(page).items() if not entry.accepted}
                done = self._let_act(found, qualifier)
            accepted += len(done)
            skipped += len(page) - len(done)
            if not has_time():
                break
        return AcceptedAll(accepted, skipped)

    def accept(self, number: int) -> Accepted:
        """Let the evidence of an unattributed return act on the address that it names; audited.

        NotFoundError for an unknown number, RefusedError when it was accepted before or names no address.
        """
        qualifier = self.rules.renew()
        with transaction.atomic():
            found = find_unattributed([number])
            if number not in found:
                raise NotFoundError(said("there is no unattributed return {number}", number=number))
            if found[number].accepted:
                raise RefusedError(said("the return {number} has been accepted already", number=number))
            done = self._let_act(found, qualifier)
            if number not in done:
                raise RefusedError(said("the return {number} names no address that it could act on", number=number))
            return done[number]

    def _let_act(self, entries: Mapping[int, Acceptable], qualifier: Qualifier) -> dict[int, Accepted]:
        """Do for those that name an address what settling would have done, in its order of locks."""
        held = lock_evidence({entry.evidence for entry in entries.values() if entry.evidence})
        # The same bytes to two of our addresses are two returns with one piece of evidence: it acts once.
        new = {item.evidence.identity: item for item in held.values() if not item.evidence.trusted}
        occurrences = _occurrences(new.values(), qualifier)
        texts = sight(occurrences)
        addresses = {item.about: item.address for item in held.values()}
        hold_addresses(addresses)
        _mark(occurrences)
        trusted = []
        for item in occurrences:
            seen = texts.get(item.text_digest) if item.template else None
            number = seen.number if seen else None
            evidence = sighted(item.evidence, seen)
            trusted.append(TrustedEvidence(id=new[evidence.identity].id, evidence=evidence, qualification=number))
        trust_evidence(trusted)
        alert_about_texts(texts.values(), often=self.often, now=self.now)
        states = refold(addresses, policy=self.policy, now=self.now)
        done = {
            number: Accepted(entry.address, states[held[entry.evidence].about])
            for number, entry in entries.items()
            if entry.evidence in held
        }
        self._write_down(done)
        return done

    def _write_down(self, done: Mapping[int, Accepted]) -> None:
        mark_accepted(done, actor=self.actor, now=self.now)
        became = {str(number): {"address": one.address, "status": one.state.status} for number, one in done.items()}
        add_audits("unattributed.accept", became, actor=self.actor, now=self.now, because=self.because)


def _occurrences(new: Iterable[HeldEvidence], qualifier: Qualifier) -> list[Occurrence]:
    """Make of stored evidence what settling makes of a return that it trusts, in order of time."""
    found = [_occurrence(item, qualifier) for item in new]
    return sorted(found, key=lambda item: (item.evidence.at, item.evidence.identity))


def _occurrence(item: HeldEvidence, qualifier: Qualifier) -> Occurrence:
    verdict = _judge(item, qualifier, item.evidence.verdict) if item.evidence.verdict else None
    serious = verdict is not None and not verdict.harmless
    return Occurrence(
        channel=item.about.channel,
        address=item.address,
        key=item.about.key,
        scope=item.about.scope,
        evidence=replace(item.evidence, trusted=True, verdict=verdict),
        template=qualifier.template(item.evidence.text, recipient=item.address) if serious else "",
        code=item.code,
        enhanced=item.enhanced,
        phase=item.phase,
        message=item.message,
    )


def _judge(item: HeldEvidence, qualifier: Qualifier, before: Verdict) -> Verdict:
    """Judge by the rules in force; what these gave already was given with more of the return than is kept."""
    facts = Facts(
        text=item.evidence.text,
        channel=item.about.channel,
        provider=item.evidence.provider,
        phase=Phase(item.phase),
        code=item.code,
        enhanced=item.enhanced,
        action="failed",
    )
    verdict = qualifier.qualify_facts(facts).verdict
    if before.pack_version == qualifier.pack_version:
        # What is stored does not tell whether its rule asks for a person's review.
        return replace(before, review=verdict.review and verdict.rule == before.rule)
    return verdict


def _mark(occurrences: Iterable[Occurrence]) -> None:
    """Mark the messages that they speak of, as settling would have."""
    returned, complained = [], []
    for item in occurrences:
        evidence, message = item.evidence, item.message
        if message is None:
            continue
        if evidence.event is Event.COMPLAINT:
            complained.append((message, evidence.at))
        elif evidence.verdict and not evidence.verdict.harmless:
            returned.append(ReturnMark(message=message, at=evidence.at, verdict=evidence.verdict, text=evidence.text))
    mark_messages(returned=returned, complained=complained)
