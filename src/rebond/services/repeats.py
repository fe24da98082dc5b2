"""Requests that are sent again: the answer to the first one is given, and nothing is done twice."""

import base64
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken

from rebond.core.said import said
from rebond.services.errors import InputError, RefusedError
from rebond.store.read.keys import find_kept
from rebond.store.write.keys import begin_answer, drop_answer, drop_answers_before, keep_answer

KEPT_FOR = timedelta(hours=24)
_MOST_NAME = 255
_DROPPED_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request was answered."""

    status: int
    content_type: str
    body: bytes


def begin(key: int, name: str, *, digest: str, now: datetime, seal: bytes) -> Answer | None:
    """Take an idempotency key of an API key for a request, told by its digest; gives what it was answered before.

    Answers hold addresses, and secrets at times: they are kept sealed with a key that is not in the database.

    InputError when the name cannot be one or was used for another request, RefusedError while the first one is at
    work, or when it was cut short: then nobody knows what it did.
    """
    if not 0 < len(name) <= _MOST_NAME or not (name.isascii() and name.isprintable()):
        raise InputError(said("an idempotency key has 1 to {most_name} visible ASCII characters", most_name=_MOST_NAME))
    drop_answers_before(now - KEPT_FOR, limit=_DROPPED_AT_ONCE)
    if begin_answer(key, name, digest=digest, now=now):
        return None
    kept = find_kept(key, name)
    if kept is None:  # it was given up in this moment
        raise RefusedError(said("the request with this idempotency key has just failed: send it again"))
    if kept.digest != digest:
        raise InputError(said("this idempotency key was used for another request: a new request needs a new key"))
    if kept.status is None:
        raise RefusedError(
            said(
                "the request with this idempotency key began at {at:%H:%M:%S} UTC and has not been answered:"
                " wait; if it was cut short, look at what it did, and use a new key for what is missing",
                at=kept.at,
            )
        )
    try:
        body = zlib.decompress(_sealer(seal).decrypt(kept.body))
    except InvalidToken:  # the site has another key by now
        raise RefusedError(
            said("what this request was answered cannot be read any more: use a new idempotency key")
        ) from None
    return Answer(status=kept.status, content_type=kept.content_type, body=body)


def keep(key: int, name: str, answer: Answer, *, seal: bytes) -> None:
    """Keep what a request was answered, for 24 hours."""
    body = _sealer(seal).encrypt(zlib.compress(answer.body, 1))
    keep_answer(key, name, status=answer.status, content_type=answer.content_type, body=body)


def give_up(key: int, name: str) -> None:
    """Let a request that was refused, and so did nothing, be sent again under its idempotency key."""
    drop_answer(key, name)


def _sealer(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))
