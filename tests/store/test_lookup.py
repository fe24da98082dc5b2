"""Looking up many rows at once: whatever a key holds, and several statements in one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from rebond.core.words import AddressStatus, Channel
from rebond.store.lookup import fetch_all, locked_rows_of, rows_of
from rebond.store.models import AddressStateRow, Profile, ProfileAddress, ProfileDenial
from rebond.store.models.key_field import KeyField
from rebond.store.read.blocked import blocked_keys, blocked_statement

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ODD = ['a"b', "a\\b", 'a","b', "{a}", "a,b", "NULL", " a ", "'a'", "%s", "é", "a"]


def keep(*keys: str) -> None:
    AddressStateRow.objects.bulk_create(
        AddressStateRow(channel="push", address_key=key, address=key, status="quarantined", policy_digest="d")
        for key in keys
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


def test_what_blocks_is_looked_up_in_indexes() -> None:
    at = datetime(2026, 3, 3, tzinfo=UTC)
    keys = [f"key {number}" for number in range(3_000)]
    keep(*keys)
    people = [Profile(external_id=key, created_at=at, updated_at=at) for key in keys]
    Profile.objects.bulk_create(people)
    ProfileAddress.objects.bulk_create(
        ProfileAddress(profile=person, channel="push", text=key, key=key)
        for person, key in zip(people, keys, strict=True)
    )
    ProfileDenial.objects.bulk_create(
        ProfileDenial(profile=person, channel="push", at=at, origin="person") for person in people
    )
    statement, given = blocked_statement(Channel.PUSH, keys[:10], denied=None)
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(f"{explain} {statement}", given)
        plan = str(cursor.fetchall())
    for table in ("address_state", "profile_address", "profile_denial"):
        assert f"Seq Scan on {table}" not in plan, plan
    for alias in ("address_state", "place", "denial"):
        assert f"SCAN {alias}" not in plan, plan
    assert "profile_address_key" in plan


def test_all_keys_are_compared_alike() -> None:
    columns = {(model._meta.db_table, field.column): field for model in apps.get_models() for field in keys_of(model)}
    assert len(columns) == 9
    assert all(isinstance(field, KeyField) for field in columns.values())
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'")
        assert set(columns) <= set(cursor.fetchall())


def keys_of(model: type[models.Model]) -> list[Any]:
    """The columns that hold keys of addresses, by what all of them are called."""
    named = [field for field in model._meta.concrete_fields if isinstance(field, models.CharField)]
    return [field for field in named if field.column in ("address_key", "dedupe_key") or isinstance(field, KeyField)]
