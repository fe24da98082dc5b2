"""The filters of the reports: each narrows what it can, the figures agree whatever is asked; the rest is refused."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from tests.services.test_reports import MONDAY, NOW, PARIS, START, delivery, made, message, reporting, rows, week

from rebond.core.words import Channel, Handling, Owner
from rebond.services.aggregate import aggregate
from rebond.services.errors import InputError
from rebond.services.report_shape import Filter
from rebond.services.reports import REPORTS, about_of, filters_of, make_report
from rebond.store.models import (
    Delivery,
    DeliveryCounts,
    DomainHour,
    Exclusion,
    ExclusionCount,
    HourFact,
    Message,
    SendingFact,
    Service,
    StatusChange,
    SummedDelivery,
    Unattributed,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PROVIDERS = {"gmail.example": "gmail", "yahoo.example": "yahoo", "free.example": "free"}
_FORTNIGHT = 14


def excluded(of: Delivery, number: int, *, domain: str, reason: str = "quarantined", cause: str = "") -> None:
    address = f"P{number}@{domain.upper()}" if domain else ""
    Exclusion.objects.create(delivery=of, profile=number, address=address, reason=reason, cause=cause)


def world() -> tuple[Delivery, Delivery, Service]:
    """Two deliveries, one of them to a service's subscribers, over three domains, with one of everything."""
    first = week()
    excluded(first, 90, domain="gmail.example")
    service = Service.objects.create(name="Letter", created_at=START)
    counts = {"messages": 4, "delivered": 2, "pending": 1, "cancelled": 1, "returned": 1}
    second = delivery("Letter", started=START + timedelta(days=1), target=8, **counts)
    Delivery.objects.filter(pk=second.pk).update(target="service", target_ref=service.pk)
    at = START + timedelta(days=1)
    times = {"first_claimed_at": at, "last_attempt_at": at, "delivered_at": at, "provider": "free"}
    message(second, 1, domain="free.example", complained_at=at, **times)
    hard = {"return_type": "hard", "return_reason": "user_unknown", "return_cause": "no_such_user"}
    message(second, 2, domain="free.example", returned_at=at, **times, **hard)
    message(second, 3, domain="free.example", provider="free", status="pending", attempts=0)
    message(second, 4, status="cancelled", last_attempt_at=at)
    for number, (domain, reason, cause) in enumerate(
        (("free.example", "quarantined", ""), ("free.example", "denylisted", "complaint"), ("", "address_empty", ""))
    ):
        excluded(second, 50 + number, domain=domain, reason=reason, cause=cause)
        ExclusionCount.objects.create(delivery=second, reason=reason, cause=cause, number=1)
    excluded(second, 60, domain="yahoo.example", reason="denylisted", cause="complaint")
    ExclusionCount.objects.filter(delivery=second, reason="denylisted").update(number=2)
    return first, second, service


def combinations(second: Delivery, service: Service) -> Iterator[dict[str, Any]]:
    values = {
        "channel": (None, Channel.SMS),
        "delivery": (None, second.pk),
        "service": (None, service.pk),
        "provider": ("", "gmail", "free"),
        "domain": ("", "free.example", "yahoo.example"),
    }
    for chosen in product(*values.values()):
        asked = dict(zip(values, chosen, strict=True))
        if not (asked["domain"] and asked["channel"] is Channel.SMS):
            yield asked


def test_the_figures_reconcile_under_every_combination_of_filters() -> None:
    _, second, service = world()
    aggregate(now=NOW, zone=PARIS, providers=PROVIDERS)
    some = 0
    for asked in combinations(second, service):
        report = made("delivery-summary", days=_FORTNIGHT, **asked)
        (totals,) = rows(report, "totals")
        parts = ("production_errors", "failed", "cancelled", "delivered", "pending")
        assert totals["target"] == totals["excluded"] + totals["messages"], asked
        assert totals["messages"] == sum(totals[part] for part in parts), asked
        lines = {str(row["family"]): row["number"] for row in rows(report, "families")}
        families = sum(lines[name] for name in ("quarantine", "delivery", "after_delivery", "production"))
        assert lines["not_reached"] == families, asked
        others = sum(lines[name] for name in ("reached", "excluded_otherwise", "cancelled", "pending"))
        assert families + others == totals["target"], asked
        assert sum(row["number"] for row in rows(report, "exclusions")) == totals["excluded"], asked
        each = rows(report, "deliveries")
        assert {name: sum(row[name] for row in each) for name in totals if name != "reached"} == {
            name: number for name, number in totals.items() if name != "reached"
        }, asked
        _agree(asked, totals)
        some += bool(totals["target"])
    assert some > 10


