"""The vocabulary (specification 01 and 02): every closed list, with its codes and marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class FailureType(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    IGNORED = "ignored"


class Owner(StrEnum):
    """Who must act."""

    RECIPIENT = "recipient"
    PROVIDER = "provider"
    SENDER = "sender"
    CONTENT = "content"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    """Which part of a conversation an answer was given in; `report` for whatever comes back later."""

    CONNECT = "connect"
    HELLO = "hello"
    AUTH = "auth"
    MAIL_FROM = "mail_from"
    RCPT = "rcpt"
    DATA = "data"
    AFTER_DATA = "after_data"
    REPORT = "report"


# Before RCPT nothing can speak of a recipient (specification 02).
BEFORE_RECIPIENT = frozenset({Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL_FROM})


class Peer(StrEnum):
    """Who gave the answer: the receiving side, or our own relay."""

    RECEIVER = "receiver"
    RELAY = "relay"


class Trust(StrEnum):
    """How surely a return speaks of one of our messages, weakest first."""

    UNVERIFIED = "unverified"
    MATCHED = "matched"
    SIGNED = "signed"

    def meets(self, required: "Trust") -> bool:
        """Tell whether this trust is at least the required one."""
        return _TRUST[self] >= _TRUST[required]


_TRUST = {trust: place for place, trust in enumerate(Trust)}


class AddressStatus(StrEnum):
    VALID = "valid"
    ERRONEOUS = "erroneous"
    QUARANTINED = "quarantined"
    DENYLISTED = "denylisted"
    ALLOWLISTED = "allowlisted"


class StateOrder(StrEnum):
    """The order of a list of states: first address, latest change, next exit or most counted errors first."""

    ADDRESS = "address"
    SINCE = "since"
    UNTIL = "until"
    ERRORS = "errors"


class QualificationStatus(StrEnum):
    TO_QUALIFY = "to_qualify"
    KEEP = "keep"
    IGNORE = "ignore"


class AlertKind(StrEnum):
    """What an alert is about."""

    UNQUALIFIED_TEXT = "unqualified_text"
    UPDATE_FAILED = "update_failed"
    UPDATE_HELD = "update_held"
    HARD_RATIO = "hard_ratio"
    SOFT_RATIO = "soft_ratio"
    COMPLAINT_RATE = "complaint_rate"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERY_MISSED = "delivery_missed"
    TRANSPORT_PAUSED = "transport_paused"
    JOB_STALE = "job_stale"
    DEAD_LETTERS = "dead_letters"


class ReturnKind(StrEnum):
    """What a returned mail is, in the order in which the kinds are tried."""

    COMPLAINT = "complaint"
    DSN = "dsn"
    BOUNCE = "bounce"
    DELAYED = "delayed"
    CHALLENGE = "challenge"
    AUTO_REPLY = "auto_reply"
    READ_RECEIPT = "read_receipt"
    DELIVERED = "delivered"
    UNSUBSCRIBE = "unsubscribe"
    OTHER = "other"


class MessageClass(StrEnum):
    COMMERCIAL = "commercial"
    TRANSACTIONAL = "transactional"
    CONFIRMATION = "confirmation"


class DeliveryStatus(StrEnum):
    DRAFT = "draft"
    PREPARING = "preparing"
    PREPARE_FAILED = "prepare_failed"
    PREPARED = "prepared"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


class MessageStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    DELIVERED = "delivered"
    RECEIVED = "received"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXCLUDED_LATE = "excluded_late"
    PRODUCTION_ERROR = "production_error"


class ErrorFamily(StrEnum):
    QUARANTINE = "quarantine"
    DELIVERY = "delivery"
    AFTER_DELIVERY = "after_delivery"
    PRODUCTION = "production"


class SendingFact(StrEnum):
    """What the reports count of messages, each in the hour in which it happened."""

    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"
    COMPLAINED = "complained"
    CANCELLED = "cancelled"
    PRODUCTION_ERROR = "production_error"
    PENDING = "pending"
    EXCLUDED = "excluded"


class Handling(StrEnum):
    """What a failure did to its address by itself."""

    QUARANTINED = "quarantined"
    COUNTED = "counted"
    NOTHING = "nothing"
    HELD = "held"


class ExclusionCause(StrEnum):
    OPTED_OUT = "opted_out"
    COMPLAINT = "complaint"
    STOP = "stop"
    INCIDENT = "incident"
    LATE = "late"
    RULE = "rule"


class UploadStatus(StrEnum):
    """How far a file of people is that was given on a page; `asking`: what its columns are is to be settled."""

    ASKING = "asking"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class WayOut(StrEnum):
    """By which way a person unsubscribed: with a signed link, or by what the provider that sends offers them."""

    ONE_CLICK = "one_click"
    PAGE = "page"
    MAIL = "mail"
    PROVIDER = "provider"


class OptInStatus(StrEnum):
    """What became of somebody's wish to subscribe; `expired` is a mailed one whose link no longer holds."""

    WAITING = "waiting"
    MAILED = "mailed"
    REPEATED = "repeated"
    REFUSED = "refused"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"


