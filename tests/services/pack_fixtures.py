"""Packs of rules that somebody signed, and the sources that give them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.services.practice_fixtures import practice

from rebond.core.qualify.archive import PackFile, read_pack, write_pack
from rebond.core.qualify.rule_text import rules_text
from rebond.services.take_pack import Looked, take_pack
from rebond.services.update_rules import Given, PackSource

KEY, STRANGER = bytes(range(32)), bytes(range(100, 132))
TODAY = date(2026, 3, 1)
MOON_EXAMPLE = "550 Zorglub finds the moon wrong for *"


def public(key: bytes = KEY) -> str:
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex()


def rule(name: str = "moon", **changes: Any) -> dict[str, Any]:
    """The table of a rule about the moon, with changes."""
    table = {
        "id": name,
        "text": "(?i)finds the moon wrong",
        "type": "hard",
        "reason": "user_unknown",
        "cause": "no_such_user",
        "since": TODAY,
        "source": "a test",
        "examples": [MOON_EXAMPLE],
    }
    return table | changes


def packed(
    *tables: Mapping[str, Any], name: str = "acme", version: date = TODAY, key: bytes = KEY, channel: str = "email"
) -> bytes:
    files = {f"rules/{channel}/a.toml": rules_text(tables)}
    return write_pack(files, name=name, version=version, made_by="Acme", key=key)


def opened(data: bytes) -> PackFile:
    return read_pack(data, keys=[public(), public(STRANGER)])


def source(*given: bytes | str, name: str = "here", keys: Iterable[str] = (public(),)) -> PackSource:
    """A source that gives these packs; a text is why it gives none."""
    found = [
        Given(where=f"{number}.zip", data=one) if isinstance(one, bytes) else Given(where=f"{number}.zip", problem=one)
        for number, one in enumerate(given)
    ]
    return PackSource(name=name, keys=frozenset(keys), read=lambda: found)


def take(data: bytes, *, source: str = "here", **options: Any) -> Looked:
    return take_pack(practice("job"), opened(data), source=source, where="a.zip", **options)
