"""The rules: what they are, changing those of this site with a back-test, trying them, and what changed them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rebond.config_sections import UpdateSection
from rebond.core.qualify.archive import read_pack
from rebond.core.words import AddressStatus, Role
from rebond.pack_keys import make_key
from rebond.services.decide import decide
from rebond.store.models import ConsoleRule, EvidenceRow, RuleOperation
from rebond.web.current import serve
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.services.event_fixtures import FULL, state, took
from tests.services.mail_fixtures import dsn
from tests.services.pack_fixtures import STRANGER, packed, public, rule
from tests.services.practice_fixtures import decision, failed, moons, number_of, practice

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

RULE: dict[str, Any] = {
    "id": "site-moon",
    "channel": "email",
    "text": "(?i)finds the moon wrong",
    "type": "hard",
    "reason": "user_unknown",
    "cause": "no_such_user",
    "source": "a test",
    "examples": ["550 Zorglub finds the moon wrong for x@shop.example", ""],
}


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def save(client: Client, path: str = "/rules/new/", **fields: Any) -> Any:
    """Back-test a rule, then save it."""
    tested = client.post(path, {**RULE, "do": "test", **fields})
    assert tested.status_code == 200, tested.context["form"].errors
    return client.post(path, {**RULE, "do": "save", "seen": tested.context["seen"], **fields})


def test_rules_are_listed_in_order_and_found(client_as: ClientAs) -> None:
    moons()
    decide(practice("console:ada"), decision(number_of("Zorglub"), name="site-moon"))
    page = text(client_as(Role.VIEWER), "/rules/")
    assert page.index("site-moon") < page.index('rel="next"')
    assert "New rule" not in page
    assert "New rule" in text(client_as(), "/rules/")
    shown = text(client_as(), "/rules/rule/site-moon/")
    assert "1 text, 3 failures" in shown
    assert "Zorglub" in shown
    found = text(client_as(), "/rules/?words=quota&reason=mailbox_full&level=general&cause=quota&channel=email")
    assert "site-moon" not in found
    assert "/rules/rule/" in found
    assert "No rule is like that" in text(client_as(), "/rules/?dialect=nothing")
    assert "Rules of" not in text(client_as(language="fr"), "/rules/?page=2")


def test_one_rule_shows_what_it_asks_its_examples_and_what_it_decided(client_as: ClientAs) -> None:
    took(failed(FULL, "full@shop.example"))
    listed = text(client_as(), "/rules/?words=quota&reason=mailbox_full")
    name = listed.split('href="/rules/rule/')[1].split('/"')[0]
    page = text(client_as(Role.VIEWER), f"/rules/rule/{name}/")
    assert "<mark>" in page
    assert "Change</a>" not in page
    assert "Make one of this site like it" in text(client_as(), f"/rules/rule/{name}/")
    assert "there is no rule" in text(client_as(), "/rules/rule/none-such/", 404)
    page = text(client_as(), f"/rules/new/?like={name}")
    assert "over quota" in page or "quota" in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_not_change_rules_is_refused(client_as: ClientAs, role: Role) -> None:
    client = client_as(role)
    for path in ("new/", "edit/site-moon/", "remove/site-moon/"):
        assert client.get(f"/rules/{path}").status_code == 403
        assert client.post(f"/rules/{path}", RULE).status_code == 403
    assert client.post("/rules/operations/1/undo/").status_code == 403
    assert not RuleOperation.objects.exists()


def test_a_rule_is_made_changed_renamed_and_removed(client_as: ClientAs) -> None:
    moons()
    client = client_as(Role.DELIVERABILITY)
    answer = save(client, because="their page says so")
    assert answer.headers["Location"].startswith("/rules/rule/site-moon/?done=")
    assert state("a1@shop.example").status is AddressStatus.QUARANTINED
    document = ConsoleRule.objects.get().document
    assert (document["examples"], document["text"]) == ([RULE["examples"][0]], RULE["text"])
    was = client.get("/rules/edit/site-moon/").context["form"]["was"].value()
    soft = {"id": "site-lune", "type": "soft", "smtp": "550, none", "phase": ["report", "rcpt"], "retry": "no"}
    assert save(client, "/rules/edit/site-moon/", was=was, **soft).status_code == 302
    document = ConsoleRule.objects.get().document
    assert (document["id"], document["smtp"], document["phase"]) == ("site-lune", ["550", "none"], ["report", "rcpt"])
    assert document["retry"] is False
    assert state("a1@shop.example").status is not AddressStatus.QUARANTINED
    page = text(client, "/rules/remove/site-lune/")
    assert "Remove it: 3 failures change" in page
    answer = client.post("/rules/remove/site-lune/", {"because": "wrong"})
    assert answer.headers["Location"].startswith("/rules/?done=")
    assert not ConsoleRule.objects.exists()
    assert [row.because for row in RuleOperation.objects.order_by("id")] == ["their page says so", "", "wrong"]
    assert "this site has no rule" in text(client, "/rules/remove/site-lune/", 404)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "(?=moon)"}, "is refused"),
        ({"examples": ["", ""]}, "give at least one text"),
        ({"text": "the sun"}, "is matched by no rule"),
        ({"id": "Moon/x"}, "cannot be that of a rule"),
        ({"smtp": "5x0"}, "SMTP reply code such as"),
        ({"enhanced": "5.1"}, "enhanced code such as"),
        ({"id": ""}, "This field is required"),
        ({"cause": "quota"}, "does not go with this reason"),
        ({"type": "soft", "confirm": "on"}, "needs type hard"),
        ({"channel": "pigeon"}, "Select a valid choice"),
        ({"phase": ["nowhere"]}, "Select a valid choice"),
    ],
)
def test_what_no_rule_can_be_is_refused_beside_the_field(
    client_as: ClientAs, fields: dict[str, Any], words: str
) -> None:
    answer = client_as().post("/rules/new/", {**RULE, "do": "test", **fields})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not RuleOperation.objects.exists()


def test_two_who_change_one_rule_do_not_overwrite_each_other(client_as: ClientAs) -> None:
    client = client_as()
    save(client)
    was = client.get("/rules/edit/site-moon/").context["form"]["was"].value()
    save(client_as(Role.DELIVERABILITY), "/rules/edit/site-moon/", was=was, source="first")
    answer = client.post("/rules/edit/site-moon/", {**RULE, "do": "test", "was": was, "source": "second"})
    assert answer.status_code == 409
    assert "changed this rule meanwhile" in answer.content.decode()
    assert 'value="second"' in answer.content.decode()
    assert "has this id already" in client.post("/rules/new/", {**RULE, "do": "test"}).content.decode()


def test_a_text_is_tried(client_as: ClientAs) -> None:
    page = client_as(Role.VIEWER).post("/rules/test/", {"what": "text", "text": FULL}).content.decode()
    assert "Mailbox full" in page
    assert "<mark>" in page
    empty = client_as().post("/rules/test/", {"what": "text", "text": ""})
    assert empty.status_code == 422
    strange = {"what": "text", "text": "550 <script>x</script> \u202e", "channel": "sms", "provider": "gmail"}
    assert "<script>x" not in client_as().post("/rules/test/", strange).content.decode()


def test_a_mail_is_tried_pasted_or_as_a_file(client_as: ClientAs) -> None:
    raw = dsn("anna@shop.example", "bob@shop.example")
    pasted = client_as().post("/rules/test/", {"what": "mail", "mail": raw.decode()}).content.decode()
    assert "anna@shop.example" in pasted
    assert "Delivery report" in pasted
    file = SimpleUploadedFile("bounce.eml", raw)
    assert "bob@shop.example" in client_as().post("/rules/test/", {"what": "mail", "file": file}).content.decode()
    letter = client_as().post("/rules/test/", {"what": "mail", "mail": "Subject: hello\n\nhello"}).content.decode()
    assert "It tells of no failure" in letter
    nothing = client_as().post("/rules/test/", {"what": "mail"})
    assert (nothing.status_code, "choose a file" in nothing.content.decode()) == (422, True)


def test_operations_and_packs_are_listed(client_as: ClientAs) -> None:
    assert "Nothing was changed yet" in text(client_as(Role.VIEWER), "/rules/operations/")
    moons()
    done = decide(practice("console:ada"), decision(number_of("Zorglub")), because="their page says so")
    page = text(client_as(Role.VIEWER), "/rules/operations/")
    assert "their page says so" in page
    assert f"/rules/operations/{done.number}/" in page
    assert "Nothing was changed" in text(client_as(), f"/rules/operations/?before={done.number}")
    assert "No source is configured" in text(client_as(), "/rules/packs/?before=nonsense")


def test_what_is_stored_is_judged_again_by_the_rules_in_force(client_as: ClientAs) -> None:
    took(failed(FULL, "full@shop.example"))
    client = client_as(Role.DELIVERABILITY)
    assert "Back-test" in text(client, "/rules/requalify/")
    assert "No effect on what is stored" in client.post("/rules/requalify/", {"do": "save"}).content.decode()
    assert not RuleOperation.objects.exists()
    EvidenceRow.objects.update(type="hard", reason="user_unknown", cause="no_such_user")
    page = client.post("/rules/requalify/", {"do": "test"}).content.decode()
    assert "Save and apply" in page
    answer = client.post("/rules/requalify/", {"do": "save", "because": "new rules"})
    operation = RuleOperation.objects.get()
    assert answer.headers["Location"] == f"/rules/operations/{operation.pk}/"
    assert EvidenceRow.objects.get().reason == "mailbox_full"
    assert client_as(Role.VIEWER).get("/rules/requalify/").status_code == 403


@pytest.fixture
def believing(site: Site) -> None:
    """The site believes the key that signs the packs of these tests."""
    update = {"acme": UpdateSection(keys=[public()])}
    serve(replace(site, config=site.config.model_copy(update={"update": update})))


def brought(client: Client, data: bytes, **fields: str) -> Any:
    file = SimpleUploadedFile("acme.rebond.zip", data)
    return client.post("/rules/packs/take/", {"file": file, "do": "look", **fields})


def test_a_pack_is_looked_at_then_taken_then_undone(client_as: ClientAs, believing: None) -> None:
    moons()
    client = client_as(Role.DELIVERABILITY)
    answer = brought(client, packed(rule()))
    page = answer.content.decode()
    assert (answer.status_code, "Not yet taken" in page, "+acme/moon" in page) == (200, True, True)
    assert answer.context["found"].total.entering == 3
    assert not RuleOperation.objects.exists()
    answer = brought(client, packed(rule()), do="take", because="they know")
    operation = RuleOperation.objects.get()
    assert answer.headers["Location"] == f"/rules/operations/{operation.pk}/"
    assert (operation.kind, operation.because) == ("update", "they know")
    assert "acme" in text(client, "/rules/packs/")
    client.post(f"/rules/operations/{operation.pk}/undo/")
    assert "Undone here before" in brought(client, packed(rule()), do="take").content.decode()
    assert brought(client, packed(rule()), do="take", again="on").status_code == 302


def test_this_sites_own_pack_is_given_as_a_file(client_as: ClientAs, site: Site) -> None:
    assert client_as().post("/rules/packs/give/").status_code == 422
    key = make_key(site.data / "pack.key")
    packs = site.config.packs.model_copy(update={"name": "mine", "key": "pack.key"})
    serve(replace(site, config=site.config.model_copy(update={"packs": packs})))
    assert "nothing to export" in client_as().post("/rules/packs/give/").content.decode()
    moons()
    decide(practice("console:ada"), decision(number_of("Zorglub"), name="site-moon"))
    assert "Save it as a file" in text(client_as(), "/rules/packs/")
    answer = client_as().post("/rules/packs/give/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mine.rebond.zip"'
    assert read_pack(answer.content, keys=[key]).manifest.name == "mine"
    assert client_as(Role.VIEWER).post("/rules/packs/give/").status_code == 403


def test_a_pack_that_nobody_here_believes_is_refused(client_as: ClientAs, believing: None) -> None:
    answer = brought(client_as(), packed(rule(), key=STRANGER))
    assert (answer.status_code, "Refused" in answer.content.decode()) == (409, True)
    assert brought(client_as(), b"no archive", do="take").status_code == 409
    assert client_as().post("/rules/packs/take/", {"do": "look"}).status_code == 422
    assert brought(client_as(Role.VIEWER), packed(rule())).status_code == 403
    assert not RuleOperation.objects.exists()


def test_a_rule_of_the_site_that_cannot_be_used_is_told(client_as: ClientAs) -> None:
    ConsoleRule.objects.create(name="site-broken", document={"id": "site-broken"}, operation=0)
    page = text(client_as(Role.VIEWER), "/rules/")
    assert "site-broken" in page
    assert "cannot be used" in page
    assert "site-broken" in text(client_as(), "/qualifications/", 409)
    client_as().post("/rules/remove/site-broken/")
    assert not ConsoleRule.objects.exists()


@pytest.mark.parametrize(("width", "language", "dark"), [(390, "fr", True), (1440, "en", False)])
def test_the_pages_fit_their_window(desk: Callable[..., Desk], width: int, language: str, dark: bool) -> None:
    moons()
    done = decide(practice("console:ada"), decision(number_of("Zorglub"), name="site-moon"))
    window = desk(Role.DELIVERABILITY, width=width, language=language, dark=dark)
    paths = ("", "rule/site-moon/", "edit/site-moon/", "test/", "packs/", "operations/", f"operations/{done.number}/")
    for path in paths:
        window.open(f"/rules/{path}")
        assert window.fits()
    page = window.open("/rules/edit/site-moon/")
    with window.asking("**/rules/match/"):
        page.fill("#id_text", "moon wrong")
    assert page.locator("#tried mark").count() > 0
    page.click("button[value=test]")
    window.settle()
    assert page.locator("button[value=save]").is_visible()
