"""Preparing, sending, pausing and cancelling from the page: what is asked, what is written down, and who may."""

import html
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rebond.core.words import Role
from rebond.services.delivery_edit import edit_delivery
from rebond.services.errors import RefusedError
from rebond.services.jobs import show_oneself
from rebond.services.schedule_delivery import begin_scheduled, schedule_delivery
from rebond.store.models import AuditEntry, Delivery
from rebond.store.read.deliveries import counts_of
from rebond.wiring import Site
from tests.api.test_deliveries import accepted
from tests.console.conftest import ClientAs, Desk
from tests.console.delivery_fixtures import NOW, prepared, sent
from tests.console.test_deliveries import text_of
from tests.services.people_fixtures import Person, add_people, draft, run

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
MAY_NOT = [role for role in Role if role not in (Role.ADMINISTRATOR, Role.OPERATOR)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("rebond.console.deliveries.actions.ask", lambda name, **about: calls.append((name, about)))
    return calls


def status_of(number: int) -> str:
    return Delivery.objects.get(id=number).status


def test_a_preparation_is_written_down_and_left_to_a_worker(client_as: ClientAs, asked: list[Any]) -> None:
    number, client = draft(), client_as(Role.OPERATOR)
    assert ">Prepare</button>" in text_of(client, f"/deliveries/{number}/")
    answer = client.post(f"/deliveries/{number}/prepare/", follow=True)
    assert "The preparation has begun." in answer.content.decode()
    assert asked == [("prepare", {"delivery": number})]
    assert status_of(number) == "preparing"
    assert AuditEntry.objects.latest("id").actor == "console:operator"
    # What the worker then does joins it.
    run(number)
    assert status_of(number) == "prepared"


def test_preparing_again_says_what_is_replaced(client_as: ClientAs, asked: list[Any]) -> None:
    number, client = prepared(), client_as()
    assert "<strong>4 messages and 4 exclusions</strong>" in text_of(client, f"/deliveries/{number}/prepare/")
    assert status_of(number) == "prepared"
    client.post(f"/deliveries/{number}/prepare/")
    assert status_of(number) == "preparing"


def test_sending_is_confirmed_in_numbers(client_as: ClientAs, asked: list[Any]) -> None:
    number, client = prepared(), client_as(Role.OPERATOR)
    text = text_of(client, f"/deliveries/{number}/send/")
    assert "<strong>4 messages</strong> will be handed over, from Shop &lt;news@shop.example&gt;." in text
    assert "4 (50.0 %)" in text
    assert "no unsubscribe link" in text
    assert "1 profile has an address that is not a possible one" in text
    assert asked == []
    client.post(f"/deliveries/{number}/send/")
    assert asked == [("send", {"delivery": number})]
    assert status_of(number) == "sending"


def test_a_preparation_is_stopped_and_gone_on_with(client_as: ClientAs, asked: list[Any]) -> None:
    add_people([Person(f"ann{n}@shop.example") for n in range(4)])
    number, client = draft(), client_as(Role.OPERATOR)
    client.post(f"/deliveries/{number}/prepare/")
    assert f"/deliveries/{number}/stop/" in text_of(client, f"/deliveries/{number}/")

    def stop(done: Any) -> None:
        client.post(f"/deliveries/{number}/stop/")

    with pytest.raises(RefusedError):
        run(number, chunk=2, progress=stop)
    assert status_of(number) == "draft"
    text = text_of(client, f"/deliveries/{number}/")
    assert "The preparation was stopped after 2 profiles" in text
    assert "Go on preparing" in text
    assert "of the preparation before" not in text
    client.post(f"/deliveries/{number}/prepare/")
    assert run(number, chunk=2).messages == 4
    assert client.post(f"/deliveries/{number}/stop/").status_code == 409


def test_a_proof_is_sent_from_the_preview(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    number, client = prepared(), client_as(Role.OPERATOR)
    page = f"/deliveries/{number}/proof/"
    answer = client.post(page, {"to": "held, no", "profile": ""})
    assert answer.status_code == 422
    assert 'value="held, no"' in answer.content.decode()
    assert "may not be written to" in answer.content.decode()
    monkeypatch.setattr("rebond.services.proof._hand_over", accepted)
    text = client.post(page, {"to": "chief@shop.example", "profile": ""}, follow=True).content.decode()
    assert "The proof for chief@shop.example was taken." in text
    assert counts_of(number).pending == 4
    assert status_of(number) == "prepared"
    assert client_as(Role.VIEWER).post(page, {"to": "a@shop.example"}).status_code == 403


def test_a_delivery_is_scheduled_and_its_time_taken_back(client_as: ClientAs, asked: list[Any]) -> None:
    number, client = prepared(), client_as(Role.OPERATOR)
    answer = client.post(f"/deliveries/{number}/schedule/", {"at": "2020-01-01T09:00"})
    assert answer.status_code == 422
    assert "is past" in answer.content.decode()
    assert 'value="2020-01-01T09:00"' in answer.content.decode()
    assert client.post(f"/deliveries/{number}/schedule/", {"at": "soon"}).status_code == 422
    at = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT09:00")
    client.post(f"/deliveries/{number}/schedule/", {"at": at})
    assert status_of(number) == "scheduled"
    text = text_of(client, f"/deliveries/{number}/")
    assert "4 messages are sent by themselves on" in text
    assert f'value="{at}"' in text_of(client, f"/deliveries/{number}/send/")
    client.post(f"/deliveries/{number}/unschedule/")
    assert status_of(number) == "prepared"
    assert asked == []


def test_a_delivery_none_of_whose_messages_can_be_built_is_not_offered_to_be_sent(client_as: ClientAs) -> None:
    add_people([Person(f"{name}@shop.example", fields={"broken": 1}) for name in ("ann", "ben")])
    number, client = draft(), client_as(Role.OPERATOR)
    run(number)
    text = text_of(client, f"/deliveries/{number}/")
    assert "None of the 2 messages can be built: there is nothing to send." in text
    assert "is broken" in text
    assert f"/deliveries/{number}/messages/?status=production_error" in text
    assert f'href="/deliveries/{number}/send/"' not in text
    assert "<form method" not in text_of(client, f"/deliveries/{number}/send/").partition("<main")[2]
    assert "none can be built" in text_of(client, "/deliveries/")
    assert "none can be built" in text_of(client, "/")


def test_those_that_cannot_be_built_are_told_before_the_others_are_sent(client_as: ClientAs) -> None:
    add_people([Person("zoe@shop.example", fields={"broken": 1})])
    number, client = prepared(), client_as(Role.OPERATOR)
    for page in ("", "send/"):
        assert "1 message cannot be built and will not be sent." in text_of(client, f"/deliveries/{number}/{page}")
    assert "Send 4 messages" in text_of(client, f"/deliveries/{number}/send/")


def test_a_changed_delivery_says_that_its_figures_are_old(client_as: ClientAs) -> None:
    number, client = prepared(), client_as(Role.OPERATOR)
    assert "of the preparation before" not in text_of(client, f"/deliveries/{number}/")
    edit_delivery(number, {"subject": "New"}, now=NOW, actor="ann")
    assert "of the preparation before" in text_of(client, f"/deliveries/{number}/")


def test_a_delivery_is_paused_resumed_and_cancelled(client_as: ClientAs, asked: list[Any]) -> None:
    number, client = prepared(), client_as(Role.OPERATOR)
    client.post(f"/deliveries/{number}/send/")
    client.post(f"/deliveries/{number}/pause/")
    assert status_of(number) == "paused"
    assert "Paused: 4 messages wait." in text_of(client, f"/deliveries/{number}/")
    client.post(f"/deliveries/{number}/resume/")
    assert status_of(number) == "sending"
    assert asked == [("send", {"delivery": number})] * 2
    assert "<strong>4 messages</strong> that are not settled" in text_of(client, f"/deliveries/{number}/cancel/")
    client.post(f"/deliveries/{number}/cancel/")
    assert status_of(number) == "cancelled"
    assert counts_of(number).cancelled == 4


@pytest.mark.parametrize("action", ["send", "pause", "resume", "cancel", "prepare"])
def test_what_the_state_does_not_allow_is_refused(client_as: ClientAs, action: str, asked: list[Any]) -> None:
    number, client = sent(), client_as()
    assert client.post(f"/deliveries/{number}/{action}/").status_code == 409
    assert f"/{action}/" not in text_of(client, f"/deliveries/{number}/").partition("</header>")[0]
    if action in {"send", "cancel", "prepare"}:
        assert "This is not possible now" in text_of(client, f"/deliveries/{number}/{action}/")
    assert status_of(number) == "finished"
    assert asked == []


@pytest.mark.parametrize(("language", "heading", "words", "rule"), [
    ("en", "It was not sent at its time", "at its time, 2026-03-02 10:00 UTC", "within 12 hours after it"),
    ("fr", "Elle n’est pas partie à son heure", "son heure, le 02/03/2026 10:00 UTC", "dans les 12 heures qui suivent"),
])  # fmt: skip
def test_a_delivery_that_missed_its_time_says_so(
    client_as: ClientAs, language: str, heading: str, words: str, rule: str
) -> None:
    number, at = prepared(), NOW + timedelta(hours=2)
    schedule_delivery(number, at, now=NOW, actor="ann")
    client = client_as(Role.OPERATOR, language=language)
    assert rule in html.unescape(text_of(client, f"/deliveries/{number}/send/"))
    assert not begin_scheduled(number, now=at + timedelta(hours=13), actor="worker")
    shown = html.unescape(text_of(client, f"/deliveries/{number}/"))
    assert heading in shown
    assert words in shown


@pytest.mark.parametrize("role", MAY_NOT)
@pytest.mark.parametrize("action", ["send", "pause", "resume", "cancel", "prepare", "schedule", "stop"])
def test_others_are_refused_and_shown_no_button(client_as: ClientAs, role: Role, action: str) -> None:
    number, client = prepared(), client_as(role)
    assert f"/{action}/" not in text_of(client, f"/deliveries/{number}/")
    assert client.post(f"/deliveries/{number}/{action}/").status_code == 403
    assert status_of(number) == "prepared"


@pytest.mark.parametrize("action", ["send", "pause", "cancel", "prepare"])
def test_a_delivery_that_is_not_there_cannot_be_acted_on(client_as: ClientAs, action: str) -> None:
    assert client_as().post(f"/deliveries/99/{action}/").status_code == 404


def test_a_state_that_nobody_works_on_is_told(client_as: ClientAs, site: Site, asked: list[Any]) -> None:
    number, client = draft(), client_as()
    client.post(f"/deliveries/{number}/prepare/")
    assert "No worker is running" in text_of(client, f"/deliveries/{number}/")
    now = site.clock.now()
    show_oneself("w1", kind="worker", host="h", pid=1, version="1", started_at=now, now=now)
    assert "No worker is running" not in text_of(client, f"/deliveries/{number}/live/?was=preparing")


@pytest.mark.parametrize("width", [390, 1440])
def test_an_operator_prepares_sends_and_watches(desk: Callable[..., Desk], width: int, asked: list[Any]) -> None:
    prepared("First")
    number = draft(name="Second")
    window = desk(Role.OPERATOR, width=width)
    page = window.open(f"/deliveries/{number}/")
    window.click("text=Prepare")
    page.wait_for_selector("text=profiles done")
    run(number)
    # The page looks again by itself, and is loaded anew when the state has changed.
    page.wait_for_selector("text=Prepared")
    window.click("a.button.main:has-text('Send')")
    page.wait_for_selector("text=will be handed over")
    assert window.fits()
    window.click("button:has-text('Send 4 messages')")
    page.wait_for_selector("text=The sending has begun.")
    page.wait_for_selector("text=not settled yet")
