"""The reports: what they count, and what does not change in them when more comes back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rebond.core.growth import Growth
from rebond.core.words import AddressStatus, Cause, ErrorFamily, Owner, Reason
from rebond.services.aggregate import aggregate
from rebond.services.errors import InputError, NotFoundError
from rebond.services.report_shape import NamedReport, ReportAbout
from rebond.services.reports import REPORTS, Reporting, make_report
from rebond.store.models import (
    AddressStateRow,
    Delivery,
    DeliveryCounts,
    ExclusionCount,
    Message,
    Profile,
    ProfileAddress,
    SendingFact,
    StatusChange,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


def reporting(**changes: Any) -> Reporting:
    plain = {"zone": PARIS, "now": NOW, "growth": Growth(), "rules": lambda: frozenset({"a-rule", "used"})}
    return Reporting(**{**plain, **changes})


def made(name: str, *, since: date = MONDAY, days: int = 7, **about: Any) -> NamedReport:
    period = ReportAbout(since=since, until=since + timedelta(days=days - 1), **about)
    return make_report(name, period, reporting=reporting())


def delivery(name: str = "Weekly", *, started: datetime = START, target: int = 0, **counts: int) -> Delivery:
    row = Delivery.objects.create(
        name=name,
        channel="email",
        message_class="commercial",
        sender="a@shop.example",
        target="all",
        validity=timedelta(days=5),
        retries=[],
        retry_permanent="daily",
        status="finished",
        created_at=started,
        prepared_at=started,
        started_at=started,
    )
    excluded = target - counts.get("messages", 0)
    DeliveryCounts.objects.create(delivery=row, target=target, excluded=excluded, **counts)
    return row


def message(
    of: Delivery, number: int, *, provider: str = "gmail", domain: str = "gmail.example", **values: Any
) -> None:
    plain: dict[str, Any] = {"status": "delivered", "attempts": 1}
    Message.objects.create(
        delivery=of,
        profile=number,
        channel="email",
        address=f"p{number}@{domain}",
        address_key=f"p{number}@{domain}",
        provider=provider,
        **{**plain, **values},
    )


def week() -> Delivery:
    """Ten people: one excluded, one that fails, one that cannot be built, seven delivered of which two come back."""
    counts = {"messages": 9, "delivered": 7, "failed": 1, "production_errors": 1, "returned": 2}
    row = delivery(target=10, **counts)
    ExclusionCount.objects.create(delivery=row, reason="quarantined", cause="", number=1)
    times = {"first_claimed_at": START, "last_attempt_at": START, "delivered_at": START + timedelta(seconds=30)}
    for number in range(5):
        message(row, number, **times)
    hard = {"return_type": "hard", "return_reason": "user_unknown", "return_cause": "no_such_user"}
    message(row, 5, **times, returned_at=START + timedelta(days=1), **hard)
    full = {"return_type": "soft", "return_reason": "mailbox_full", "return_cause": "quota"}
    message(row, 6, provider="yahoo", domain="yahoo.example", **times, returned_at=START + timedelta(days=8), **full)
    refused = {"type": "soft", "reason": "refused", "cause": "reputation"}
    tried = {"last_attempt_at": START + timedelta(hours=20), "attempts": 5}
    message(row, 7, provider="yahoo", domain="yahoo.example", status="failed", **tried, **refused)
    message(row, 8, status="production_error", reason="production_error", attempts=0)
    return row


def rows(report: NamedReport, table: str) -> list[dict[str, Any]]:
    found = report.table(table)
    return [dict(zip((column.name for column in found.columns), row, strict=True)) for row in found.rows]


def test_the_summary_reconciles() -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    (totals,) = rows(made("delivery-summary"), "totals")
    assert totals["target"] == totals["excluded"] + totals["messages"]
    parts = ("production_errors", "failed", "cancelled", "delivered", "pending")
    assert totals["messages"] == sum(totals[part] for part in parts)
    assert totals["reached"] == totals["delivered"] - totals["returned"] == 5
    families = {row["family"]: row["number"] for row in rows(made("delivery-summary"), "families")}
    assert families[ErrorFamily.QUARANTINE] == families[ErrorFamily.DELIVERY] == families[ErrorFamily.PRODUCTION] == 1
    assert families[ErrorFamily.AFTER_DELIVERY] == 2
    assert families["not_reached"] == totals["target"] - totals["reached"]


def test_what_was_delivered_in_a_past_week_stays_when_returns_arrive() -> None:
    row = week()
    aggregate(now=NOW, zone=PARIS)
    before = [day["delivered"] for day in rows(made("delivery-summary"), "by_day")]
    late = {"return_type": "hard", "return_reason": "user_unknown", "return_cause": "no_such_user"}
    Message.objects.filter(delivery=row, profile__lt=4).update(returned_at=NOW, **late)
    DeliveryCounts.objects.filter(delivery=row).update(returned=6)
    aggregate(now=NOW, zone=PARIS)
    report = made("delivery-summary")
    assert [day["delivered"] for day in rows(report, "by_day")] == before == [7, 0, 0, 0, 0, 0, 0]
    later = made("delivery-summary", since=NOW.date(), days=1)
    assert rows(later, "by_day")[0]["returned_late"] == 4


def test_while_a_delivery_goes_on_nothing_is_told_of_the_time_to_come() -> None:
    row = week()
    message(row, 9, status="cancelled", attempts=0)
    Delivery.objects.filter(id=row.pk).update(status="sending", finished_at=None, ends_at=START + timedelta(days=5))
    aggregate(now=START + timedelta(days=1), zone=PARIS)
    told = SendingFact.objects.filter(delivery=row.pk, kind__in=("production_error", "cancelled"))
    assert set(told.values_list("kind", "hour")) == {("production_error", START), ("cancelled", START)}


def test_days_are_those_of_the_site() -> None:
    row = delivery(started=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), target=1, messages=1, delivered=1)
    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    message(row, 1, last_attempt_at=at, delivered_at=at, first_claimed_at=at)
    aggregate(now=NOW, zone=PARIS)
    days = {day["day"]: day["delivered"] for day in rows(made("delivery-summary", days=3), "by_day")}
    assert days == {date(2026, 3, 2): 0, date(2026, 3, 3): 1, date(2026, 3, 4): 0}


def test_returns_of_the_first_seven_days_stand_apart_from_later_ones() -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    days = rows(made("bounce-summary", days=14), "by_day")
    assert sum(day["returned"] for day in days) == 1
    assert sum(day["returned_late"] for day in days) == 1


def test_bounces_are_told_by_reason_owner_and_provider() -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    report = made("bounce-summary", days=14)
    reasons = {row["reason"]: row for row in rows(report, "by_reason")}
    assert reasons[Reason.USER_UNKNOWN]["asynchronous"] == 1
    assert reasons[Reason.REFUSED]["synchronous"] == 1
    assert reasons[Reason.REFUSED]["cause"] is Cause.REPUTATION
    assert {row["owner"]: row["number"] for row in rows(report, "by_owner")} == {Owner.RECIPIENT: 2, Owner.SENDER: 1}
    yahoo = next(row for row in rows(report, "by_provider") if row["provider"] == "yahoo")
    assert (yahoo["delivered"], yahoo["failed"], yahoo["failed_share"]) == (1, 1, 0.5)
    domains = {row["domain"]: row["returned"] for row in rows(report, "by_domain")}
    assert domains == {"gmail.example": 1, "yahoo.example": 1}


def test_the_filters_narrow_a_report() -> None:
    first, second = week(), delivery("Other", target=1, messages=1, delivered=1)
    message(second, 1, last_attempt_at=START, delivered_at=START, first_claimed_at=START, provider="orange")
    aggregate(now=NOW, zone=PARIS)
    assert [row["provider"] for row in rows(made("providers", delivery=second.pk), "providers")] == ["orange"]
    assert [row["provider"] for row in rows(made("providers", provider="yahoo"), "providers")] == ["yahoo"]
    assert {row["delivery"] for row in rows(made("delivery-summary"), "deliveries")} == {first.pk, second.pk}


def test_a_provider_shows_attempts_and_how_long_it_took() -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    report = made("providers", days=14)
    yahoo = next(row for row in rows(report, "providers") if row["provider"] == "yahoo")
    assert (yahoo["attempts"], yahoo["deferred"], yahoo["waited"]) == (6, 4, 30)
    assert rows(report, "refused") == [
        {"provider": "yahoo", "reason": Reason.REFUSED, "cause": Cause.REPUTATION, "number": 1}
    ]


def test_exclusions_are_compared_with_the_delivery_before() -> None:
    for number, excluded in enumerate((1, 4)):
        row = delivery(started=START + timedelta(days=number), target=10, messages=10 - excluded, pending=10 - excluded)
        ExclusionCount.objects.create(delivery=row, reason="quarantined", cause="", number=excluded)
    newest, oldest = rows(made("exclusions"), "deliveries")
    assert (newest["excluded"], newest["difference"], oldest["difference"]) == (4, 3, None)
    assert rows(made("exclusions"), "by_reason")[0]["share"] == 5 / 20


def test_complaints_are_a_share_of_what_was_delivered() -> None:
    row = week()
    Message.objects.filter(delivery=row, profile=1).update(complained_at=START + timedelta(days=2))
    aggregate(now=NOW, zone=PARIS)
    report = made("complaints", days=14)
    gmail = next(one for one in rows(report, "by_provider") if one["provider"] == "gmail")
    assert (gmail["complained"], gmail["delivered"], gmail["complained_share"]) == (1, 6, 1 / 6)
    assert dict(report.drawings[0].limits) == {"aim": 0.001, "limit": 0.003}


def state(number: int, *, status: AddressStatus, since: datetime, until: datetime | None = None) -> None:
    AddressStateRow.objects.create(
        channel="email",
        address_key=f"p{number}@x.example",
        address=f"p{number}@x.example",
        status=status.value,
        reason="user_unknown",
        since=since,
        until=until,
        policy_digest="d",
    )


def test_the_quarantine_shows_size_age_movement_and_growth() -> None:
    week()
    for number in range(8):
        profile = Profile.objects.create(external_id=str(number), created_at=NOW, updated_at=NOW)
        ProfileAddress.objects.create(profile=profile, channel="email", text=str(number), key=f"p{number}@x.example")
    state(1, status=AddressStatus.QUARANTINED, since=NOW - timedelta(days=400))
    state(2, status=AddressStatus.QUARANTINED, since=NOW - timedelta(days=2), until=NOW + timedelta(days=3))
    change = {"channel": "email", "reason": "user_unknown"}
    StatusChange.objects.create(at=NOW, before="erroneous", after="quarantined", **change)
    StatusChange.objects.create(at=NOW, before="valid", after="erroneous", **change)
    StatusChange.objects.create(at=NOW, before="quarantined", after="valid", **change)
    aggregate(now=NOW, zone=PARIS)
    report = made("quarantine", since=NOW.date(), days=1)
    (size,) = rows(report, "size")
    assert (size["number"], size["recent"], size["older"], size["leaving"]) == (2, 1, 1, 1)
    (moved,) = rows(report, "movement")
    assert (moved["entries"], moved["exits"]) == (1, 1)
    first, second = rows(report, "growth")
    assert (first["expected"], second["expected"]) == (0.22, 0.325)
    assert (first["actual"], first["pace"]) == (0.25, "expected")


def test_sums_are_kept_when_retention_has_taken_messages() -> None:
    row = week()
    aggregate(now=NOW, zone=PARIS)
    Message.objects.filter(delivery=row, profile__lt=3).delete()
    DeliveryCounts.objects.filter(delivery=row).update(returned=1)
    done = aggregate(now=NOW, zone=PARIS)
    assert (done.summed, done.kept) == (0, 1)
    assert rows(made("delivery-summary"), "by_day")[0]["delivered"] == 7


def test_what_has_not_moved_is_not_summed_again() -> None:
    week()
    assert aggregate(now=NOW, zone=PARIS).summed == 1
    assert aggregate(now=NOW, zone=PARIS).summed == 0


def test_the_sums_of_a_delivery_that_is_gone_go_too() -> None:
    row = week()
    aggregate(now=NOW, zone=PARIS)
    Message.objects.all().delete()
    ExclusionCount.objects.all().delete()
    row.delete()
    aggregate(now=NOW + timedelta(days=2), zone=PARIS)
    assert not made("providers").table("providers").rows


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_nothing_is_empty(name: str) -> None:
    report = made(name)
    assert report.as_of is None
    for drawing in report.drawings:
        columns = {column.name for column in report.table(drawing.table).columns}
        assert {drawing.x, *drawing.series} <= columns


def test_an_unknown_report_or_an_impossible_period_is_refused() -> None:
    with pytest.raises(NotFoundError, match="there is no report 'weather'"):
        made("weather")
    with pytest.raises(InputError, match="before it begins"):
        made("providers", days=0)
    with pytest.raises(InputError, match="over 800 days"):
        made("providers", days=900)