class LandingTheme(StrEnum):
    """The colours of a landing page: each is readable in light and dark."""

    BLUE = "blue"
    GREEN = "green"
    TEAL = "teal"
    VIOLET = "violet"
    RED = "red"
    SLATE = "slate"


class KeptOfErased(StrEnum):
    """What is kept of an erased address by its hash: the state that it had, or what its person opted out of."""

    STATE = "state"
    DENIAL = "denial"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    DELIVERABILITY = "deliverability"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Reason(StrEnum):
    """Why: the closed list of specification 02; its code is `REASONS[reason].code`."""

    NOT_DEFINED = "not_defined"
    USER_UNKNOWN = "user_unknown"
    INVALID_DOMAIN = "invalid_domain"
    UNREACHABLE = "unreachable"
    ACCOUNT_DISABLED = "account_disabled"
    MAILBOX_FULL = "mailbox_full"
    NOT_CONNECTED = "not_connected"
    ADDRESS_EMPTY = "address_empty"
    DENYLISTED = "denylisted"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    EXCLUDED_BY_RULE = "excluded_by_rule"
    REFUSED = "refused"
    ERROR_IGNORED = "error_ignored"
    TEXT_TOO_LONG = "text_too_long"
    UNSUPPORTED_CHARACTER = "unsupported_character"
    INVALID_ADDRESS = "invalid_address"
    PRODUCTION_ERROR = "production_error"
    NOT_A_FAILURE = "not_a_failure"


@dataclass(frozen=True, slots=True)
class ReasonFacts:
    """A reason's fixed code, French name, default type and channels."""

    code: int
    french: str
    type: FailureType
    channels: frozenset[Channel] = frozenset(Channel)


_HARD, _SOFT, _IGNORED = FailureType.HARD, FailureType.SOFT, FailureType.IGNORED
_EMAIL, _SMS, _PUSH = (frozenset({channel}) for channel in Channel)

