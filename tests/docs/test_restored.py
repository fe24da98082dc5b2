"""After a restore, what was sent since the backup must not be taken for what is sent now."""

import re

import pytest
from django.db import connection, transaction

from rebond.core.words import AddressStatus
from rebond.store.models import Delivery, DeliveryCounts, Message, Profile, ProfileAddress
from tests.core.given import at
from tests.docs.pages import blocks
from tests.services.event_fixtures import state
from tests.services.forgery_mails import group, report
from tests.services.mail_fixtures import came, listed, sent, token_of

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _statement() -> str:
    typed = "\n".join(block.text for block in blocks("docs/operating.md") if block.language == "sh")
    name = "UPDATE sqlite_sequence" if connection.vendor == "sqlite" else "SELECT setval"
    found = re.search(rf'"({name}[^"]+)"', typed)
    assert found
    return found[1]


def _restored(*, rested: bool) -> tuple[int, Message]:
    """Lose a message that was sent, as a restore does, and send another; gives the lost one's number."""
    (lost,) = sent()
    with connection.cursor() as cursor:
        number = lost.pk
        for table in (Message, DeliveryCounts, Delivery, ProfileAddress, Profile):
            table.objects.all().delete()  # type: ignore[attr-defined]
        # The backup was made before that message had its number.
        if connection.vendor == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = 'message'", [number - 1])
        else:
            cursor.execute("SELECT setval(pg_get_serial_sequence('message', 'id'), %s, false)", [number])
        if rested:
            with transaction.atomic():
                cursor.execute(_statement())
    (new,) = sent()
    return number, new


def test_numbers_that_rested_are_not_given_again() -> None:
    number, new = _restored(rested=True)
    assert new.pk > number + 999_000
    came(report(group("lost@example.org")), to=f"b+{token_of(number)}@bounce.example", now=at(days=1))
    assert listed() == [("lost@example.org", "unknown_message")]
    assert state(new.address).status is AddressStatus.VALID


def test_without_rest_the_number_is_given_again() -> None:
    # The reason for the advice; should this fail one day, the page can do without it.
    number, new = _restored(rested=False)
    assert new.pk == number
