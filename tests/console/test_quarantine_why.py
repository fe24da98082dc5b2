"""The why page of an address: what it explains, what a person does there, and how that is undone."""

from collections.abc import Callable

import pytest

from rebond.core.words import AddressStatus, Role
from rebond.services.denylist_profile import denylist_profile
from rebond.services.people import read_address, release
from rebond.store.models import AddressStateRow, AuditEntry, EvidenceRow, Profile, ProfileAddress
from tests.console.conftest import ClientAs, Desk
from tests.console.quarantine_fixtures import ANNA, BOB, CARL, addresses
from tests.core.given import at, policy
from tests.services.event_fixtures import daily, event, hard, state, took
from tests.services.mail_fixtures import NO_USER, came, dsn, sent

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
DECIDE = f"/quarantine/why/decide/?channel=email&address={ANNA}"


def why(client_as: ClientAs, address: str = ANNA, *, status: int = 200, language: str = "en") -> str:
    answer = client_as(language=language).get("/quarantine/why/", {"address": address})
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_each_piece_of_evidence_says_what_it_did(client_as: ClientAs) -> None:
    took(*daily(2), *daily(1, start=1.5), event("failure", at(days=4), type="ignored", reason="refused"))
    text = why(client_as)
    assert "errors are counted" in text
    assert text.count("Counted.") == 1
    assert text.count("It became") == 1
    assert "too soon after the last counted error" in text
    assert "the failure is ignored" in text
    assert text.count("Counter after it: 2 of 5") == 3


def test_the_matched_words_are_marked(client_as: ClientAs) -> None:
    addresses()
    text = why(client_as)
    assert "<mark>" in text
    assert '<a href="/rules/rule/' in text
    assert '<a href="/qualifications/' in text
    assert "Nothing is sent to it: preparation leaves it out" in text
    assert "a person who follows a signed link" in text
    assert "a message that is delivered" not in text
    assert "time, by the next cleanup after" in why(client_as, BOB)


def test_what_else_stands_against_an_address_is_told(client_as: ClientAs) -> None:
    took(hard(at()))
    AddressStateRow.objects.update(policy_digest="another")
    row = Profile.objects.create(external_id="P1", created_at=at(), updated_at=at())
    ProfileAddress.objects.create(profile=row, channel="email", text=ANNA, key=ANNA)
    denylist_profile("P1", channel="email", now=at(), actor="t", because="by telephone")
    text = why(client_as)
    assert "another policy" in text
    assert "The profile P1 opted out" in text


@pytest.mark.parametrize("address", ["nobody@shop.example", "+33698765432", "app:token1"])
def test_an_address_never_heard_of_is_told_so(client_as: ClientAs, address: str) -> None:
    assert "Never heard of" in why(client_as, address)


def test_what_is_no_address_is_told_beside_the_box(client_as: ClientAs) -> None:
    assert "is no email address and no phone number" in why(client_as, "zzz", status=422)
    assert "Why is an address as it is?" in why(client_as, "")


HOSTILE = [
    ("why/?address=%00a@shop.example", 422),
    ("why/?channel=push&address=%00token", 422),
    ("why/?channel=zzz&address=%FF%FE", 422),
    ("why/?channel=push&address=" + "x" * 3000, 422),
    ("why/return/?evidence=%00", 404),
    ("operations/99999999999999999999999/", 404),
    ("?provider=%00", 422),
    ("?text=%00", 422),
    ("bulk/?kind=release&domain=%00&delivery=-1", 422),
    ("operations/?before=99999999999999999", 200),
]


@pytest.mark.parametrize(("path", "status"), HOSTILE)
def test_hostile_addresses_of_pages_are_refused_in_words(client_as: ClientAs, path: str, status: int) -> None:
    assert client_as().get(f"/quarantine/{path}").status_code == status


