"""Message qualification: the queue by weight, one text, the back-test before saving, undo, and two at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from rebond.core.words import AddressStatus, Role
from rebond.services.decide import decide
from rebond.store.models import ConsoleRule, Qualification, RuleOperation
from rebond.store.read.rules import Step
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.services.event_fixtures import FULL, state, took
from tests.services.practice_fixtures import decision, failed, moons, number_of, practice

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

GIVEN = {"type": "hard", "reason": "user_unknown", "cause": "no_such_user", "status": "keep"}


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def given(number: int, **fields: Any) -> dict[str, Any]:
    return {**GIVEN, "pattern": "(?i)finds the moon wrong", "texts": str(number), **fields}


def seen(client: Client, number: int, **fields: Any) -> str:
    """Back-test a decision; returns what tells that it was seen."""
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="test", **fields))
    assert answer.status_code == 200
    assert "seen" in answer.context, answer.context["form"].errors
    return str(answer.context["seen"])


def test_the_queue_shows_what_waits_by_weight_with_what_it_may_mean(client_as: ClientAs) -> None:
    moons(3)
    took(failed("550 the parcel is too heavy for our pigeon", "z@shop.example"))
    took(failed(FULL, "full@shop.example"))
    page = text(client_as(Role.VIEWER), "/qualifications/")
    assert page.index("finds the moon wrong") < page.index("too heavy for our pigeon")
    assert FULL not in page
    assert "Start with the heaviest" not in page
    assert "Start with the heaviest" in text(client_as(Role.DELIVERABILITY), "/qualifications/")
    assert FULL in text(client_as(), "/qualifications/?status=keep")
    assert "too heavy" not in text(client_as(), "/qualifications/?words=moon")
    assert "No text is like that" in text(client_as(), "/qualifications/?words=nothing")
    assert "Nothing is qualified" not in text(client_as(), "/qualifications/?status=nonsense&page=minus")


def test_an_empty_queue_says_so(client_as: ClientAs) -> None:
    assert "Nothing waits to be qualified" in text(client_as(), "/qualifications/")
    assert "Rien n’attend" in text(client_as(language="fr"), "/qualifications/")
    assert "no qualification 12" in text(client_as(), "/qualifications/12/", 404)


def test_a_viewer_sees_a_text_and_cannot_decide_it(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    page = text(client_as(Role.VIEWER), f"/qualifications/{number}/")
    assert "finds the moon wrong" in page
    assert "decide/" not in page
    for role in (Role.VIEWER, Role.OPERATOR):
        for act in ("decide", "reset"):
            answer = client_as(role).post(f"/qualifications/{number}/{act}/", given(number, do="save"))
            assert answer.status_code == 403
    assert not RuleOperation.objects.exists()


def test_a_decision_is_back_tested_then_saved_then_undone(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    client = client_as(Role.DELIVERABILITY)
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen="not this one"))
    assert answer.context["found"].total.entering == 3
    assert "as it stands now" in answer.content.decode()
    assert not ConsoleRule.objects.exists()
    digest = seen(client, number)
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen=digest, because="said so"))
    operation = RuleOperation.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/qualifications/?done={operation.pk}"
    assert (operation.actor, operation.because) == ("console:deliverability", "said so")
    assert state("a1@shop.example").status is AddressStatus.QUARANTINED
    page = text(client, answer.headers["Location"])
    assert "3 stored failures have the new verdict" in page
    answer = client.post(f"/rules/operations/{operation.pk}/undo/", {"next": "/qualifications/"})
    assert answer.headers["Location"] == "/qualifications/"
    assert state("a1@shop.example").status is not AddressStatus.QUARANTINED
    assert "undone already" in client.post(f"/rules/operations/{operation.pk}/undo/").content.decode()


def test_a_change_after_the_back_test_is_tested_again(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    client = client_as()
    digest = seen(client, number)
    changed = given(number, do="save", seen=digest, pattern="moon wrong for")
    assert client.post(f"/qualifications/{number}/decide/", changed).context["seen"] != digest
    assert not RuleOperation.objects.exists()


def test_a_text_is_ignored_after_it_was_seen_whom_that_frees(client_as: ClientAs) -> None:
    moons(days=2)
    number = number_of("Zorglub")
    client = client_as()
    fields = {"status": "ignore", "pattern": "", "reason": "", "cause": "", "type": ""}
    digest = seen(client, number, **fields)
    client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen=digest, **fields))
    assert Qualification.objects.get().status == "ignore"
    assert "Ignored: 1 text quarantines nobody" in text(
        client, f"/qualifications/?done={RuleOperation.objects.get().pk}"
    )


def test_the_second_of_two_is_told_who_decided_and_nothing_is_overwritten(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    client = client_as(Role.DELIVERABILITY)
    digest = seen(client, number)
    decide(practice("console:ada"), decision(number))
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen=digest, because="mine"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "ada decided text" in page
    assert "Nothing was overwritten" in page
    assert 'value="mine"' in page
    assert ConsoleRule.objects.count() == 1
    page = text(client, f"/qualifications/{number}/")
    assert "ada decided this text" in page
    assert "Decide it anew" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pattern": "(?=moon)"}, "is refused"),
        ({"pattern": ""}, "needs a pattern"),
        ({"pattern": "the sun"}, "matched by no rule"),
        ({"cause": "quota"}, "does not go with this reason"),
        ({"type": "hard", "reason": "mailbox_full", "cause": "quota"}, "Select a valid choice"),
        ({"type": "soft", "reason": "not_defined", "cause": "unknown"}, "says what the texts mean"),
        ({"texts": "1,x"}, "reload the page"),
        ({"name": "My Rule"}, "cannot be that of a rule"),
        ({"reason": "denylisted"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_decided_is_refused_beside_the_field(
    client_as: ClientAs, fields: dict[str, str], words: str
) -> None:
    moons()
    number = number_of("Zorglub")
    answer = client_as().post(f"/qualifications/{number}/decide/", given(number, do="test", **fields))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_very_wide_pattern_or_very_many_addresses_are_asked_about(client_as: ClientAs, site: Site) -> None:
    moons()
    number = number_of("Zorglub")
    client = client_as()
    wide = {"pattern": "(?i)moon|mail|user|quota|grey"}
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="test", **wide))
    assert "The pattern is very wide" in answer.content.decode()
    digest = str(answer.context["seen"])
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen=digest, **wide))
    assert answer.status_code == 409
    assert "too wide" in answer.content.decode()
    answer = client.post(
        f"/qualifications/{number}/decide/", given(number, do="save", seen=digest, anyway="on", **wide)
    )
    assert answer.status_code == 302


def test_a_decided_text_is_decided_anew_when_that_is_said(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    decide(practice("console:ada"), decision(number))
    client = client_as()
    soft = {"type": "soft", "reason": "mailbox_full", "cause": "quota", "again": "on"}
    wide = {**soft, "pattern": "(?i)moon|mail|user|quota|grey"}
    answer = client.post(
        f"/qualifications/{number}/decide/", given(number, do="save", seen=seen(client, number, **wide), **wide)
    )
    assert "too wide" in answer.content.decode()
    assert "Nothing was overwritten" not in answer.content.decode()
    answer = client.post(
        f"/qualifications/{number}/decide/", given(number, do="save", seen=seen(client, number, **soft), **soft)
    )
    assert answer.status_code == 302
    assert Qualification.objects.get().reason == "mailbox_full"
    ignored = {"status": "ignore", "pattern": ""}
    for status in (302, 409):
        asked = client.post(f"/qualifications/{number}/decide/", given(number, do="test", **ignored))
        digest = asked.context["seen"] if "seen" in (asked.context or {}) else "none"
        answer = client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen=digest, **ignored))
        assert answer.status_code == status


def test_a_pattern_is_held_against_the_texts_while_it_is_written(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    client = client_as(Role.VIEWER)
    page = client.post(f"/qualifications/{number}/match/", {"pattern": "moon <b>|wrong"}).content.decode()
    assert "<mark>wrong</mark>" in page
    page = client.post(f"/qualifications/{number}/match/", {"pattern": "(?=moon)"}).content.decode()
    assert "is refused" in page
    assert "<mark>" not in page


def test_hostile_texts_are_shown_as_text(client_as: ClientAs) -> None:
    took(failed("550 <script>alert(1)</script> \u202e evil zorglub", "a@shop.example"))
    page = text(client_as(), f"/qualifications/{number_of('zorglub')}/")
    assert "<script>alert" not in page
    assert "\\x202e" in page


def test_what_takes_long_goes_on_behind_the_page(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.apply_rules.PAGE", 2)
    monkeypatch.setattr("rebond.web.practice.SECONDS", -1.0)
    moons(6)
    number = number_of("Zorglub")
    client = client_as()
    answer = client.post(f"/qualifications/{number}/decide/", given(number, do="save", seen=seen(client, number)))
    operation = RuleOperation.objects.get().pk
    assert RuleOperation.objects.get().step == Step.REQUALIFY
    page = text(client, answer.headers["Location"])
    assert f'hx-post="/rules/operations/{operation}/go-on/"' in page
    for _ in range(12):
        page = client.post(f"/rules/operations/{operation}/go-on/").content.decode()
    assert "6 stored failures have the new verdict" in page
    assert "hx-post" not in page
    assert client_as(Role.VIEWER).post(f"/rules/operations/{operation}/go-on/").status_code == 403


def test_a_count_begins_anew_and_comes_back(client_as: ClientAs) -> None:
    moons()
    number = number_of("Zorglub")
    client = client_as()
    answer = client.post(f"/qualifications/{number}/reset/", {"because": "settled"}, follow=True)
    assert "counted from nothing again" in answer.content.decode()
    assert Qualification.objects.get().count == 0
    operation = RuleOperation.objects.get().pk
    assert "Text counted from nothing again" in text(client, "/rules/operations/")
    text(client, f"/rules/operations/{operation}/")
    client.post(f"/rules/operations/{operation}/undo/")
    assert Qualification.objects.get().count == 3
    assert client.post("/qualifications/999/reset/").status_code == 404


def test_an_operation_shows_what_it_changed(client_as: ClientAs) -> None:
    moons()
    operation = decide(practice("console:ada"), decision(number_of("Zorglub")), because="their page says so")
    page = text(client_as(Role.VIEWER), f"/rules/operations/{operation.number}/")
    assert "their page says so" in page
    assert "finds the moon wrong" in page
    assert "Undo" not in page
    assert "there is no operation" in text(client_as(), "/rules/operations/999/", 404)


def test_only_what_goes_together_is_offered(client_as: ClientAs) -> None:
    asked = "type=hard&cause=no_such_user&channel=email"
    page = text(client_as(Role.VIEWER), f"/rules/verdict/?{asked}&reason=mailbox_full")
    assert 'value="hard"' not in page
    assert 'value="quota" selected' in page
    assert 'value="no_such_user"' not in page
    assert 'value="not_connected"' not in page
    client = client_as()
    page = client.get(f"/rules/verdict/?{asked}&reason=user_unknown", headers={"HX-Trigger-Name": "reason"})
    assert 'value="hard" selected' in page.content.decode()
    assert 'value="not_connected"' in text(client, "/rules/verdict/?channel=sms&reason=nonsense")


@pytest.fixture
def waiting() -> list[int]:
    moons(3)
    took(failed("550 the parcel is too heavy for our pigeon", "z@shop.example"))
    return [number_of("Zorglub"), number_of("pigeon")]


def test_the_queue_is_worked_through_by_keyboard(desk: Callable[..., Desk], waiting: list[int], site: Site) -> None:
    window = desk(Role.DELIVERABILITY)
    page = window.open("/qualifications/")
    for key, number in (("s", waiting[0]), ("j", waiting[1]), ("k", waiting[0])):
        with window.leaving():
            page.keyboard.press(key)
        assert page.url == f"{window.url}/qualifications/{number}/"
    page.keyboard.press("p")
    page.keyboard.press("Control+a")
    page.keyboard.type("(?=moon")
    page.wait_for_selector("#pattern-problem .errors")
    page.keyboard.press("Control+a")
    page.keyboard.type("finds the moon wrong")
    page.wait_for_selector("#samples mark")
    page.keyboard.press("Escape")
    page.select_option("#id_reason", "user_unknown")
    window.settle()
    assert page.input_value("#id_cause") == "no_such_user"
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.wait_for_selector("button[value=save]")
    window.settle()
    with window.leaving():
        page.keyboard.press("Enter")
    assert page.url.startswith(f"{window.url}/qualifications/{waiting[1]}/?done=")
    assert RuleOperation.objects.get().actor == "console:deliverability"
    with window.leaving():
        page.keyboard.press("u")
    page.wait_for_selector("text=Undone by")
    assert not ConsoleRule.objects.exists()


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_choice_counts_whichever_answer_comes_first(
    desk: Callable[..., Desk], waiting: list[int], first: int
) -> None:
    window = desk(Role.DELIVERABILITY)
    page = window.open(f"/qualifications/{waiting[0]}/")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)
        if len(held) == 2:
            answers = [one.fetch() for one in held]
            for turn in (first, 1 - first):
                held[turn].fulfill(response=answers[turn])

    page.route("**/rules/verdict/**", hold)
    page.select_option("#id_type", "ignored")
    page.select_option("#id_reason", "mailbox_full")
    window.settle()
    assert (page.input_value("#id_reason"), page.input_value("#id_type")) == ("mailbox_full", "soft")
    assert page.input_value("#id_cause") == "quota"


def test_nothing_typed_is_lost_when_the_session_ends(desk: Callable[..., Desk], waiting: list[int]) -> None:
    window = desk(Role.DELIVERABILITY)
    page = window.open(f"/qualifications/{waiting[0]}/")
    with window.asking("**/match/"):
        page.fill("#id_pattern", "finds the moon wrong, they say")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    window.click("button[value=test]")
    assert "/account/login/?next=" in page.url
    page.context.add_cookies(cookies)
    page.goto(window.url + f"/qualifications/{waiting[0]}/")
    assert page.input_value("#id_pattern") == "finds the moon wrong, they say"


def test_what_is_typed_during_a_back_test_stays_and_is_what_is_looked_at(
    desk: Callable[..., Desk], waiting: list[int]
) -> None:
    window = desk(Role.DELIVERABILITY)
    page = window.open(f"/qualifications/{waiting[0]}/")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/decide/", hold)
    page.select_option("#id_reason", "user_unknown")
    window.settle()
    with page.expect_request("**/decide/"):
        page.click("button[value=test]")
    with page.expect_response("**/match/"):
        page.fill("#id_pattern", "finds the moon wrong")
    with window.asking("**/match/"):
        held[0].continue_()
    assert page.input_value("#id_pattern") == "finds the moon wrong"
    # What was back-tested is another pattern: it is not offered to be saved.
    assert page.locator("button[value=save]").count() == 0


@pytest.mark.parametrize(("width", "language", "dark"), [(390, "fr", True), (1440, "en", False)])
def test_the_pages_fit_their_window(
    desk: Callable[..., Desk], waiting: list[int], width: int, language: str, dark: bool
) -> None:
    window = desk(Role.DELIVERABILITY, width=width, language=language, dark=dark)
    for path in ("/qualifications/", f"/qualifications/{waiting[0]}/"):
        window.open(path)
        assert window.fits()
