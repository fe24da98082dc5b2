"""The first page and the alerts: what needs the reader, each part only for who may read it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from rebond.core.words import Role
from rebond.store.models import AddressStateRow, Alert, JobRun, QuarantineSize, ReturnedMail, SendingFact
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.services.event_fixtures import took
from tests.services.mail_fixtures import came, dsn, sent
from tests.services.practice_fixtures import failed, moons

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def text(client: Client, path: str = "/", status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def raise_alert(site: Site, *, kind: str = "update_failed", name: str = "acme", words: str = "no answer") -> int:
    at = site.clock.now()
    alert = Alert.objects.create(kind=kind, name=name, words=words, raised_at=at, count=1, first_at=at, last_at=at)
    return int(alert.pk)


def busy(site: Site) -> None:
    """Let something of everything wait."""
    moons(3)
    took(failed("550 the parcel is too heavy for our pigeon", "z@shop.example"))
    came(dsn("anna@else.example"))
    came(dsn("bob@else.example"))
    ReturnedMail.objects.filter(id=ReturnedMail.objects.order_by("id")[0].pk).update(state="dead")
    sent(3)
    raise_alert(site)
    now = site.clock.now()
    JobRun.objects.create(name="cleanup", at=now - timedelta(days=3), finished_at=now - timedelta(days=3), result={})
    AddressStateRow.objects.update(policy_digest="before")
    for back in range(5):
        day = (now - timedelta(days=back)).date()
        QuarantineSize.objects.create(day=day, channel="email", status="quarantined", number=100 - back, at=now)
        hour = now - timedelta(days=back)
        SendingFact.objects.create(delivery=1, channel="email", hour=hour, kind="returned", number=7)


def test_a_new_site_is_calm(client_as: ClientAs) -> None:
    page = text(client_as())
    assert "Nothing waits for anybody" in page
    assert "Nothing has been sent from here yet" in page
    assert "Rien n’attend personne" in text(client_as(language="fr"))


def test_what_waits_is_told_with_its_weight(client_as: ClientAs, site: Site) -> None:
    busy(site)
    page = text(client_as(Role.DELIVERABILITY))
    for words in (
        "4 addresses wait on them",
        "finds the moon wrong",
        "Update of rules failed",
        "Dead letters",
        "has not run for two days",
        "addresses were judged by an earlier policy",
        "Last deliveries",
        "Addresses in quarantine",
        "Messages that failed or came back",
    ):
        assert words in page, words
    assert "Nothing waits for anybody" not in page


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_parts_that_a_role_may_not_read_are_not_there(client_as: ClientAs, site: Site, role: Role) -> None:
    busy(site)
    page = text(client_as(role))
    assert "Message qualification" in page
    assert "Dead letters" not in page
    assert "/returns/" not in page
    assert "earlier policy" not in page


def test_alerts_are_listed_and_taken_care_of_once(client_as: ClientAs, site: Site) -> None:
    assert "No alert is open" in text(client_as(Role.VIEWER), "/alerts/")
    number = raise_alert(site)
    raise_alert(site, kind="hard_ratio", name="delivery:7", words="Spring: 12 %")
    client = client_as(Role.OPERATOR)
    page = text(client, "/alerts/")
    assert "no answer" in page
    assert 'href="/rules/packs/"' in page
    assert 'href="/deliveries/7/"' in page
    assert "Spring: 12 %" in page
    assert "delivery:7" not in page
    home = text(client, "/")
    assert "Spring: 12 %" in home
    assert "delivery:7" not in home
    answer = client.post(f"/alerts/{number}/acknowledge/", {"because": "I ask them", "next": "/alerts/"}, follow=True)
    page = answer.content.decode()
    assert "You take care of it" in page
    assert "operator takes care of it" in page
    assert "I ask them" in page
    answer = client.post(f"/alerts/{number}/acknowledge/")
    assert (answer.status_code, "was acknowledged at" in answer.content.decode()) == (409, True)
    assert client.post("/alerts/999/acknowledge/").status_code == 404
    assert "No alert has ended" in text(client, "/alerts/?ended=1&before=nonsense")


def test_the_menu_tells_what_waits(client_as: ClientAs, site: Site) -> None:
    assert "badge warn" not in text(client_as(), "/rules/packs/")
    moons(3)
    took(failed("550 the parcel is too heavy for our pigeon", "z@shop.example"))
    raise_alert(site)
    menu = text(client_as(Role.VIEWER), "/rules/packs/").split("</nav>")[0]
    assert menu.count('<span class="badge warn" title="waiting">1</span>') == 2


def test_a_viewer_sees_alerts_and_cannot_take_them(client_as: ClientAs, site: Site) -> None:
    number = raise_alert(site)
    client = client_as(Role.VIEWER)
    page = text(client, "/alerts/")
    assert "no answer" in page
    assert "acknowledge" not in page
    assert client.post(f"/alerts/{number}/acknowledge/").status_code == 403
    assert Alert.objects.get().acknowledged_at is None


def test_the_next_page_is_on_this_site(client_as: ClientAs, site: Site) -> None:
    number = raise_alert(site)
    answer = client_as().post(f"/alerts/{number}/acknowledge/", {"next": "https://evil.example/"})
    assert answer.headers["Location"] == "/alerts/"


@pytest.mark.parametrize(("width", "language", "dark"), [(390, "fr", True), (1440, "en", False)])
def test_the_pages_fit_their_window(
    desk: Callable[..., Desk], site: Site, width: int, language: str, dark: bool
) -> None:
    busy(site)
    window = desk(Role.DELIVERABILITY, width=width, language=language, dark=dark)
    for path in ("/", "/alerts/"):
        window.open(path)
        assert window.fits()
