"""Alerts about figures that pass their bounds, and telling people of them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.receiving import receiving
from tests.services.test_reports import PARIS, START, week

from rebond.channels.email.settings import SmtpSettings
from rebond.config import Config, ConfigError
from rebond.config_sections import AlertsSection, SiteSection
from rebond.core.words import AlertKind
from rebond.notices import make_places
from rebond.services.aggregate import aggregate
from rebond.services.notify import notify
from rebond.services.watch import Bounds, watch
from rebond.store.models import Alert, AlertNotice, Delivery, JobRun, Message, TransportPause
from rebond.store.read.alerts import list_alerts

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = START + timedelta(days=9)
BOUNDS = Bounds(minimum=5, jobs={"cleanup": timedelta(hours=48)})
AFTER = timedelta(minutes=5)


def open_kinds() -> list[AlertKind]:
    return [alert.kind for alert in reversed(list_alerts())]


def test_a_delivery_with_many_failures_raises_alerts_once() -> None:
    row = week()
    aggregate(now=NOW, zone=PARIS)
    assert watch(bounds=BOUNDS, now=NOW).raised == 2
    assert open_kinds() == [AlertKind.HARD_RATIO, AlertKind.SOFT_RATIO]
    assert list_alerts()[0].words == "Weekly: 2 of 8 (25.0 %)"
    assert list_alerts()[0].name == f"delivery:{row.pk}"
    assert watch(bounds=BOUNDS, now=NOW + AFTER).raised == 0
    assert len(open_kinds()) == 2


def test_few_messages_raise_nothing() -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    assert watch(bounds=Bounds(minimum=100, jobs={}), now=NOW).holding == 0


def test_complaints_are_watched() -> None:
    row = week()
    Message.objects.filter(delivery=row, profile=1).update(complained_at=START)
    aggregate(now=NOW, zone=PARIS)
    watch(bounds=BOUNDS, now=NOW)
    assert AlertKind.COMPLAINT_RATE in open_kinds()


def test_what_is_over_ends_and_is_not_raised_again_within_a_day() -> None:
    TransportPause.objects.create(name="relay:25", until=NOW + timedelta(hours=1), faults=4, problem="454 no")
    assert watch(bounds=BOUNDS, now=NOW).raised == 1
    assert watch(bounds=BOUNDS, now=NOW + timedelta(hours=2)).holding == 0
    assert not open_kinds()
    TransportPause.objects.update(until=NOW + timedelta(days=3))
    assert watch(bounds=BOUNDS, now=NOW + timedelta(hours=3)).raised == 0
    assert not open_kinds()
    assert watch(bounds=BOUNDS, now=NOW + timedelta(hours=25)).raised == 1


def test_one_fault_of_a_transport_is_no_alert() -> None:
    TransportPause.objects.create(name="relay:25", until=NOW + timedelta(hours=1), faults=1, problem="454 no")
    assert watch(bounds=BOUNDS, now=NOW).holding == 0


def test_a_job_that_stands_still_and_a_failed_delivery_are_told() -> None:
    JobRun.objects.create(name="cleanup", at=NOW - timedelta(hours=49), finished_at=NOW - timedelta(hours=49))
    row = week()
    Delivery.objects.filter(pk=row.pk).update(status="failed", problem="the sender is malformed")
    watch(bounds=Bounds(minimum=100, jobs=BOUNDS.jobs), now=NOW)
    assert open_kinds() == [AlertKind.DELIVERY_FAILED, AlertKind.JOB_STALE]
    assert "malformed" in list_alerts()[1].words


class Inbox:
    """What a relay on loopback has taken; `refuse` makes it answer 451."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuse = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return "451 4.3.0 later"
        self.mails.append(envelope)
        return "250 taken"


@pytest.fixture
def relay() -> Iterator[tuple[Inbox, SmtpSettings]]:
    inbox = Inbox()
    with receiving(inbox) as port:
        yield inbox, SmtpSettings.from_url(f"smtp://127.0.0.1:{port}?tls=none")


def places(relay: SmtpSettings, *, language: str = "en", secrets: dict[str, Any] | None = None) -> dict[str, Any]:
    alerts = AlertsSection(email=("team@shop.example",), language=language)
    config = Config(alerts=alerts, site=SiteSection(public_url="https://desk.shop.example"))
    return make_places(config, secrets=secrets or {}, relay=lambda: relay)


def raise_one() -> None:
    TransportPause.objects.create(name="relay:25", until=NOW + timedelta(hours=1), faults=4, problem="454 é no")
    watch(bounds=BOUNDS, now=NOW)


def test_people_are_told_once_when_an_alert_is_raised_and_once_when_it_ends(relay: tuple[Inbox, SmtpSettings]) -> None:
    inbox, settings = relay
    raise_one()
    assert notify(places(settings), now=NOW).told == 1
    assert notify(places(settings), now=NOW + AFTER).told == 0
    watch(bounds=BOUNDS, now=NOW + timedelta(hours=2))
    assert notify(places(settings), now=NOW + timedelta(hours=2)).told == 1
    first, second = (mail.content.decode() for mail in inbox.mails)
    assert "Subject: [Rebond] Alert: Transport paused" in first
    assert "Auto-Submitted: auto-generated" in first
    assert "https://desk.shop.example/alerts/" in first
    assert "Subject: [Rebond] Over: Transport paused" in second
    assert inbox.mails[0].rcpt_tos == ["team@shop.example"]


def test_people_are_told_in_french(relay: tuple[Inbox, SmtpSettings]) -> None:
    import email
    from email.policy import default

    inbox, settings = relay
    raise_one()
    notify(places(settings, language="fr"), now=NOW)
    mail = email.message_from_bytes(inbox.mails[0].content, policy=default)
    assert mail["Subject"] == "[Rebond] Alerte : Transport en pause"
    assert "4 défaillances de suite\u202f: 454 é no" in mail.get_content()


def test_a_relay_that_refuses_is_asked_again_later_and_others_are_told(relay: tuple[Inbox, SmtpSettings]) -> None:
    inbox, settings = relay
    inbox.refuse = True
    raise_one()
    done = notify(places(settings), now=NOW)
    assert (done.told, done.failed) == (0, 1)
    assert "451" in done.problem
    inbox.refuse = False
    assert notify(places(settings), now=NOW + timedelta(seconds=30)).told == 0
    assert notify(places(settings), now=NOW + timedelta(minutes=1)).told == 1


def test_who_was_never_told_is_not_told_that_it_is_over(relay: tuple[Inbox, SmtpSettings]) -> None:
    inbox, settings = relay
    raise_one()
    Alert.objects.update(ended_at=NOW, ended_because="over")
    assert notify(places(settings), now=NOW + AFTER).told == 0
    assert not inbox.mails


def test_a_place_that_cannot_be_used_is_given_up_after_some_tries(relay: tuple[Inbox, SmtpSettings]) -> None:
    _, settings = relay
    raise_one()
    secrets = {"notify": {"urls": ["nonsense://token-that-is-secret"]}}
    now = NOW
    for _ in range(7):
        done = notify(places(settings, secrets=secrets), now=now)
        now += timedelta(days=1)
    assert (done.told, done.failed) == (0, 0)
    kept = AlertNotice.objects.get(place="nonsense #1")
    assert kept.next_at is None
    assert "token" not in kept.problem


def test_secrets_that_cannot_be_used_are_told(relay: tuple[Inbox, SmtpSettings]) -> None:
    with pytest.raises(ConfigError, match="must be a list"):
        places(relay[1], secrets={"notify": {"urls": "slack://x"}})
