"""API keys: shown once, stored as a digest, bounded by role, scopes and time."""

from datetime import UTC, datetime, timedelta

import pytest

from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.services.access import require
from rebond.services.errors import ForbiddenError, InputError, NotFoundError, RefusedError
from rebond.services.keys import NewKey, UnknownKeyError, create_key, read_key, revoke_key
from rebond.store.models import ApiKey, AuditEntry
from rebond.store.read.keys import list_keys

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECRET = "0123456789abcdef" * 4


def made(**changes: object) -> NewKey:
    given = {"role": Role.OPERATOR, "scopes": [Operation.CHECK], "secret": SECRET, "now": NOW, "actor": "test"}
    return create_key("shop", **{**given, **changes})  # type: ignore[arg-type]


def test_a_key_is_read_and_nothing_that_is_stored_gives_it_away() -> None:
    key = made()
    assert key.text == f"rbd_{key.row.number}_{SECRET}"
    caller = read_key(key.text, now=NOW)
    assert (caller.key, caller.person.role) == (key.row.number, Role.OPERATOR)
    assert caller.person.name == f"key:{key.row.number} shop"
    require(caller.person, Operation.CHECK)
    with pytest.raises(ForbiddenError, match=r"has not the scope reports\.read"):
        require(caller.person, Operation.READ_REPORTS)
    stored = str([*ApiKey.objects.values(), *AuditEntry.objects.values()])
    assert SECRET not in stored
    assert SECRET not in repr(key)
    assert key.row.digest not in repr(key.row)


NO_KEYS = ("", "rbd", "rbd_1_", "rbd_0_{secret}", "rbd_9_{secret}", "RBD_{number}_{secret}", "rbd_x_{secret}")
CHANGED = ("rbd_{number}_{secret}0", "rbd_{number}_{secret}\n", "rbd_١_{secret}", "rbd_{number}_" + "0" * 64)


@pytest.mark.parametrize("text", [*NO_KEYS, *CHANGED])
def test_what_is_no_key_is_unknown(text: str) -> None:
    key = made()
    with pytest.raises(UnknownKeyError, match="no key of this site"):
        read_key(text.format(number=key.row.number, secret=SECRET), now=NOW)


def test_a_key_ends_when_it_expires_and_when_it_is_revoked() -> None:
    key = made(expires_at=NOW + timedelta(days=1))
    read_key(key.text, now=NOW + timedelta(hours=23))
    with pytest.raises(UnknownKeyError, match="over since 2026-03-02 08:00 UTC"):
        read_key(key.text, now=NOW + timedelta(days=1))
    revoke_key(key.row.number, now=NOW, actor="ada", because="left")
    with pytest.raises(UnknownKeyError, match="revoked"):
        read_key(key.text, now=NOW)
    with pytest.raises(RefusedError, match="revoked by ada"):
        revoke_key(key.row.number, now=NOW, actor="bob")
    with pytest.raises(NotFoundError):
        revoke_key(99, now=NOW, actor="bob")
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["key.create", "key.revoke"]


def test_the_day_of_the_last_use_is_kept_and_no_more() -> None:
    key = made()
    assert list_keys()[0].last_used_on is None
    for hours in (1, 2, 26):
        read_key(key.text, now=NOW + timedelta(hours=hours))
    assert list_keys()[0].last_used_on == (NOW + timedelta(hours=26)).date()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scopes": []}, "at least one scope"),
        ({"scopes": [Operation.MANAGE_KEYS, Operation.CHECK]}, "may not do keys.write"),
        ({"expires_at": NOW}, "over already"),
    ],
)
def test_a_key_that_cannot_be_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        made(**changes)
    assert list_keys() == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\0b"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="visible characters"):
        create_key(name, role=Role.OPERATOR, scopes=[Operation.CHECK], secret=SECRET, now=NOW, actor="test")
