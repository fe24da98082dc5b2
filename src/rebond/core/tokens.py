"""Signed tokens: which message a return speaks of, and who unsubscribes (specification 07).

A token is lower-case base32 (RFC 4648 alphabet, so it survives case folding) over: one byte of version and key
number, the payload, and ten bytes (80 bits) of HMAC-SHA256. Return-path tokens carry the message id and
the day of issue and expire; unsubscribe tokens carry profile and delivery and never do. Confirmation tokens (double
opt-in) carry the request, a digest of what it is about and the second at which they expire.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

_MAC = 10
_EPOCH = date(2020, 1, 1)
_RETURN, _UNSUBSCRIBE, _CONFIRM = 1, 2, 3
_ABOUT = 8
_MAX_KEYS = 16
_LAST_DAY = 0xFFFF
_MAX_ID = 2**63 - 1
_RUN = re.compile(r"(?<![a-z0-9])[a-z2-7]{23,56}(?![a-z0-9])")
VALID_DAYS = 30
MOST_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys by number (0 to 15, at least 16 bytes each) and the number of the one that signs."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError(f"key {self.current}, which should sign, is not among the keys")
        for number, key in self.keys.items():
            if not 0 <= number < _MAX_KEYS or len(key) < 16:
                raise ValueError(f"key {number}: numbers go from 0 to 15, and a key has at least 16 bytes")


class TokenProblem(StrEnum):
    """Why a token does not hold."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"
    EXPIRED = "expired"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class TokenReading:
    """What a return-path token says. `problem` is None when it holds; an expired one still names its message."""

    message: int | None = None
    issued: date | None = None
    problem: TokenProblem | None = None


@dataclass(frozen=True, slots=True)
class UnsubscribeReading:
    """What an unsubscribe token says; both are None unless it holds."""

    profile: int | None = None
    delivery: int | None = None
    problem: TokenProblem | None = None


@dataclass(frozen=True, slots=True)
class ConfirmationReading:
    """What a confirmation token says. `problem` is None when it holds; an expired one still names its request."""

    request: int | None = None
    about: bytes = b""
    problem: TokenProblem | None = None


def sign(message: int, *, keyring: Keyring, issued: date) -> str:
    """Make the return-path token of a message (its number in the sending log), issued on that day (UTC)."""
    day = (issued - _EPOCH).days
    if not 0 <= day <= _LAST_DAY:
        raise ValueError(f"{issued} is outside the days that a token can carry")
    return _seal(_RETURN, day.to_bytes(2) + _pack(message), keyring)


def read(token: str, *, keyring: Keyring, today: date, valid_days: int = VALID_DAYS) -> TokenReading:
    """Check a return-path token; never raises."""
    payload, problem = _open(token, version=_RETURN, keyring=keyring)
    if payload is None or not 3 <= len(payload) <= 10:
        return TokenReading(problem=problem or TokenProblem.MALFORMED)
    issued = _EPOCH + timedelta(days=int.from_bytes(payload[:2]))
    message = int.from_bytes(payload[2:])
    if issued > today + timedelta(days=1):
        return TokenReading(message, issued, TokenProblem.FUTURE)
    expired = today > issued + timedelta(days=valid_days)
    return TokenReading(message, issued, TokenProblem.EXPIRED if expired else None)


def signed_like(token: str, *, keyring: Keyring) -> Keyring:
    """Return the keys with that one signing that signed `token`, so that what is built again comes out the same.

    A key that is gone, or no token, leaves the keyring as it is.
    """
    try:
        number = base64.b32decode(token[:8].upper())[0] & 0xF
    except (binascii.Error, ValueError, IndexError):
        return keyring
    return Keyring(keyring.keys, number) if number in keyring.keys else keyring


def sign_unsubscribe(profile: int, *, delivery: int, keyring: Keyring) -> str:
    """Make the token by which a profile unsubscribes from what a delivery belongs to."""
    packed = _pack(profile)
    return _seal(_UNSUBSCRIBE, bytes([len(packed)]) + packed + _pack(delivery), keyring)


def read_unsubscribe(token: str, *, keyring: Keyring) -> UnsubscribeReading:
    """Check an unsubscribe token; never raises, never expires."""
    payload, problem = _open(token, version=_UNSUBSCRIBE, keyring=keyring)
    if payload is None or not payload or not 1 <= payload[0] <= 8 or not 1 <= len(payload) - 1 - payload[0] <= 8:
        return UnsubscribeReading(problem=problem or TokenProblem.MALFORMED)
    split = 1 + payload[0]
    return UnsubscribeReading(int.from_bytes(payload[1:split]), int.from_bytes(payload[split:]))


def sign_confirmation(request: int, *, about: str, expires: datetime, keyring: Keyring) -> str:
    """Make the token by which a request to subscribe is confirmed; `about` binds it to the request's page and address.

    It holds until the second `expires`.
    """
    packed = _pack(request)
    payload = bytes([len(packed)]) + packed + _about(about) + int(expires.timestamp()).to_bytes(5)
    return _seal(_CONFIRM, payload, keyring)


def read_confirmation(token: str, *, keyring: Keyring, now: datetime) -> ConfirmationReading:
    """Check a confirmation token; never raises."""
    payload, problem = _open(token, version=_CONFIRM, keyring=keyring)
    if payload is None or not payload or not 1 <= payload[0] <= 8 or len(payload) != 1 + payload[0] + _ABOUT + 5:
        return ConfirmationReading(problem=problem or TokenProblem.MALFORMED)
    number, rest = int.from_bytes(payload[1 : 1 + payload[0]]), payload[1 + payload[0] :]
    expires = datetime.fromtimestamp(int.from_bytes(rest[_ABOUT:]), UTC)
    return ConfirmationReading(number, rest[:_ABOUT], TokenProblem.EXPIRED if now > expires else None)


def is_about(reading: ConfirmationReading, about: str) -> bool:
    """Tell whether a confirmation token was made for this page and address."""
    return hmac.compare_digest(reading.about, _about(about))


def _about(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_ABOUT]


def find(texts: Iterable[str]) -> tuple[str, ...]:
    """List what may be tokens in texts such as addresses, wrapped ones (SRS0, prvs=) among them, each once."""
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUN.findall(text.lower()):
            found[run] = None
            if len(found) >= MOST_CANDIDATES:
                return tuple(found)
    return tuple(found)


def _pack(number: int) -> bytes:
    if not 0 < number <= _MAX_ID:
        raise ValueError(f"{number} is not a number that a token can carry")
    return number.to_bytes((number.bit_length() + 7) // 8)


def _seal(version: int, payload: bytes, keyring: Keyring) -> str:
    body = bytes([version << 4 | keyring.current]) + payload
    return base64.b32encode(body + _mac(body, keyring.keys[keyring.current])).decode().rstrip("=").lower()


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_MAC]


def _open(token: str, *, version: int, keyring: Keyring) -> tuple[bytes | None, TokenProblem | None]:
    folded = token.strip().upper()
    try:
        sealed = base64.b32decode(folded + "=" * (-len(folded) % 8))
    except (binascii.Error, ValueError):
        return None, TokenProblem.MALFORMED
    body, mac = sealed[:-_MAC], sealed[-_MAC:]
    canonical = base64.b32encode(sealed).decode().rstrip("=") == folded
    if not body or body[0] >> 4 != version or not canonical:
        return None, TokenProblem.MALFORMED
    key = keyring.keys.get(body[0] & 0xF)
    if key is None:
        return None, TokenProblem.UNKNOWN_KEY
    if not hmac.compare_digest(mac, _mac(body, key)):
        return None, TokenProblem.FORGED
    return body[1:], None