def _agree(asked: dict[str, Any], totals: dict[str, Any]) -> None:
    """The other reports tell the same figures."""
    bounces = made("bounce-summary", days=_FORTNIGHT, **asked)
    failures = totals["failed"] + totals["returned"]
    for table in ("by_reason", "by_type", "by_owner"):
        assert sum(row["number"] for row in rows(bounces, table)) == failures, (asked, table)
    handled = {row["handling"]: row["number"] for row in rows(bounces, "handling")}
    assert sum(number or 0 for handling, number in handled.items() if handling is not Handling.HELD) == failures, asked
    providers = rows(made("providers", days=_FORTNIGHT, **asked), "providers")
    for name in ("delivered", "failed", "returned"):
        assert sum(row[name] for row in providers) == totals[name], (asked, name)
        assert sum(row[name] for row in rows(bounces, "by_domain")) == totals[name], (asked, name)
    exclusions = made("exclusions", days=_FORTNIGHT, **asked)
    assert sum(row["number"] for row in rows(exclusions, "by_reason")) == totals["excluded"], asked
    assert sum(row["excluded"] for row in rows(exclusions, "over_time")) == totals["excluded"], asked
    told = rows(made("complaints", days=_FORTNIGHT, **asked), "by_delivery")
    assert sum(row["delivered"] for row in told) == totals["delivered"], asked


def test_a_service_and_a_domain_narrow_a_report_to_what_the_rows_say() -> None:
    _, second, service = world()
    aggregate(now=NOW, zone=PARIS, providers=PROVIDERS)
    (of_service,) = rows(made("delivery-summary", service=service.pk), "totals")
    assert (of_service["target"], of_service["delivered"]) == (8, 2)
    (of_domain,) = rows(made("delivery-summary", domain="free.example"), "totals")
    messages = Message.objects.filter(address_key__endswith="@free.example").count()
    assert (of_domain["messages"], of_domain["excluded"], of_domain["pending"]) == (messages, 2, 1) == (3, 2, 1)
    (of_provider,) = rows(made("delivery-summary", provider="free"), "totals")
    assert of_provider == of_domain
    assert [row["delivery"] for row in rows(made("exclusions", domain="free.example"), "deliveries")] == [second.pk]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("one", list(Filter))
def test_what_a_report_cannot_be_filtered_by_is_refused_with_the_reason(name: str, one: Filter) -> None:
    row = delivery("Any")
    service = Service.objects.create(name="Letter", created_at=START)
    values = {Filter.CHANNEL: Channel.EMAIL, Filter.DELIVERY: row.pk, Filter.SERVICE: service.pk}
    asked: dict[str, Any] = {one.value: values.get(one, "x.example")}
    if one in filters_of(name):
        made(name, **asked)
        return
    with pytest.raises(InputError, match=rf"'{name}' cannot be filtered by {one}: .{{20}}"):
        made(name, **asked)


def test_a_domain_is_of_email_and_a_service_must_be_one() -> None:
    with pytest.raises(InputError, match="only email has domains"):
        made("providers", domain="x.example", channel=Channel.SMS)
    with pytest.raises(InputError, match="there is no service 7"):
        made("providers", service=7)


def test_a_delivery_is_told_of_from_the_day_on_which_it_began() -> None:
    row = delivery("Old", started=NOW - timedelta(days=100))
    asked = about_of(reporting=reporting(), delivery=row.pk)
    assert (asked.since, asked.until) == ((NOW - timedelta(days=100)).date(), NOW.date())
    assert about_of(reporting=reporting()).since == date(2026, 3, 1)
    assert about_of(reporting=reporting(), domain=" @Free.Example. ").domain == "free.example"


def forget_the_new_sums() -> None:
    """Leave a site as it was before reports knew domains."""
    DomainHour.objects.all().delete()
    HourFact.objects.all().delete()
    SendingFact.objects.filter(kind__in=("pending", "excluded")).delete()
    SummedDelivery.objects.update(whole=None)