REASONS: Mapping[Reason, ReasonFacts] = MappingProxyType(
    {
        Reason.NOT_DEFINED: ReasonFacts(0, "Non définie", _SOFT),
        Reason.USER_UNKNOWN: ReasonFacts(1, "Utilisateur inconnu", _HARD),
        Reason.INVALID_DOMAIN: ReasonFacts(2, "Domaine invalide", _SOFT, _EMAIL),
        Reason.UNREACHABLE: ReasonFacts(3, "Inatteignable", _SOFT),
        Reason.ACCOUNT_DISABLED: ReasonFacts(4, "Compte désactivé", _SOFT),
        Reason.MAILBOX_FULL: ReasonFacts(5, "Boîte pleine", _SOFT, _EMAIL | _SMS),
        Reason.NOT_CONNECTED: ReasonFacts(6, "Non connecté", _IGNORED, _SMS | _PUSH),
        Reason.ADDRESS_EMPTY: ReasonFacts(7, "Adresse non renseignée", _HARD),
        Reason.DENYLISTED: ReasonFacts(8, "Adresse en liste de blocage", _HARD),
        Reason.QUARANTINED: ReasonFacts(9, "Adresse en quarantaine", _HARD),
        Reason.DUPLICATE: ReasonFacts(10, "Doublon", _IGNORED),
        Reason.EXCLUDED_BY_RULE: ReasonFacts(11, "Exclu par une règle", _IGNORED),
        Reason.REFUSED: ReasonFacts(20, "Refusé", _SOFT),
        Reason.ERROR_IGNORED: ReasonFacts(25, "Erreur ignorée", _IGNORED),
        Reason.TEXT_TOO_LONG: ReasonFacts(40, "Texte trop long", _IGNORED, _SMS),
        Reason.UNSUPPORTED_CHARACTER: ReasonFacts(41, "Caractère non supporté", _IGNORED, _SMS),
        Reason.INVALID_ADDRESS: ReasonFacts(50, "Adresse invalide", _HARD),
        Reason.PRODUCTION_ERROR: ReasonFacts(51, "Erreur de production", _IGNORED),
        Reason.NOT_A_FAILURE: ReasonFacts(60, "Pas un échec", _IGNORED),
    }
)


class Cause(StrEnum):
    """Finer than the reason: tells what to do about it."""

    UNKNOWN = "unknown"
    NO_SUCH_USER = "no_such_user"
    MOVED = "moved"
    AMBIGUOUS = "ambiguous"
    ADDRESS_SYNTAX = "address_syntax"
    OWNER_CHANGED = "owner_changed"
    NO_SUCH_NUMBER = "no_such_number"
    NO_SMS_SERVICE = "no_sms_service"
    TOKEN_GONE = "token_gone"
    NO_SUCH_DOMAIN = "no_such_domain"
    NULL_MX = "null_mx"
    NO_MAIL_SERVICE = "no_mail_service"
    UNROUTABLE = "unroutable"
    CLOSED_SERVICE = "closed_service"
    SYSTEM = "system"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    DNS = "dns"
    LOOP = "loop"
    EXPIRED = "expired"
    GREYLISTED = "greylisted"
    THROTTLED = "throttled"
    TLS = "tls"
    CONFIG = "config"
    TRANSPORT = "transport"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    QUOTA = "quota"
    HANDSET_FULL = "handset_full"
    SYSTEM_FULL = "system_full"
    ABSENT = "absent"
    SWITCHED_OFF = "switched_off"
    ROAMING = "roaming"
    BUSY = "busy"
    RECIPIENT_FILTER = "recipient_filter"
    RECIPIENT_BLOCK = "recipient_block"
    NOT_ALLOWED = "not_allowed"
    RECEIVER_POLICY = "receiver_policy"
    BARRED = "barred"
    POLICY_UNSPECIFIED = "policy_unspecified"
    REPUTATION = "reputation"
    BLOCKLIST = "blocklist"
    AUTHENTICATION = "authentication"
    REVERSE_DNS = "reverse_dns"
    RELAYING = "relaying"
    COMPLAINTS = "complaints"
    SENDER_REJECTED = "sender_rejected"
    RATE_LIMITED = "rate_limited"
    PROTOCOL = "protocol"
    CREDENTIALS = "credentials"
    SPAM_CONTENT = "spam_content"
    VIRUS = "virus"
    TOO_LARGE = "too_large"
    ATTACHMENT = "attachment"
    LINK = "link"
    MALFORMED = "malformed"
    AUTO_REPLY = "auto_reply"
    CHALLENGE = "challenge"
    READ_RECEIPT = "read_receipt"
    SUCCESS = "success"
    DELAYED = "delayed"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class CauseFacts:
    """A cause's owner, reason and marks (the table of specification 02).

    `reason` is None for the causes that go with any reason when the type is ignored. `final` (†): with a
    5xx it ends the message at once. `deferral` (°): never counts. `hard`: a rule may make it hard.
    """

    owner: Owner
    reason: Reason | None
    default: bool = False
    final: bool = False
    deferral: bool = False
    hard: bool = False


