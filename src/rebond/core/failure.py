"""What travels: a failure with its verdict, the evidence it becomes, and the state that evidence adds up to."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rebond.core.said import said
from rebond.core.words import (
    CAUSES,
    FAILURE_REASONS,
    AddressStatus,
    Cause,
    Channel,
    ExclusionCause,
    FailureType,
    Owner,
    Peer,
    Phase,
    Reason,
    ReturnKind,
    Trust,
    default_cause,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The qualifier's answer to one failure.

    `rule` names what decided: a rule's id, `code:5.1.1`, `smtp:550`, `action:delayed`, `kind:auto_reply`, `given`
    (the sender of an event said so) or `none`. `confirm`: 2 when it acts as hard at the second counting
    error of its cause, and as soft until then. `retry` overrides the schedule when a rule says so.
    """

    type: FailureType
    reason: Reason
    cause: Cause
    rule: str
    pack_version: str = ""
    confirm: int = 1
    retry: bool | None = None
    review: bool = False
    runners_up: tuple[str, ...] = ()

    @property
    def owner(self) -> Owner:
        return CAUSES[self.cause].owner

    @property
    def hard_at_once(self) -> bool:
        """Tell whether it is hard already; a cause that asks for a second error is soft until then."""
        return self.type is FailureType.HARD and self.confirm < 2

    @property
    def harmless(self) -> bool:
        """Tell whether it has no effect on an address, ever."""
        return self.type is FailureType.IGNORED or self.reason is Reason.NOT_A_FAILURE