def test_older_days_are_filled_and_until_then_it_is_said() -> None:
    world()
    aggregate(now=NOW, zone=PARIS, providers=PROVIDERS)
    before = rows(made("delivery-summary", domain="free.example"), "totals")
    forget_the_new_sums()
    assert made("delivery-summary", domain="free.example").gaps.waiting == 2
    assert made("delivery-summary").gaps.waiting == 0
    aggregate(now=NOW, zone=PARIS, providers=PROVIDERS)
    report = made("delivery-summary", domain="free.example")
    assert report.gaps.waiting == 0
    assert rows(report, "totals") == before


def test_what_retention_took_before_is_said() -> None:
    world()
    aggregate(now=NOW, zone=PARIS)
    forget_the_new_sums()
    Message.objects.all().delete()
    assert aggregate(now=NOW, zone=PARIS).kept == 2
    assert made("providers", provider="free").gaps.gone == 2


def test_small_domains_beyond_the_largest_are_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.store.write.facts.MOST_DOMAINS", 1)
    monkeypatch.setattr("rebond.store.write.facts.SHOWN_DOMAINS", 1)
    week()
    aggregate(now=NOW, zone=PARIS)
    assert made("providers", domain="gmail.example").gaps.beyond == 2
    domains = {row["domain"]: row["delivered"] for row in rows(made("bounce-summary"), "by_domain")}
    assert domains == {"gmail.example": 6, "": 1}


def test_handling_tells_what_failures_did() -> None:
    row = week()
    change = {"channel": "email", "reason": "user_unknown", "before": "valid", "after": "quarantined"}
    place = {"provider": "gmail", "domain": "gmail.example"}
    StatusChange.objects.create(at=START, delivery=row.pk, origin="hard", **place, **change)
    StatusChange.objects.create(at=START, origin="person", **change)
    plain = {"at": START, "stored_at": START, "source": "inbox", "channel": "email", "why": "unverified"}
    Unattributed.objects.create(identity="u1", trust="unverified", required="signed", **plain)
    aggregate(now=NOW, zone=PARIS)
    owners = frozenset({Owner.RECIPIENT})
    asked = about_of(reporting=reporting(), since=MONDAY, until=MONDAY + timedelta(days=13))
    report = make_report("bounce-summary", asked, reporting=reporting(counting_owners=owners))
    found = {row["handling"]: row["number"] for row in rows(report, "handling")}
    # Refused for our reputation: nothing of the address's; one of the two returns put its address into quarantine.
    assert found == {Handling.QUARANTINED: 1, Handling.COUNTED: 1, Handling.NOTHING: 1, Handling.HELD: 1}
    assert rows(report, "quarantined_most") == [{"delivery": row.pk, "name": "Weekly", "number": 1}]
    narrow = {row["handling"]: row["number"] for row in rows(made("bounce-summary", provider="gmail"), "handling")}
    assert (narrow[Handling.QUARANTINED], narrow[Handling.HELD]) == (1, None)


def test_a_provider_that_never_told_of_a_complaint_is_unknown() -> None:
    world()
    aggregate(now=NOW, zone=PARIS)
    shares = {row["provider"]: row["complained_share"] for row in rows(made("complaints"), "by_provider")}
    assert shares == {"gmail": None, "yahoo": None, "free": 1 / 2}
    domains = {row["domain"]: row["complained_share"] for row in rows(made("bounce-summary"), "by_domain")}
    assert domains == {"gmail.example": None, "yahoo.example": None, "free.example": 1 / 2}
    told = {row["name"]: row["complained_share"] for row in rows(made("complaints"), "by_delivery")}
    assert told == {"Weekly": None, "Letter": 1 / 2}


def test_exclusions_are_compared_with_the_last_delivery_of_the_template_even_before_the_period() -> None:
    older = delivery("March", started=START - timedelta(days=30), target=10, messages=8, pending=8)
    newer = delivery("April", target=10, messages=5, pending=5)
    Delivery.objects.filter(pk__in=(older.pk, newer.pk)).update(template=3)
    (row,) = rows(made("exclusions"), "deliveries")
    assert (row["before"], row["difference"], row["share_before"]) == (2, 3, 0.2)


def test_totals_are_of_all_deliveries_however_many() -> None:
    at = [datetime(2026, 3, 2, 8, tzinfo=START.tzinfo) + timedelta(minutes=number) for number in range(250)]
    for moment in at:
        delivery(started=moment, target=1, messages=1, pending=1)
    (totals,) = rows(made("delivery-summary"), "totals")
    assert totals["target"] == DeliveryCounts.objects.count() == 250
