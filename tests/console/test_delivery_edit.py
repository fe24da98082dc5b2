"""Making and changing deliveries, their content for one profile, and templates."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from rebond.core.words import Role
from rebond.services import audiences, uploads
from rebond.services.deliveries import get_delivery
from rebond.services.delivery_edit import edit_delivery
from rebond.services.templates import list_templates, template_from
from rebond.services.uploads import open_uploads, read_in, recent_uploads, upload_for
from rebond.store.models import Delivery, Profile
from rebond.store.read.deliveries import Target
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.console.delivery_fixtures import NOW, prepared, sent
from tests.console.test_deliveries import text_of
from tests.services.people_fixtures import Person, add_people, draft

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
MAY_NOT = [role for role in Role if role not in (Role.ADMINISTRATOR, Role.OPERATOR)]


def typed(**changes: Any) -> dict[str, Any]:
    """What a person typed into the form."""
    return {
        "name": "June",
        "message_class": "commercial",
        "sender": "Shop <news@shop.example>",
        "subject": "Hello {{ first_name }}",
        "text": "Dear {{ first_name }},\r\n{{ unsubscribe_url }}",
        "html": "",
        "target": "all",
        "validity": "5d",
        "retries": "5x1h,4x1d",
        "retry_permanent": "daily",
        **changes,
    }


def test_a_draft_is_made_with_what_was_typed(client_as: ClientAs) -> None:
    client = client_as(Role.OPERATOR)
    assert 'value="5d"' in text_of(client, "/deliveries/new/")
    answer = client.post("/deliveries/new/", typed(duplicates="on"), follow=True)
    text = answer.content.decode()
    assert "Saved as a draft." in text
    assert 'data-kept-done="delivery"' in text
    made = get_delivery(Delivery.objects.latest("id").pk)
    assert (made.name, made.duplicates, made.target) == ("June", True, Target.ALL)
    assert made.text == "Dear {{ first_name }},\n{{ unsubscribe_url }}"
    assert [step.total_seconds() for step in made.retries] == [3600] * 5 + [86400] * 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 256}, "at most 255 characters"),
        ({"sender": "nobody"}, "sender"),
        ({"subject": ""}, "The subject is empty."),
        ({"text": "", "html": ""}, "There is neither a text nor an HTML part."),
        ({"text": "{{ broken"}, "text, line 1"),
        ({"html": "{% if %}"}, "html, line 1"),
        ({"validity": "soon"}, "is not a duration"),
        ({"retries": "often"}, "is not a duration"),
        ({"target": "file"}, "Choose a file"),
        ({"target": "segment"}, "Choose one"),
        ({"target": "list", "people_list": "99"}, "Select a valid choice"),
        ({"target": "moon"}, "Select a valid choice"),
        ({"message_class": "spam"}, "Select a valid choice"),
        ({"text": "a\0b"}, "Null characters"),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field_and_nothing_typed_is_lost(
    client_as: ClientAs, changes: dict[str, str], words: str
) -> None:
    answer = client_as().post("/deliveries/new/", typed(**changes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text.partition('class="errors"')[2]
    assert "Dear {{ first_name }}" in text or "text" in changes
    assert not Delivery.objects.exists()


def test_a_draft_can_be_kept_with_what_is_wrong_in_its_content(client_as: ClientAs) -> None:
    client = client_as()
    answer = client.post("/deliveries/new/", typed(subject=""))
    assert 'name="anyway"' in answer.content.decode()
    assert client.post("/deliveries/new/", typed(subject="", anyway="1")).status_code == 302
    number = Delivery.objects.latest("id").pk
    assert "The subject is empty." in text_of(client, f"/deliveries/{number}/content/")


def test_warnings_do_not_hold_a_draft_back(client_as: ClientAs) -> None:
    answer = client_as().post("/deliveries/new/", typed(text="No link out."), follow=True)
    assert "has no unsubscribe link" in answer.content.decode()


def test_a_file_is_kept_and_read_by_a_worker(client_as: ClientAs, site: Site) -> None:
    client = client_as(Role.OPERATOR)
    file = SimpleUploadedFile("people.csv", b"id,email\n1,a@x.example\n,b@x.example\n")
    client.post("/deliveries/new/", typed(target="file", file=file))
    number = Delivery.objects.latest("id").pk
    assert get_delivery(number).target is Target.INCOMPLETE
    asking = upload_for(number)
    assert asking is not None
    assert f"/profiles/imports/{asking.id}/columns/" in text_of(client, f"/deliveries/{number}/")
    answer = client.post(f"/profiles/imports/{asking.id}/columns/", {"role_1": "id", "role_2": "email"})
    assert answer.headers["Location"].startswith(f"/deliveries/{number}/")
    text = text_of(client, f"/deliveries/{number}/")
    assert "Reading people.csv: 0 rows so far." in text
    assert "No worker is running" in text
    assert "/prepare/" not in text
    client.post(f"/deliveries/{number}/edit/", typed(name="July", target="file"))
    assert (get_delivery(number).name, get_delivery(number).target) == ("July", Target.INCOMPLETE)
    (waiting,) = uploads.open_uploads()
    read_in(waiting, now=lambda: NOW, stopping=lambda: False)
    text = text_of(client, f"/deliveries/{number}/")
    assert "1 row of people.csv was rejected" in text
    assert "line 3: " in text
    assert "/prepare/" in text
    assert not list(Path(site.data, "uploads").iterdir())


def test_a_file_that_cannot_be_used_is_told_at_once(client_as: ClientAs, site: Site) -> None:
    file = SimpleUploadedFile("people.csv", b"name,,city\nAnn,,Paris\n")
    answer = client_as().post("/deliveries/new/", typed(target="file", file=file))
    assert answer.status_code == 422
    assert "people.csv has the columns name, , city: column 2 has no name" in answer.content.decode()
    assert not Delivery.objects.exists()
    assert not list(Path(site.data, "uploads").iterdir())


def test_another_file_takes_the_place_of_one_that_was_not_read(client_as: ClientAs) -> None:
    client = client_as(Role.OPERATOR)
    for name in ("one.csv", "two.csv"):
        file = SimpleUploadedFile(name, b"id,email\n1,a@x.example\n")
        known = Delivery.objects.order_by("-id").first()
        client.post(f"/deliveries/{known.pk}/edit/" if known else "/deliveries/new/", typed(target="file", file=file))
    newer, older = recent_uploads()
    answer = client.post(f"/profiles/imports/{older.id}/columns/", {"role_1": "id", "role_2": "email"})
    assert answer.status_code == 409
    assert "two.csv" in answer.content.decode()
    client.post(f"/profiles/imports/{newer.id}/columns/", {"role_1": "id", "role_2": "email"})
    assert open_uploads() == [newer.id]


@pytest.mark.parametrize("at", ["rebond.services.upload_columns.add_upload", "rebond.console.deliveries.edit.hold"])
def test_nothing_of_a_file_is_left_when_something_goes_wrong(
    client_as: ClientAs, site: Site, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(at, fail)
    file = SimpleUploadedFile("people.csv", b"id,email\n1,a@x.example\n")
    with pytest.raises(ZeroDivisionError):
        client_as().post("/deliveries/new/", typed(target="file", file=file))
    assert not list(Path(site.data, "uploads").iterdir())


def test_a_delivery_goes_to_what_was_chosen(client_as: ClientAs) -> None:
    who: dict[str, Any] = {"now": NOW, "actor": "test"}
    group = audiences.read_filter({"match": "all", "parts": []})
    chosen = {
        "segment": ("segment", audiences.save_segment("Parisians", group, **who)),
        "list": ("people_list", audiences.create_list("Winners", **who)),
        "service": ("service", audiences.create_service("Newsletter", **who)),
    }
    client = client_as()
    for target, (field, number) in chosen.items():
        client.post("/deliveries/new/", typed(target=target, **{field: number}))
        made = get_delivery(Delivery.objects.latest("id").pk)
        assert (made.target, made.target_ref) == (target, number)
        form = text_of(client, f"/deliveries/{made.id}/edit/")
        assert f'value="{target}" required id="id_target' in form or f'value="{target}"' in form
        assert f'<option value="{number}" selected>' in form


def test_a_delivery_is_changed_and_is_a_draft_again(client_as: ClientAs) -> None:
    number, client = prepared(), client_as(Role.OPERATOR)
    assert 'value="Spring news"' in text_of(client, f"/deliveries/{number}/edit/")
    client.post(f"/deliveries/{number}/edit/", typed(name="Late spring"))
    changed = get_delivery(number)
    assert (changed.name, changed.status) == ("Late spring", "draft")


def test_what_was_sent_is_not_edited(client_as: ClientAs) -> None:
    number, client = sent(), client_as()
    for answer in (client.get(f"/deliveries/{number}/edit/"), client.post(f"/deliveries/{number}/edit/", typed())):
        assert answer.status_code == 409
        assert "cannot be edited any more" in answer.content.decode()


@pytest.mark.parametrize("role", MAY_NOT)
def test_others_make_and_change_nothing(client_as: ClientAs, role: Role) -> None:
    number, client = prepared(), client_as(role)
    assert "/deliveries/new/" not in text_of(client, "/deliveries/")
    text = text_of(client, f"/deliveries/{number}/content/")
    assert "Save as a template" not in text
    assert "/edit/" not in text
    for path in ("/deliveries/new/", f"/deliveries/{number}/edit/", f"/deliveries/{number}/template/"):
        assert client.post(path, typed()).status_code == 403
    assert client.post("/templates/1/delete/").status_code == 403


def test_the_content_is_shown_for_one_profile(client_as: ClientAs) -> None:
    add_people([Person("ann@shop.example", fields={"first_name": "<Ann>"}), Person("bob@shop.example")])
    html = "<script>alert(1)</script><p>{{ first_name }}</p>"
    number, client = draft(subject="Hi {{ first_name }}", text="Dear {{ first_name }}", html=html), client_as()
    text = text_of(client, f"/deliveries/{number}/content/?profile=p0")
    assert "Hi &lt;Ann&gt;" in text
    assert "Dear &lt;Ann&gt;" in text
    assert "&lt;p&gt;&amp;lt;Ann&amp;gt;&lt;/p&gt;" in text
    assert "<script>alert" not in text
    assert "It cannot be built for this profile." in text_of(client, f"/deliveries/{number}/content/?profile=p1")
    assert "there is no profile with the id" in text_of(client, f"/deliveries/{number}/content/?profile=nobody")
    assert "Name a profile" in text_of(client, f"/deliveries/{number}/content/")
    assert "As one profile gets it" not in text_of(client_as(Role.VIEWER), f"/deliveries/{number}/content/")


def test_without_a_name_the_first_message_is_shown(client_as: ClientAs) -> None:
    text = text_of(client_as(), f"/deliveries/{prepared()}/content/")
    assert 'value="p4"' in text
    assert "Hello" in text


def seen_in(text: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]*)"', text)
    assert found
    return found[1]


def test_the_second_of_two_people_is_told_and_loses_nothing(client_as: ClientAs) -> None:
    number, first, second = draft(name="June"), client_as(Role.OPERATOR), client_as(Role.ADMINISTRATOR)
    page = f"/deliveries/{number}/edit/"
    marks = [seen_in(text_of(one, page)) for one in (first, second)]
    assert first.post(page, typed(subject="From the first", seen=marks[0])).status_code == 302
    answer = second.post(page, typed(subject="From the second", html="<p>x</p>", seen=marks[1]))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else has changed it since you opened it:" in text
    assert "Subject" in text
    assert "From the second" in text
    assert get_delivery(number).subject == "From the first"
    # Said again, knowingly, it is done.
    assert second.post(page, typed(subject="From the second", seen=seen_in(text))).status_code == 302
    assert get_delivery(number).subject == "From the second"


def test_who_comes_back_after_the_session_ended_is_told_of_the_others_change(desk: Callable[..., Desk]) -> None:
    number = draft(name="June")
    window = desk(Role.OPERATOR)
    page = window.open(f"/deliveries/{number}/edit/")
    page.fill("[name=subject]", "From the second")
    edit_delivery(number, {"subject": "From the first"}, now=NOW, actor="test")
    # As after a new sign-in: the page comes anew, with what was typed.
    window.open(f"/deliveries/{number}/edit/")
    assert page.input_value("[name=subject]") == "From the second"
    window.refusals.add(409)
    window.click("button.main")
    page.wait_for_selector("text=Somebody else has changed it")
    assert page.input_value("[name=subject]") == "From the second"
    window.click("button.main")
    assert page.url == f"{window.url}/deliveries/{number}/?saved=1"
    assert get_delivery(number).subject == "From the second"


def test_a_template_is_made_changed_and_previewed_here(client_as: ClientAs) -> None:
    add_people([Person("ann@shop.example", fields={"first_name": "Ann"})])
    client = client_as(Role.OPERATOR)
    assert 'name="file"' not in text_of(client, "/templates/new/")
    answer = client.post("/templates/new/", typed(name="Monthly", text="no link {% if"))
    assert answer.status_code == 422
    assert "no link {% if" in answer.content.decode()
    client.post("/templates/new/", typed(name="Monthly"))
    (template,) = list_templates()
    assert client.post("/templates/new/", typed(name="Monthly")).status_code == 422
    page = f"/templates/{template.id}/"
    assert "0 deliveries made from it" in text_of(client, page)
    profile = Profile.objects.get().external_id
    assert "Dear Ann" in text_of(client, f"{page}?profile={profile}")
    assert "there is no profile" in text_of(client, f"{page}?profile=nobody")
    mark = seen_in(text_of(client, f"{page}edit/"))
    client.post(f"{page}edit/", typed(name="Each month", subject="S", seen=mark))
    assert [(one.name, one.subject) for one in list_templates()] == [("Each month", "S")]
    answer = client.post(f"{page}edit/", typed(name="Late", seen=mark))
    assert answer.status_code == 409
    assert "Somebody else has changed it" in answer.content.decode()
    client.post("/deliveries/new/", typed(template=template.id))
    assert "<strong>1 delivery</strong> was made from it, and stays." in text_of(client, f"{page}delete/")
    for path in ("new/", f"{template.id}/edit/", f"{template.id}/delete/"):
        assert client_as(Role.VIEWER).get(f"/templates/{path}").status_code == 403
    assert "Delete" not in text_of(client_as(Role.VIEWER), page).partition("<main")[2]
    assert client.get("/templates/99/").status_code == 404


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_templates_fit_their_window(desk: Callable[..., Desk], width: int) -> None:
    number = template_from(draft(name="A name of a template " * 8), name="M" * 120, now=NOW, actor="test")
    window = desk(Role.OPERATOR, language="fr", width=width)
    for path in ("", "new/", f"{number}/", f"{number}/edit/", f"{number}/delete/"):
        window.open(f"/templates/{path}")
        assert not window.faults()


def test_templates_are_made_used_and_deleted(client_as: ClientAs) -> None:
    client = client_as(Role.OPERATOR)
    assert "There is no template yet." in text_of(client, "/templates/")
    number = draft(name="May", subject="Monthly news")
    answer = client.post(f"/deliveries/{number}/template/", {"name": "Monthly"}, follow=True)
    assert "Saved as a template." in answer.content.decode()
    answer = client.post(f"/deliveries/{number}/template/", {"name": "Monthly"}, follow=True)
    assert "already" in answer.content.decode()
    (template,) = list_templates()
    form = text_of(client, f"/deliveries/new/?template={template.id}")
    assert 'value="Monthly news"' in form
    client.post("/deliveries/new/", typed(template=template.id))
    assert get_delivery(Delivery.objects.latest("id").pk).template == template.id
    client.post(f"/templates/{template.id}/delete/")
    assert list_templates() == []
    assert client.get("/deliveries/new/?template=77").status_code == 404


@pytest.mark.parametrize("width", [390, 1440])
def test_an_operator_writes_a_delivery_and_loses_nothing_when_the_session_ends(
    desk: Callable[..., Desk], width: int
) -> None:
    template_from(draft(name="May"), name="Monthly", now=NOW, actor="test")
    window = desk(Role.OPERATOR, width=width, dark=width == 390)
    page = window.open("/templates/")
    assert window.fits()
    window.click("text=Use it")
    assert window.fits()
    page.fill("[name=name]", "June by hand")
    page.fill("[name=text]", "Dear {{ first_name }} {{ unsubscribe_url }}")
    page.reload()
    assert page.input_value("[name=name]") == "June by hand"
    window.click("button.main")
    page.wait_for_selector("text=Saved as a draft.")
    window.click(".tabs >> text=Content")
    page.wait_for_selector("text=As one profile gets it")
    assert window.fits()