def given_verdict(failure_type: FailureType, *, reason: Reason, cause: Cause | None = None) -> Verdict:
    """Make the verdict that somebody else reached (an event's `type`, `reason`, `cause`).

    Raises ValueError, in words for the person who sent it, when the three do not go together (specification 02).
    """
    if reason not in FAILURE_REASONS:
        raise ValueError(said("reason {reason} is not one that a failure can have", reason=reason))
    if cause is None:
        try:
            cause = default_cause(reason, failure_type=failure_type)
        except KeyError:
            raise ValueError(said("a failure with reason {reason} cannot be hard", reason=reason)) from None
    facts = CAUSES[cause]
    if facts.reason is None and failure_type is not FailureType.IGNORED:
        raise ValueError(said("cause {cause} goes with type ignored only", cause=cause))
    if facts.reason not in (None, reason):
        raise ValueError(
            said(
                "cause {cause} belongs to reason {reason}, not to {reason2}",
                cause=cause,
                reason=facts.reason,
                reason2=reason,
            )
        )
    if failure_type is FailureType.HARD and not facts.hard:
        raise ValueError(said("cause {cause} cannot be hard", cause=cause))
    return Verdict(type=failure_type, reason=reason, cause=cause, rule="given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an answer or a return says about one recipient, before any rule has judged it.

    `recipient` is the address that we wrote to when it can be known, the final one otherwise; `final_recipient`
    the one that the report names. `code` is the SMTP reply code (0: none), `enhanced` the RFC 3463 code
    (empty: none), `action` the RFC 3464 action (empty: none), `text` the diagnostic text, decoded.
    """

    recipient: str = ""
    text: str = ""
    channel: Channel = Channel.EMAIL
    final_recipient: str = ""
    original_recipient: str = ""
    code: int = 0
    enhanced: str = ""
    action: str = ""
    phase: Phase = Phase.REPORT
    peer: Peer = Peer.RECEIVER
    provider: str = ""
    remote_mta: str = ""
    reporting_mta: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Facts):
    """One recipient's facts together with the verdict that they were given."""

    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a returned mail found: its kind, facts per recipient, and what points to the message.

    `candidates` are strings in which a signed token may stand (returned Message-ID, References, our token header,
    the returned envelope sender, the mail's own To), `message_ids` the returned original's ids without angle
    brackets, `complainants` the addresses that a complaint names, `date` the time of the return itself
    (its Date, else the topmost Received, else None), `notes` what was cut or broken. `return_path` is the envelope's
    sender as a mailbox keeps it: None when nothing tells it, empty for the null sender.
    """

    kind: ReturnKind
    facts: tuple[Facts, ...] = ()
    feedback_type: str = ""
    complainants: tuple[str, ...] = ()
    date: datetime | None = None
    candidates: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    original_to: tuple[str, ...] = ()
    original_from: str = ""
    subject: str = ""
    sender: str = ""
    return_path: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Reading):
    """A reading whose facts have their verdicts."""

    failures: tuple[Failure, ...] = ()


class Event(StrEnum):
    """What an address's evidence can be. The order here orders events of the same instant."""

    DELIVERED = "delivered"
    FAILURE = "failure"
    CONFIRMED = "confirmed"
    EXIT_DUE = "exit_due"
    COMPLAINT = "complaint"
    STOP = "stop"
    START = "start"
    RELEASED = "released"
    QUARANTINED = "quarantined"
    DENYLISTED = "denylisted"
    ALLOWLISTED = "allowlisted"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One stored fact about one address (specification 04).

    `identity` is unique and names it in an `undo`. `message` is the Message-ID (without brackets) of the message it
    speaks of, `asynchronous` that the failure came after the attempt was answered. Frozen when stored: `first_sight`,
    `held_by`, `trusted`. `text_ignored`: the text's qualification status is `ignore`. `voids`: the identities that
    an undo makes void. `because` is what a person wrote.
    """

    identity: str
    event: Event
    at: datetime
    verdict: Verdict | None = None
    message: str = ""
    asynchronous: bool = False
    trust: Trust = Trust.SIGNED
    trusted: bool = True
    first_sight: bool = False
    held_by: str = ""
    text_ignored: bool = False
    text: str = ""
    provider: str = ""
    voids: frozenset[str] = frozenset()
    because: str = ""
    actor: str = ""


class Origin(StrEnum):
    """What put an address in its present status."""

    NONE = ""
    SOFT = "soft"
    HARD = "hard"
    PERSON = "person"
    COMPLAINT = "complaint"
    STOP = "stop"
    SUCCESS = "success"
    CONFIRMATION = "confirmation"
    EXIT = "exit"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressState:
    """What an address's evidence adds up to; all times are aware.

    `reason` and `cause` are those of what decided the status: the last counted error, a hard failure, a complaint.
    `confirming` holds, for causes that need a second error, those already seen once.
    """

    status: AddressStatus = AddressStatus.VALID
    origin: Origin = Origin.NONE
    reason: Reason | None = None
    cause: Cause | ExclusionCause | None = None
    error_count: int = 0
    first_error_at: datetime | None = None
    last_error_at: datetime | None = None
    last_counted_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    error_text: str = ""
    provider: str = ""
    releases: int = 0
    confirming: frozenset[Cause] = field(default_factory=frozenset)

    @property
    def plain(self) -> bool:
        """Tell whether nothing sets this address apart from one never heard of, so that it needs no row."""
        return self.status is AddressStatus.VALID and self.error_count == 0 and self.since is None


class WhyNot(StrEnum):
    """Why a piece of evidence did not count, or had no effect."""

    COUNTED = ""
    TYPE_IGNORED = "type_ignored"
    OWNER = "owner"
    DEFERRAL = "deferral"
    FIRST_SIGHT = "first_sight"
    TEXT_IGNORED = "text_ignored"
    INCIDENT = "incident"
    TRUST = "trust"
    GAP = "gap"
    STATUS = "status"
    NO_EFFECT = "no_effect"
    BEFORE_SNAPSHOT = "before_snapshot"
    VOIDED = "voided"
    RETRACTED = "retracted"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the fold made of one piece of evidence."""

    evidence: Evidence
    counted: bool
    why_not: WhyNot
    status: AddressStatus
    error_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An address's state at a horizon up to which its evidence has been purged."""

    horizon: datetime
    policy_digest: str
    state: AddressState