def _causes() -> dict[Cause, CauseFacts]:
    table: dict[Cause, CauseFacts] = {}

    def row(owner: Owner, reason: Reason | None, words: str) -> None:
        # Marks behind a word: D default, + final (†), o deferral (°), ! may be hard.
        for word in words.split():
            name, _, marks = word.partition(":")
            table[Cause(name)] = CauseFacts(
                owner,
                reason,
                default="D" in marks,
                final="+" in marks,
                deferral="o" in marks,
                hard="!" in marks,
            )

    row(Owner.UNKNOWN, Reason.NOT_DEFINED, "unknown:D")
    row(
        Owner.RECIPIENT,
        Reason.USER_UNKNOWN,
        "no_such_user:D! moved:! ambiguous address_syntax:! owner_changed:! no_such_number:! no_sms_service:!"
        " token_gone:!",
    )
    row(Owner.RECIPIENT, Reason.INVALID_DOMAIN, "no_such_domain:D+ null_mx:+ no_mail_service unroutable")
    row(Owner.RECIPIENT, Reason.UNREACHABLE, "closed_service:!")
    row(
        Owner.PROVIDER,
        Reason.UNREACHABLE,
        "system:D timeout connection dns loop expired greylisted:o throttled:o tls:o config:o",
    )
    row(Owner.SENDER, Reason.UNREACHABLE, "transport")
    row(Owner.RECIPIENT, Reason.ACCOUNT_DISABLED, "inactive:D suspended closed:!")
    row(Owner.RECIPIENT, Reason.MAILBOX_FULL, "quota:D handset_full")
    row(Owner.PROVIDER, Reason.MAILBOX_FULL, "system_full:o")
    row(Owner.RECIPIENT, Reason.NOT_CONNECTED, "absent:D switched_off roaming busy")
    row(Owner.RECIPIENT, Reason.REFUSED, "recipient_filter recipient_block:! not_allowed")
    row(Owner.PROVIDER, Reason.REFUSED, "receiver_policy barred")
    row(
        Owner.SENDER,
        Reason.REFUSED,
        "policy_unspecified:D reputation blocklist authentication reverse_dns relaying complaints"
        " sender_rejected rate_limited protocol:+ credentials",
    )
    row(Owner.CONTENT, Reason.REFUSED, "spam_content virus:+ too_large:+ attachment:+ link:+ malformed:+")
    row(Owner.RECIPIENT, Reason.NOT_A_FAILURE, "auto_reply:D challenge read_receipt success")
    row(Owner.PROVIDER, None, "delayed technical")
    return table


CAUSES: Mapping[Cause, CauseFacts] = MappingProxyType(_causes())

# Reasons that a failure can have; the others belong to exclusions, production and effects.
FAILURE_REASONS = frozenset(
    {
        Reason.NOT_DEFINED,
        Reason.USER_UNKNOWN,
        Reason.INVALID_DOMAIN,
        Reason.UNREACHABLE,
        Reason.ACCOUNT_DISABLED,
        Reason.MAILBOX_FULL,
        Reason.NOT_CONNECTED,
        Reason.REFUSED,
        Reason.NOT_A_FAILURE,
    }
)


def default_cause(reason: Reason, *, failure_type: FailureType | None = None) -> Cause:
    """Return the cause marked D for a failure's reason, or for `hard` the one that a hard verdict may have.

    Raises KeyError for a reason that no failure has, or that no failure can have hard.
    """
    if failure_type is FailureType.HARD:
        return _HARD_CAUSES[reason]
    return _DEFAULT_CAUSES[reason]


_DEFAULT_CAUSES: Mapping[Reason, Cause] = {
    facts.reason: cause for cause, facts in CAUSES.items() if facts.default and facts.reason
}
# The table lists a reason's hard causes commonest first, so the first one is kept.
_HARD_CAUSES: Mapping[Reason, Cause] = {
    facts.reason: cause for cause, facts in reversed(tuple(CAUSES.items())) if facts.hard and facts.reason
}
