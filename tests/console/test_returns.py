"""What came back: the list of what acted on nothing, a returned mail as text, accepting and trying again."""

from collections.abc import Callable

import pytest
from django.test import Client

from rebond.core.words import AddressStatus, Role
from rebond.store.models import AuditEntry, RawMail, ReturnedMail, Unattributed
from tests.console.conftest import ClientAs, Desk
from tests.core.given import at
from tests.services.event_fixtures import state
from tests.services.mail_fixtures import arf, came, dsn, letter

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
STRANGE = "550 5.1.1 <script>alert(1)</script> no such user \u202e\x07"


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def first() -> int:
    return Unattributed.objects.order_by("id")[0].pk


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_who_may_not_read_returns_is_refused_and_sees_no_menu_entry(client_as: ClientAs, role: Role) -> None:
    came(dsn("a@else.example"))
    client = client_as(role)
    mail = ReturnedMail.objects.get().pk
    for path in ("", f"{first()}/", "mails/", f"mails/{mail}/", f"mails/{mail}/raw/"):
        assert client.get(f"/returns/{path}").status_code == 403
    assert client.post(f"/returns/{first()}/accept/", {"because": "x"}).status_code == 403
    assert client.post(f"/returns/mails/{mail}/retry/").status_code == 403
    assert "/returns/" not in text(client, "/rules/")
    assert 'href="/returns/"' in text(client_as(), "/rules/")


def test_what_acted_on_nothing_is_listed_and_found(client_as: ClientAs) -> None:
    client = client_as(Role.DELIVERABILITY)
    assert "Nothing is unattributed" in text(client, "/returns/")
    assert "Rien n’est non attribué" in text(client_as(Role.DELIVERABILITY, language="fr"), "/returns/")
    came(dsn("a@else.example"))
    came(dsn("b@else.example"), source="maildir")
    came(arf(feedback="not-spam"))
    page = text(client, "/returns/")
    assert page.index("(names nobody)") < page.index("b@else.example") < page.index("a@else.example")
    assert "a@else.example" not in text(client, "/returns/?source=maildir")
    assert "b@else.example" not in text(client, "/returns/?address=a@else.example")
    assert "else.example" not in text(client, "/returns/?why=feedback_only")
    assert "None is like that" in text(client, "/returns/?why=nonsense&before=minus")
    assert "else.example" not in text(client, f"/returns/?before={first()}")


def test_a_return_is_shown_as_text_with_why_it_did_not_act(client_as: ClientAs) -> None:
    came(dsn("a@else.example", text=STRANGE))
    client = client_as(Role.DELIVERABILITY)
    page = text(client, f"/returns/{first()}/")
    assert "neither a token nor a known Message-ID" in page
    assert "Undelivered Mail Returned to Sender" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    mail = ReturnedMail.objects.get()
    page = text(client, f"/returns/mails/{mail.pk}/")
    assert "a@else.example" in page
    assert "Try again" not in page
    file = client.get(f"/returns/mails/{mail.pk}/raw/")
    assert file.headers["Content-Disposition"] == f'attachment; filename="return-{mail.pk}.eml"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert b"Undelivered Mail" in file.content
    for path in ("999/", "mails/999/", "mails/999/raw/"):
        text(client, f"/returns/{path}", 404)


def test_a_large_mail_is_cut_and_one_that_is_gone_is_said_to_be(client_as: ClientAs) -> None:
    came(letter("x" * 100_000, subject="hello", to="b@bounce.example"))
    number = ReturnedMail.objects.get().pk
    assert "more are in the file" in text(client_as(), f"/returns/mails/{number}/")
    RawMail.objects.all().delete()
    assert "raw mails are not kept" in text(client_as(), f"/returns/mails/{number}/")
    assert "not kept" in text(client_as(), "/returns/mails/")


