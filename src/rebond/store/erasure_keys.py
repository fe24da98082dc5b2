"""Keyed hashes of erased addresses: the key is a setting of this process, and stands in no table.

HMAC-SHA256 (RFC 2104), by copies of what the key alone makes: a file of addresses is hashed in a third of the time.
"""

import hashlib
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from typing import Any

from django.conf import settings

from rebond.core.words import Channel

_BLOCK = 64


class NoErasureKeyError(Exception):
    """This process was given no key to hash addresses with."""


def hash_address(channel: Channel, key: str) -> str:
    """Hash an address with the present key."""
    return next(_hashes(_keys()[0], channel, [key])).hex()


def hashes_of(channel: Channel, keys: Sequence[str]) -> dict[str, str]:
    """Give the address of each hash, by all keys that there are or were."""
    found: dict[str, str] = {}
    for secret in _keys():
        found |= zip(map(bytes.hex, _hashes(secret, channel, keys)), keys, strict=True)
    return found


def hashed_among(channel: Channel, keys: Sequence[str], known: Set[bytes]) -> set[str]:
    """Tell which of many addresses have one of these hashes, as bytes, by any of the keys."""
    found: set[str] = set()
    for secret in _keys():
        for digest, key in zip(_hashes(secret, channel, keys), keys, strict=True):
            if digest in known:
                found.add(key)
    return found


def _keys() -> Sequence[bytes]:
    keys: Sequence[bytes] = getattr(settings, "ERASURE_KEYS", ())
    if not keys:
        raise NoErasureKeyError("[erasure] key is missing in secrets.toml: put back a copy of that file")
    return keys


def _hashes(secret: bytes, channel: Channel, keys: Sequence[str]) -> Iterator[bytes]:
    begun, end = _halves(secret, channel)
    begin_inner, begin_outer = begun.copy, end.copy
    for key in keys:
        inner, outer = begin_inner(), begin_outer()
        inner.update(key.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        yield outer.digest()


@lru_cache(maxsize=16)
def _halves(secret: bytes, channel: Channel) -> tuple[Any, Any]:
    """Begin both hashes of a HMAC with its key, the inner one with the channel."""
    padded = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    inner.update(f"{channel}\0".encode())
    return inner, hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
