"""Looking up many rows at once: whatever a key holds, and several statements in one."""

import pytest
from django.db import connection

from rebond.core.words import AddressStatus, Channel
from rebond.store.lookup import fetch_all, locked_rows_of, rows_of
from rebond.store.models import AddressStateRow
from rebond.store.read.blocked import blocked_keys

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ODD = ['a"b', "a\\b", 'a","b', "{a}", "a,b", "NULL", " a ", "'a'", "%s", "é", "a"]


def keep(*keys: str) -> None:
    for key in keys:
        AddressStateRow.objects.create(
            channel="push", address_key=key, address=key, status="quarantined", policy_digest="d"
        )


def test_a_key_is_found_whatever_it_holds() -> None:
    keep(*ODD)
    assert set(blocked_keys(Channel.PUSH, sorted(ODD))) == set(ODD)
    for key in ODD:
        assert blocked_keys(Channel.PUSH, [key]) == {key: AddressStatus.QUARANTINED}
        assert blocked_keys(Channel.PUSH, [key + "x"]) == {}


def test_statements_go_together_and_each_gives_its_own_rows() -> None:
    keep("one", "two", "three")
    both = [
        rows_of("address_state", "address_key", column="address_key", values=keys, where="channel = %s", given=["push"])
        for keys in (["one", "two", "nobody"], ["three"], [])
    ]
    with connection.cursor() as cursor:
        found = fetch_all(cursor, both)
    assert [sorted(key for (key,) in rows) for rows in found] == [["one", "two"], ["three"], []]


def test_locked_rows_come_in_the_order_of_the_values() -> None:
    keep("b", "a", "c")
    statement = locked_rows_of(
        "address_state",
        "address_key",
        column="address_key",
        values=["a", "b", "c"],
        where="channel = %s",
        given=["push"],
        order="scope",
    )
    with connection.cursor() as cursor:
        (rows,) = fetch_all(cursor, [statement])
    assert sorted(key for (key,) in rows) == ["a", "b", "c"]