def test_a_return_is_accepted_with_a_reason_once(client_as: ClientAs) -> None:
    came(dsn("a@else.example"))
    number = first()
    client = client_as(Role.DELIVERABILITY)
    answer = client.post(f"/returns/{number}/accept/", {"because": " "})
    assert (answer.status_code, "Say why" in answer.content.decode()) == (422, True)
    assert state("a@else.example").status is AddressStatus.VALID
    answer = client.post(f"/returns/{number}/accept/", {"because": "our old sender"}, follow=True)
    assert "a@else.example is now Quarantined" in answer.content.decode()
    assert state("a@else.example").status is AddressStatus.QUARANTINED
    audit = AuditEntry.objects.get(action="unattributed.accept")
    assert (audit.actor, audit.because) == ("console:deliverability", "our old sender")
    answer = client.post(f"/returns/{number}/accept/", {"because": "again"})
    assert (answer.status_code, "accepted already" in answer.content.decode()) == (409, True)
    assert "accepted by deliverability" in text(client, "/returns/?accepted=1")
    assert "a@else.example" not in text(client, "/returns/")


def test_all_of_a_source_are_accepted_after_it_was_said_how_many(client_as: ClientAs) -> None:
    came(dsn("a@else.example"))
    came(dsn("b@else.example", "c@else.example"), source="maildir")
    client = client_as(Role.DELIVERABILITY)
    assert "?source=maildir" in text(client, "/returns/?source=maildir")
    assert "2 returns will act" in text(client, "/returns/accept/?source=maildir")
    assert client.post("/returns/accept/", {"source": "maildir", "because": ""}).status_code == 422
    answer = client.post("/returns/accept/", {"source": "maildir", "because": "our old sender"}, follow=True)
    assert "2 returns act now." in answer.content.decode()
    assert state("c@else.example").status is AddressStatus.QUARANTINED
    assert state("a@else.example").status is AddressStatus.VALID
    assert "1 return will act" in text(client, "/returns/accept/")
    for role in (Role.OPERATOR, Role.VIEWER):
        assert client_as(role).get("/returns/accept/").status_code == 403
        assert client_as(role).post("/returns/mails/retry/").status_code == 403


def test_all_dead_letters_are_tried_again(client_as: ClientAs) -> None:
    came(dsn("a@else.example"))
    came(dsn("b@else.example"))
    ReturnedMail.objects.update(state="dead")
    client = client_as()
    assert "Try all again" in text(client, "/returns/mails/?state=dead")
    assert "2 are back in the line" in client.post("/returns/mails/retry/", follow=True).content.decode()
    assert not ReturnedMail.objects.filter(state="dead").exists()


def test_a_dead_letter_is_tried_again(client_as: ClientAs) -> None:
    came(dsn("a@else.example"))
    ReturnedMail.objects.update(state="dead", problem="RuntimeError: no", tries=3)
    number = ReturnedMail.objects.get().pk
    client = client_as(Role.DELIVERABILITY)
    assert "RuntimeError: no" in text(client, "/returns/mails/?state=dead")
    answer = client.post(f"/returns/mails/{number}/retry/", follow=True)
    assert "back in the line" in answer.content.decode()
    assert ReturnedMail.objects.get().state == "stored"
    assert client.post(f"/returns/mails/{number}/retry/").status_code == 404
    assert "There is no dead letter" in text(client, "/returns/mails/?state=dead")
    assert "None is like that" in text(client, "/returns/mails/?kind=complaint&state=nonsense")


@pytest.mark.parametrize(("width", "language", "dark"), [(390, "fr", True), (1440, "en", False)])
def test_the_pages_fit_their_window(desk: Callable[..., Desk], width: int, language: str, dark: bool) -> None:
    came(dsn("a@else.example"), now=at(hours=3))
    window = desk(Role.DELIVERABILITY, width=width, language=language, dark=dark)
    mail = ReturnedMail.objects.get().pk
    for path in ("", f"{first()}/", "mails/", f"mails/{mail}/"):
        window.open(f"/returns/{path}")
        assert window.fits()
