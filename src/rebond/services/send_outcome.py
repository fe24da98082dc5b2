"""What an outcome means: the row's next state, and the evidence that it is."""

from dataclasses import dataclass

from rebond.core.failure import Event, Evidence, Failure, Verdict
from rebond.core.ports import Outcome, OutcomeKind
from rebond.core.schedule import Calendar, Retry, next_attempt
from rebond.core.words import Cause, Channel, FailureType, MessageStatus, Peer, Reason, Trust
from rebond.services.record import Occurrence
from rebond.services.rules_in_force import RulesInForce
from rebond.store.read.sending import Due
from rebond.store.write.sending import GivenBack, Settlement

# Nobody knows whether the message arrived: the row says what happened, and no evidence is made of it.
_UNKNOWN = Verdict(type=FailureType.SOFT, reason=Reason.UNREACHABLE, cause=Cause.CONNECTION, rule="none")


@dataclass(frozen=True, slots=True)
class Judged:
    """One outcome judged.

    `occurrence` is None when it is no evidence of a failure; `delivered_key` is the address key of a success.
    """

    settlement: Settlement | GivenBack
    kind: OutcomeKind
    occurrence: Occurrence | None = None
    delivered_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Turns outcomes into rows and evidence; knows the delivery's calendar and the rules."""

    rules: RulesInForce
    channel: Channel
    calendar: Calendar

    def judge(self, due: Due, outcome: Outcome) -> Judged:
        """Judge what became of one message."""
        if outcome.kind is OutcomeKind.ACCEPTED:
            return Judged(_accepted(due, outcome), outcome.kind, delivered_key=due.address_key)
        if outcome.kind is OutcomeKind.REFUSED:
            return self._refused(due, outcome)
        if outcome.kind is OutcomeKind.UNCERTAIN:
            retry = self._next(_UNKNOWN, due, outcome, code=0)
            lost = _failed(due, outcome, verdict=_UNKNOWN, retry=retry, uncertain=True)
            return Judged(lost, outcome.kind)
        return Judged(give_back(due, outcome), outcome.kind)

    def _refused(self, due: Due, outcome: Outcome) -> Judged:
        failure = self.rules.qualifier.qualify_reply(
            _clean(outcome.text),
            channel=self.channel,
            provider=due.provider,
            phase=outcome.phase,
            peer=Peer.RECEIVER,
            recipient=due.address,
            code=outcome.code,
        )
        retry = self._next(failure.verdict, due, outcome, code=failure.code)
        settlement = _failed(due, outcome, verdict=failure.verdict, retry=retry, uncertain=due.uncertain)
        return Judged(settlement, outcome.kind, self._occurrence(due, outcome, failure))

    def _next(self, verdict: Verdict, due: Due, outcome: Outcome, *, code: int) -> Retry | None:
        return next_attempt(
            verdict,
            code=code,
            replied_at=outcome.at,
            step=due.step,
            attempt=due.attempts + 1,
            message=due.id,
            calendar=self.calendar,
        )

    def _occurrence(self, due: Due, outcome: Outcome, failure: Failure) -> Occurrence:
        evidence = Evidence(
            identity=f"attempt:{due.id}:{due.attempts + 1}",
            event=Event.FAILURE,
            at=outcome.at,
            verdict=failure.verdict,
            message=due.message_id,
            trust=Trust.SIGNED,
            text=failure.text,
            provider=failure.provider,
        )
        return Occurrence(
            channel=self.channel,
            address=due.address,
            key=due.address_key,
            evidence=evidence,
            template=self.rules.qualifier.template(failure.text, recipient=due.address),
            code=failure.code,
            enhanced=failure.enhanced,
            phase=failure.phase,
            message=due.id,
        )


def _accepted(due: Due, outcome: Outcome) -> Settlement:
    return Settlement(
        message=due.id,
        status=MessageStatus.DELIVERED,
        attempts=due.attempts + 1,
        step=due.step,
        last_attempt_at=outcome.at,
        uncertain=due.uncertain,
        remote_id=_clean(outcome.remote_id),
        delivered_at=outcome.at,
    )


def _failed(due: Due, outcome: Outcome, *, verdict: Verdict, retry: Retry | None, uncertain: bool) -> Settlement:
    waiting = MessageStatus.UNCERTAIN if outcome.kind is OutcomeKind.UNCERTAIN else MessageStatus.PENDING
    return Settlement(
        message=due.id,
        status=waiting if retry else MessageStatus.FAILED,
        attempts=due.attempts + 1,
        step=retry.step if retry else due.step,
        type=verdict.type.value,
        reason=verdict.reason.value,
        cause=verdict.cause.value,
        rule=verdict.rule,
        text=_clean(outcome.text),
        last_attempt_at=outcome.at,
        next_attempt_at=retry.at if retry else None,
        uncertain=uncertain,
    )


def give_back(due: Due, outcome: Outcome | None = None) -> GivenBack:
    """Return a message to the pool as it was; what met the fault itself goes behind those that are due already."""
    met_fault = outcome is not None and outcome.kind is OutcomeKind.FAULT
    due_at = outcome.at if met_fault and outcome is not None else due.next_attempt_at
    return GivenBack(message=due.id, status=due.status, next_attempt_at=due_at)


def _clean(text: str) -> str:
    # PostgreSQL stores no NUL.
    return text.replace("\0", "�")
