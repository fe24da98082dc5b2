"""The sending log and the exclusion log of a delivery: filters, pages, and looking for few among many."""

import pytest
from django.db import connection

from rebond.core.words import ExclusionCause, MessageStatus, Reason, Role
from rebond.services.delivery_logs import Who, page_of_exclusions, page_of_messages
from rebond.store.models import Exclusion, Message
from rebond.store.read import log_pages
from rebond.store.read.log_pages import LogFilter, sending_log_page
from tests.console.conftest import ClientAs
from tests.console.delivery_fixtures import NOW, prepared, sent
from tests.console.test_deliveries import text_of

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "0123"),
        ("status=failed", "0"),
        ("status=returned", "1"),
        ("status=delivered", "123"),
        ("status=pending", ""),
        ("reason=user_unknown", "01"),
        ("reason=user_unknown&provider=gmail", "1"),
        ("provider=other", "02"),
        ("who=ANN2@Shop.example", "2"),
        ("who=p5", "1"),
        ("who=nobody", ""),
    ],
)
def test_the_sending_log_is_filtered(client_as: ClientAs, query: str, shown: str) -> None:
    text = text_of(client_as(), f"/deliveries/{sent()}/messages/?{query}")
    assert "".join(n for n in "0123" if f"ann{n}@" in text.split("<tbody>")[-1]) == shown
    assert ("No message is like this." in text) == (not shown)


def test_a_row_of_the_sending_log_tells_what_came_back(client_as: ClientAs) -> None:
    text = text_of(client_as(), f"/deliveries/{sent()}/messages/?status=returned")
    assert "Delivered" in text
    assert "returned <time" in text
    assert "Hard" in text
    assert "No such user &lt;here&gt;" in text
    assert "gmail/01" in text


def test_a_provider_that_is_none_of_the_known_has_a_word(client_as: ClientAs) -> None:
    text = text_of(client_as(language="fr"), f"/deliveries/{sent()}/messages/?provider=other")
    assert "<td>Autre fournisseur</td>" in text


@pytest.mark.parametrize(
    "query", ["status=nonsense", "reason=x", "after=-1", "after=x", "who=%00", "after=" + "9" * 40]
)
def test_a_filter_that_cannot_be_used_breaks_nothing(client_as: ClientAs, query: str) -> None:
    number, client = sent(), client_as()
    for page in ("messages", "exclusions"):
        text_of(client, f"/deliveries/{number}/{page}/?{query}")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["not an address", "out@", "quarantined@"]),
        ("reason=denylisted", ["out@"]),
        ("reason=denylisted&cause=opted_out", ["out@"]),
        ("cause=stop", []),
        ("who=quarantined@shop.example", ["quarantined@"]),
        ("who=p2", ["out@"]),
    ],
)
def test_the_exclusion_log_is_filtered(client_as: ClientAs, query: str, shown: list[str]) -> None:
    text = text_of(client_as(), f"/deliveries/{prepared()}/exclusions/?{query}").split("<tbody>")[-1]
    assert [part for part in ("not an address", "out@", "quarantined@") if f">{part}" in text] == shown


def test_the_logs_lead_to_the_person_and_the_why_for_those_who_may(client_as: ClientAs) -> None:
    number = sent()
    profile, why = "/profiles/one/?id=p4", "/quarantine/why/?channel=email&amp;address=ann0%40shop.example"
    who = ((Role.DELIVERABILITY, (True, True)), (Role.OPERATOR, (True, False)), (Role.VIEWER, (False, False)))
    for role, leads in who:
        text = text_of(client_as(role), f"/deliveries/{number}/messages/")
        assert (f'href="{profile}"' in text, f'href="{why}"' in text) == leads
    assert "/profiles/one/?id=p2" in text_of(client_as(Role.OPERATOR), f"/deliveries/{number}/exclusions/")


def test_a_log_goes_on_where_its_last_page_ended() -> None:
    number = sent()
    first = page_of_messages(number, now=NOW, limit=3)
    assert [row.address for row in first.page.rows] == ["ann0@shop.example", "ann1@gmail.com", "ann2@shop.example"]
    assert first.page.next is not None
    rest = page_of_messages(number, now=NOW, limit=3, after=first.page.next)
    assert [row.address for row in rest.page.rows] == ["ann3@gmail.com"]
    assert rest.page.next is None
    excluded = page_of_exclusions(number, now=NOW, limit=2)
    assert excluded.page.next is not None
    assert len(page_of_exclusions(number, now=NOW, limit=2, after=excluded.page.next).page.rows) == 2


def test_looking_for_few_among_many_gives_up_for_a_page_and_goes_on() -> None:
    number = prepared(people=14)
    wanted = LogFilter(provider="gmail")
    found, after, looked = [], 0, []
    while True:
        page = sending_log_page(number, wanted, after=after, limit=2, look=1)
        found += [row.address for row in page.rows]
        looked.append(page.looked_through)
        if page.next is None:
            break
        after = page.next
    assert found == [f"ann{n}@gmail.com" for n in (1, 3, 5, 7, 9)]
    assert any(looked)


def test_open_messages_are_found_by_what_is_due() -> None:
    number = prepared(people=14)
    many = sending_log_page(number, LogFilter(status=MessageStatus.PENDING), limit=50, look=3)
    few = sending_log_page(number, LogFilter(status=MessageStatus.PENDING), limit=50)
    assert len(few.rows) == 10
    assert [row.message for row in many.rows] == [row.message for row in few.rows][:6]


def test_failures_are_found_by_an_index_of_their_own() -> None:
    rows = Message.objects.filter(delivery=1, profile__gt=0).extra(where=[log_pages._TROUBLE]).order_by("profile")
    plan = rows.explain()
    assert "message_trouble" in plan or connection.vendor != "sqlite"


def test_a_message_that_was_excluded_late_is_an_exclusion(client_as: ClientAs) -> None:
    number = sent()
    row = Message.objects.filter(delivery=number).latest("profile")
    Message.objects.filter(id=row.pk).update(status="excluded_late", reason="quarantined")
    Exclusion.objects.create(
        delivery_id=number, profile=row.profile, address=row.address, reason="quarantined", late=True
    )
    client = client_as()
    assert "ann3@" not in text_of(client, f"/deliveries/{number}/messages/")
    text = text_of(client, f"/deliveries/{number}/exclusions/?reason=quarantined")
    assert "ann3@" in text
    assert "when its turn came" in text


def test_the_services_take_words_and_people() -> None:
    number = prepared()
    found = page_of_exclusions(number, now=NOW, reason=Reason.DENYLISTED, cause=ExclusionCause.OPTED_OUT)
    assert [row.profile for row in found.page.rows] == ["p2"]
    assert page_of_messages(number, now=NOW, who=Who(text="ann0@shop.example")).page.rows[0].profile == "p4"
