"""The report of double opt-in, and that it says the same when it is asked again."""

from datetime import UTC, date, timedelta
from typing import Any

import pytest
from tests.services.opt_in_fixtures import asks, confirms, mails, page, token_in
from tests.services.sending_fixtures import HOUR, START

from rebond.core.growth import Growth
from rebond.services.opt_in_clean import clean_opt_ins
from rebond.services.report_shape import NamedReport
from rebond.services.reports import Reporting, about_of, make_report

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
DAY = timedelta(days=1)


def report(now: Any) -> NamedReport:
    reporting = Reporting(zone=UTC, now=now, growth=Growth(), rules=frozenset)
    about = about_of(reporting=reporting, since=date(2026, 3, 1), until=date(2026, 3, 4))
    return make_report("double-opt-in", about, reporting=reporting)


def totals(found: NamedReport) -> dict[str, Any]:
    table = found.table("totals")
    return dict(zip([one.name for one in table.columns], table.rows[0], strict=True))


def test_requests_are_counted_by_what_became_of_them() -> None:
    page()
    for name in ("ann", "bob", "cat"):
        asks(f"{name}@example.org")
    taken = {one.recipient: token_in(one.content) for one in mails().taken}
    asks("ann@example.org", at=START + HOUR)
    mails(START + HOUR)
    confirms(taken["ann@example.org"], START + timedelta(minutes=5))
    confirms(taken["bob@example.org"], START + 2 * HOUR)
    asks("dan@example.org", at=START + DAY)
    mails(START + DAY)
    now = totals(report(START + DAY + HOUR))
    assert now == {
        "requested": 5, "repeated": 1, "not_written": 0, "written": 4, "confirmed": 2, "confirmed_share": 0.5,
        "open": 2, "expired": 0, "mean_wait": (300 + 7200) / 2,
    }  # fmt: skip
    later = report(START + 4 * DAY)
    assert (totals(later)["open"], totals(later)["expired"]) == (0, 2)
    assert [row[:2] for row in later.table("by_day").rows] == [
        (date(2026, 3, 1), 0),
        (date(2026, 3, 2), 4),
        (date(2026, 3, 3), 1),
        (date(2026, 3, 4), 0),
    ]
    assert [row[1] for row in later.table("time_to_confirm").rows] == [1, 0, 1, 0, 0]
    assert later.table("by_page").rows[0][:2] == ("News", 5)
    # Next month it is the same, though those who never confirmed are erased.
    clean_opt_ins(now=START + 40 * DAY)
    assert report(START + 40 * DAY).tables == later.tables


def test_nobody_asked_makes_a_report_as_well() -> None:
    found = report(START)
    assert totals(found)["confirmed_share"] is None
    assert found.table("by_page").rows == found.table("time_to_confirm").rows == []
