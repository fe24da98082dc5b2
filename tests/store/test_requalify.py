"""Walking through the failures that carry some texts, a page at a time."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.services.event_fixtures import took
from tests.services.practice_fixtures import MOON, failed

from rebond.store.models import EvidenceRow, Qualification
from rebond.store.write.requalify import Place, lock_failures_with

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def many() -> set[int]:
    """Let failures of two texts come in several circumstances, and of one that nobody asks for; returns the two."""
    texts = [MOON[4:], "Zorglub finds the sun bright for {}", "Zorglub is away for {}"]
    addresses = [f"a{number}@shop.example" for number in range(12)]
    took(
        *(
            failed(text.format(address), address, code=(550, 452, 0)[place % 3])
            for text in texts
            for place, address in enumerate(addresses)
        )
    )
    return set(Qualification.objects.exclude(first_text__contains="away").values_list("id", flat=True))


@pytest.mark.parametrize("limit", [1, 4, 5, 24, 100])
def test_each_failure_is_met_once(limit: int) -> None:
    texts = many()
    met: list[int] = []
    place: Place = ()
    while True:
        with transaction.atomic():
            page = lock_failures_with(texts, after=place, limit=limit)
        if not page:
            break
        assert len(page) == min(limit, 24 - len(met))
        met += [failure.id for failure in page]
        place = list(page[-1].place)  # as JSON gives it back
    wanted = EvidenceRow.objects.filter(qualification__in=texts)
    assert sorted(met) == sorted(wanted.values_list("id", flat=True))
    assert lock_failures_with([], after=(), limit=limit) == []


def _multiply_others(texts: set[int], cursor: Any) -> None:
    """Make five hundred of each failure with another text, and let the database know."""
    columns = [field.column for field in EvidenceRow._meta.concrete_fields if not field.primary_key]
    copied = ["identity || '/' || n" if column == "identity" else column for column in columns]
    cursor.execute(
        f"INSERT INTO evidence ({', '.join(columns)}) SELECT {', '.join(copied)} FROM evidence,"
        " generate_series(1, 500) n WHERE qualification <> ALL(%s)",
        [sorted(texts)],
    )
    cursor.execute("ANALYZE evidence")


def test_a_page_is_looked_up_in_an_index() -> None:
    texts = many()
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        page = lock_failures_with(texts, after=(), limit=3)
        lock_failures_with(texts, after=page[-1].place, limit=100)
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    looked_up = [query["sql"] for query in seen if "FROM evidence" in query["sql"]]
    assert len(looked_up) == 4
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _multiply_others(texts, cursor)  # of so few rows all ways cost the same
        for statement in looked_up:
            cursor.execute(f"{explain} {statement}")
            plan = str(cursor.fetchall())
            assert "evidence_situation" in plan, statement
            assert "TEMP B-TREE" not in plan, statement
