"""Keyed hashes of erased addresses: the key is a setting of this process, and stands in no table."""

import hmac
from collections.abc import Sequence

from django.conf import settings

from rebond.core.words import Channel


class NoErasureKeyError(Exception):
    """This process was given no key to hash addresses with."""


def hash_address(channel: Channel, key: str) -> str:
    """Hash an address with the present key."""
    return _hash(_keys()[0], channel, key)


def hashes_of(channel: Channel, keys: Sequence[str]) -> dict[str, str]:
    """Give the address of each hash, by all keys that there are or were."""
    return {_hash(secret, channel, key): key for secret in _keys() for key in keys}


def _keys() -> Sequence[bytes]:
    keys: Sequence[bytes] = getattr(settings, "ERASURE_KEYS", ())
    if not keys:
        raise NoErasureKeyError("[erasure] key is missing in secrets.toml: put back a copy of that file")
    return keys


def _hash(secret: bytes, channel: Channel, key: str) -> str:
    return hmac.digest(secret, f"{channel}\0{key}".encode("utf-8", "surrogatepass"), "sha256").hex()
