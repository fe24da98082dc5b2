"""The list of deliveries and one delivery's dashboard: what they show, to whom, at any width."""

from collections.abc import Callable

import pytest
from django.test import Client

from rebond.core.words import Role
from rebond.store.models import Delivery, ExclusionCount
from tests.console.conftest import ClientAs, Desk
from tests.console.delivery_fixtures import prepared, sent
from tests.services.people_fixtures import draft

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def text_of(client: Client, path: str, *, status: int = 200) -> str:
    """A page's text with its spaces made single."""
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_an_empty_list_says_what_to_do(client_as: ClientAs) -> None:
    assert "There is no delivery yet." in text_of(client_as(), "/deliveries/")


def test_the_list_shows_the_newest_first_with_its_counters(client_as: ClientAs) -> None:
    first, second = prepared("Spring news"), draft(name="Summer <news>")
    text = text_of(client_as(), "/deliveries/")
    assert text.index("Summer &lt;news&gt;") < text.index("Spring news")
    assert f'href="/deliveries/{first}/"' in text
    assert f'href="/deliveries/{second}/"' in text
    assert "Excluded 50.0 %" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("status=draft", {"Summer"}),
        ("status=finished", set()),
        ("name=SPR", {"Spring"}),
        ("since=2026-03-02&until=2026-03-02", {"Spring", "Summer"}),
        ("since=2026-03-03", set()),
        ("until=2026-03-01", set()),
    ],
)
def test_the_list_is_filtered(client_as: ClientAs, query: str, shown: set[str]) -> None:
    prepared("Spring")
    draft(name="Summer")
    text = text_of(client_as(), f"/deliveries/?{query}")
    assert {name for name in ("Spring", "Summer") if f">{name}</a>" in text} == shown


@pytest.mark.parametrize(
    "query", ["status=nonsense", "since=yesterday", "since=2026-03-03&until=2026-03-01", "before=x", "before=9" * 9]
)
def test_a_filter_that_cannot_be_used_is_told_and_hides_nothing_else(client_as: ClientAs, query: str) -> None:
    draft(name="Summer")
    text = text_of(client_as(), f"/deliveries/?{query}")
    assert 'class="errors"' in text or "before" in query


def test_the_list_goes_on_page_by_page(client_as: ClientAs) -> None:
    for number in range(51):
        draft(name=f"d{number:02}")
    client = client_as()
    text = text_of(client, "/deliveries/?name=d")
    assert ">d50</a>" in text
    assert ">d00</a>" not in text
    older = text.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    text = text_of(client, f"/deliveries/{older}")
    assert ">d00</a>" in text
    assert ">d01</a>" not in text
    assert "The newest" in text


def test_the_dashboard_reconciles_with_its_numbers(client_as: ClientAs) -> None:
    number = sent()
    text = text_of(client_as(), f"/deliveries/{number}/")
    assert "<strong>8</strong> target = 4 exclusions + 4 messages" in text
    assert (
        "<strong>4</strong> messages = 0 production errors + 1 failed + 0 cancelled + 3 delivered + 0 pending" in text
    )
    assert "<strong>2</strong> reached = 3 delivered − 1 returned after delivery" in text
    assert "They do" in text
    assert "never took it." in text
    assert "Delivered so far" in text
    assert "Errors so far" in text


def test_exclusions_are_compared_with_the_last_delivery_of_the_same_name(client_as: ClientAs) -> None:
    first = prepared("Weekly")
    second = draft(name="Weekly")
    from tests.services.people_fixtures import run

    ExclusionCount.objects.filter(delivery=first, reason="address_empty").update(number=4)
    run(second)
    text = text_of(client_as(), f"/deliveries/{second}/")
    assert f'<a href="/deliveries/{first}/">Weekly</a>' in text
    assert '<td class="number">1</td> <td class="number">4</td><td class="number">−3</td>' in text


def test_a_draft_has_no_curve_and_says_what_comes(client_as: ClientAs) -> None:
    text = text_of(client_as(), f"/deliveries/{draft()}/")
    assert "Not prepared yet" in text
    assert "finds whom to exclude" in text
    assert not [one for one in ("The figures reconcile", "0.0 %", "Over time") if one in text]


def test_a_problem_of_the_preparation_is_shown_as_text(client_as: ClientAs) -> None:
    number = draft()
    Delivery.objects.filter(id=number).update(status="prepare_failed", problem="the <subject> is empty")
    assert "the &lt;subject&gt; is empty" in text_of(client_as(), f"/deliveries/{number}/")


def test_a_delivery_that_moves_is_looked_at_again(client_as: ClientAs) -> None:
    number = prepared()
    client = client_as()
    assert "hx-trigger" not in text_of(client, f"/deliveries/{number}/")
    Delivery.objects.filter(id=number).update(status="sending")
    assert f'hx-get="/deliveries/{number}/live/?was=sending"' in text_of(client, f"/deliveries/{number}/")
    answer = client.get(f"/deliveries/{number}/live/?was=sending")
    assert "HX-Refresh" not in answer.headers
    Delivery.objects.filter(id=number).update(status="finished")
    answer = client.get(f"/deliveries/{number}/live/?was=sending")
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("number", [0, 99, 10**30])
@pytest.mark.parametrize("page", ["", "messages/", "exclusions/", "failures/", "live/"])
def test_a_delivery_that_is_not_there_is_told(client_as: ClientAs, number: int, page: str) -> None:
    assert f"there is no delivery {number}" in text_of(client_as(), f"/deliveries/{number}/{page}", status=404)


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_look_at_deliveries(client_as: ClientAs, role: Role) -> None:
    number = sent()
    client = client_as(role)
    assert 'href="/deliveries/"' in text_of(client, "/")
    for page in ("", "messages/", "exclusions/", "failures/"):
        text_of(client, f"/deliveries/{number}/{page}")


def test_failures_are_told_by_verdict_owner_and_provider(client_as: ClientAs) -> None:
    text = text_of(client_as(), f"/deliveries/{sent()}/failures/")
    assert "User unknown" in text
    assert "Recipient" in text
    assert "gmail" in text
    assert "100.0 %" in text


def test_failures_that_were_not_summed_yet_are_told(client_as: ClientAs) -> None:
    assert "No failure has been summed yet." in text_of(client_as(), f"/deliveries/{draft()}/failures/")


def test_the_pages_speak_french(client_as: ClientAs) -> None:
    number = sent()
    client = client_as(language="fr")
    assert "Diffusions" in text_of(client, "/deliveries/")
    text = text_of(client, f"/deliveries/{number}/")
    assert "<strong>8</strong> ciblés = 4 exclusions + 4 messages" in text
    assert "Boîte pleine" not in text
    assert "Journal des envois" in text_of(client, f"/deliveries/{number}/messages/")
    assert "Utilisateur inconnu" in text_of(client, f"/deliveries/{number}/failures/")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_their_window(desk: Callable[..., Desk], width: int) -> None:
    number = sent()
    window = desk(Role.OPERATOR, width=width, language="fr" if width == 390 else "en")
    for path in ("/deliveries/", *(f"/deliveries/{number}/{page}" for page in ("", "messages/", "exclusions/"))):
        window.open(path)
        assert window.fits()