def test_a_decision_acts_is_audited_and_is_undone(client_as: ClientAs) -> None:
    took(hard(at()))
    client = client_as(Role.DELIVERABILITY)
    answer = client.post(DECIDE, {"status": "valid", "because": "She wrote to us", "seen": "quarantined"}, follow=True)
    assert answer.status_code == 200
    assert "She wrote to us" in answer.content.decode()
    assert state().status is AddressStatus.VALID
    (done,) = EvidenceRow.objects.filter(event="released")
    assert AuditEntry.objects.get().actor == "console:deliverability"
    undo = f"/quarantine/why/undo/?channel=email&address={ANNA}"
    assert client.post(undo, {"evidence": done.identity, "because": "It was another Anna"}).status_code == 302
    assert state().status is AddressStatus.QUARANTINED
    audit = AuditEntry.objects.get(action="address.undo")
    assert (audit.before, audit.after) == ({"status": "valid"}, {"status": "quarantined"})
    assert client.post(undo, {"evidence": done.identity, "because": "again"}).status_code == 409
    assert client.post(undo, {"evidence": "zzz", "because": "again"}).status_code == 404


def test_the_second_of_two_who_decide_is_told(client_as: ClientAs) -> None:
    took(hard(at()))
    release(read_address(ANNA), because="first", actor="cli:eve", policy=policy(), now=at(1))
    answer = client_as().post(DECIDE, {"status": "denylisted", "because": "typed by Bob", "seen": "quarantined"})
    assert answer.status_code == 409
    assert "was quarantined when you looked" in answer.content.decode()
    assert "typed by Bob" in answer.content.decode()
    assert state().status is AddressStatus.VALID


@pytest.mark.parametrize("given", [{}, {"status": "valid"}, {"because": "x"}, {"status": "zzz", "because": "x"}])
def test_a_decision_needs_all_of_it(client_as: ClientAs, given: dict[str, str]) -> None:
    took(hard(at()))
    assert client_as().post(DECIDE, {"seen": "quarantined", **given}).status_code == 422
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_others_may_neither_look_nor_decide(client_as: ClientAs, role: Role) -> None:
    client = client_as(role)
    paths = ["/quarantine/why/", "/quarantine/why/return/?evidence=1"]
    assert {client.get(path).status_code for path in paths} == {403}
    assert client.post(DECIDE, {"status": "valid", "because": "x"}).status_code == 403


def test_the_returned_mail_is_shown_as_text_with_what_decided_marked(client_as: ClientAs) -> None:
    (row,) = sent()
    came(dsn(row.address, text=NO_USER, message_id=row.message_id) + b"\r\n<script>alert(1)</script>\x1b[2J")
    identity = EvidenceRow.objects.get().identity
    client = client_as()
    text = client.get("/quarantine/why/return/", {"evidence": identity}).content.decode()
    assert "<mark>" in text
    assert "&lt;script&gt;" in text
    assert "\\x1b[2J" in text
    assert "Show the returned mail" in why(client_as, row.address)
    assert f'<a href="/deliveries/{row.delivery_id}/">' in why(client_as, row.address)
    assert client.get("/quarantine/why/return/", {"evidence": "zzz"}).status_code == 404


def test_a_large_mail_is_cut_and_that_is_said(client_as: ClientAs) -> None:
    (row,) = sent()
    came(dsn(row.address, message_id=row.message_id) + b"\r\n" + b"x" * 300_000)
    text = client_as().get("/quarantine/why/return/", {"evidence": EvidenceRow.objects.get().identity}).content.decode()
    assert "The first 128 KiB of" in text
    assert len(text) < 150_000


@pytest.mark.parametrize(("width", "language", "button"), [(1440, "fr", "Décider"), (390, "en", "Decide")])
def test_a_lead_releases_and_undoes(desk: Callable[..., Desk], width: int, language: str, button: str) -> None:
    addresses()
    window = desk(Role.DELIVERABILITY, width=width, language=language)
    page = window.open(f"/quarantine/why/?address={CARL}")
    page.check("input[name=status][value=valid]")
    page.fill("textarea[name=because]", "She asked for it in writing")
    window.click(f"button:has-text('{button}')")
    page.wait_for_selector(".notice.success, .notice.good")
    assert "She asked for it in writing" in page.inner_text(".timeline")
    assert page.input_value("textarea[name=because]") == ""  # the next decision has a reason of its own
    assert page.input_value("textarea[name=because]") == ""  # the next decision has a reason of its own
    page.click(".timeline details.inline summary")
    page.fill(".timeline input[name=because]", "A mistake")
    window.click(".timeline details.inline button")
    page.wait_for_selector(".timeline >> text=A mistake")
    assert state(CARL).status is AddressStatus.DENYLISTED
    assert window.fits()
