"""Which of our messages a returned mail speaks of, and how surely (specification 03, "Attribute").

A decision over what the mail says and what the sending log holds; it looks nothing up itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rebond.core.address import parse_address
from rebond.core.failure import Failure, Reading
from rebond.core.tokens import Keyring, TokenProblem, TokenReading, find, read
from rebond.core.words import Channel, ReturnKind, Trust
from rebond.store.read.messages import SentMessage


class WhyUnattributed(StrEnum):
    """Why a return acted on nothing."""

    NO_TOKEN = "no_token"
    FORGED_TOKEN = "forged_token"
    EXPIRED_TOKEN = "expired_token"
    UNKNOWN_MESSAGE = "unknown_message"
    OTHER_RECIPIENT = "other_recipient"
    SENDER_NOT_NULL = "sender_not_null"
    NO_ADDRESS = "no_address"
    TRUST_TOO_LOW = "trust_too_low"
    FEEDBACK_ONLY = "feedback_only"
    # Of webhooks: what was refused at the door.
    BAD_SIGNATURE = "bad_signature"
    OTHER_TOPIC = "other_topic"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class Pointers:
    """The tokens of a mail that name a message, read and in order, and the Message-IDs that it quotes."""

    tokens: tuple[TokenReading, ...]
    message_ids: tuple[str, ...]

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(token.message for token in self.tokens if token.message is not None)


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a return is taken to speak of: a message with its trust, or none with why."""

    trust: Trust
    message: SentMessage | None = None
    why: WhyUnattributed | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """The messages that the mails of a batch point to."""

    by_number: Mapping[int, SentMessage] = field(default_factory=dict)
    by_message_id: Mapping[str, Sequence[SentMessage]] = field(default_factory=dict)

    @classmethod
    def of(cls, messages: Iterable[SentMessage]) -> "Log":
        """Index the messages found."""
        by_id: dict[str, list[SentMessage]] = {}
        by_number = {}
        for message in messages:
            by_number[message.number] = message
            # What was never tried cannot have come back.
            if message.message_id and message.sent_at:
                by_id.setdefault(message.message_id, []).append(message)
        return cls(by_number, by_id)

    def of_tokens(self, tokens: Iterable[TokenReading]) -> SentMessage | None:
        """Return the message that the first of these tokens to hold names, when it was sent."""
        for token in tokens:
            message = self.by_number.get(token.message) if token.problem is None and token.message is not None else None
            if message and message.sent_at:
                return message
        return None


def pointers(reading: Reading, *, envelope_to: str, keyring: Keyring, today: date) -> Pointers:
    """Collect what a mail says of the message it speaks of; the envelope recipient's token comes first."""
    tokens = [read(text, keyring=keyring, today=today) for text in find([envelope_to, *reading.candidates])]
    named = [token for token in tokens if token.problem is not TokenProblem.MALFORMED]
    return Pointers(tuple(named), tuple(_bare(text) for text in reading.message_ids))


def attribute(
    reading: Reading, *, found: Pointers, log: Log, recipients: Sequence[str], envelope_from: str | None
) -> Attribution:
    """Decide which message a mail speaks of: a valid token, else a known Message-ID with its own recipient."""
    if proven := log.of_tokens(found.tokens):
        return Attribution(Trust.SIGNED, proven)
    keys = recipient_keys(recipients)
    known = [message for name in found.message_ids for message in log.by_message_id.get(name, ())]
    if envelope_from and reading.kind is not ReturnKind.COMPLAINT:
        # A real bounce has a null sender: with another, only a token proves it. Feedback loops write as themselves.
        return Attribution(Trust.UNVERIFIED, why=WhyUnattributed.SENDER_NOT_NULL)
    for message in known:
        if message.key in keys:
            return Attribution(Trust.MATCHED, message)
    # Whom it went to is not known any more: nothing proves it, and nothing of it may be kept.
    erased = next((message for message in known if message.erased), None)
    return Attribution(Trust.UNVERIFIED, erased, why=_why(found, known))


def _why(found: Pointers, known: Sequence[SentMessage]) -> WhyUnattributed:
    problems = {token.problem for token in found.tokens}
    if None in problems:
        return WhyUnattributed.UNKNOWN_MESSAGE
    if TokenProblem.FORGED in problems or TokenProblem.UNKNOWN_KEY in problems or TokenProblem.FUTURE in problems:
        return WhyUnattributed.FORGED_TOKEN
    if known:
        return WhyUnattributed.OTHER_RECIPIENT
    return WhyUnattributed.EXPIRED_TOKEN if problems else WhyUnattributed.NO_TOKEN


def recipient_keys(recipients: Iterable[str]) -> frozenset[str]:
    """Return the comparison keys of the addresses that a mail names."""
    # Most reports name one address several times.
    parsed = [parse_address(text, channel=Channel.EMAIL, allow_undotted=True) for text in set(recipients) if text]
    return frozenset(address.key for address in parsed if address.key)


def named_by(failure: Failure) -> tuple[str, ...]:
    """List the addresses under which a report names one recipient."""
    return tuple(filter(None, (failure.recipient, failure.original_recipient, failure.final_recipient)))


def _bare(message_id: str) -> str:
    return message_id.strip().strip("<>")
