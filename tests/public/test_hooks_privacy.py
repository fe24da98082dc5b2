"""Who was erased stands in no stored webhook, and who asks what is held about them is told of nobody else."""

import json
import zlib
from typing import Any

import pytest
from django.apps import apps

from rebond.core.read.providers import Befell
from rebond.services.erase import erase_profile, look_at_erasure
from rebond.services.subject_export import subject_export
from rebond.store.models import EvidenceRow, RawMail, ReturnedMail
from tests.hooks_written import NOW, SAMPLES, body_of, post
from tests.public.hooks_fixtures import hook_site, send, settle
from tests.services.sending_fixtures import people

__all__ = ["hook_site"]
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("hook_site")]
WHO: dict[str, Any] = {"actor": "test", "now": NOW}
P0, P1 = "p0@example.org", "p1@example.org"


def event(provider: str, befell: Befell, address: str) -> dict[str, Any]:
    sample = next(one for one in SAMPLES if (one.provider, one.befell) == (provider, befell))
    return json.loads(json.dumps(sample.event).replace("ann@reader.example", address))


def take(provider: str, *events: Any) -> None:
    assert send(post(provider, body_of(provider, *events)), provider).status_code == 200


def tells_of(name: str) -> list[str]:
    """Find a name in any row of any table, bodies included."""
    rows = [row for model in apps.get_app_config("store").get_models() for row in model._default_manager.values()]
    texts = [json.dumps(list(row.values()), default=str).lower() for row in rows]
    texts += [zlib.decompress(bytes(raw.body)).decode().lower() for raw in RawMail.objects.all()]
    return [text for text in texts if name in text]


def bring_in() -> None:
    """A body that tells of two, one that tells of a success alone, one of the other alone, and one with capitals."""
    people(2)
    take(
        "sendgrid",
        event("sendgrid", Befell.DELIVERED, P0),
        {**event("sendgrid", Befell.FAILED, P1), "sg_event_id": "2"},
    )
    take("mailjet", event("mailjet", Befell.DELIVERED, P0))
    take("brevo", event("brevo", Befell.FAILED, P1))
    take("amazon_ses", event("amazon_ses", Befell.DELIVERED, P0.upper()))
    settle()


def test_of_an_erased_person_no_webhook_tells_and_what_it_told_of_others_holds() -> None:
    bring_in()
    assert look_at_erasure("p0", now=NOW).raw_returns == 3
    erase_profile("p0", because="asked for it", **WHO)
    assert tells_of(P0) == []
    assert RawMail.objects.count() == 1
    assert ReturnedMail.objects.count() == 4
    assert set(EvidenceRow.objects.values_list("address_key", flat=True)) == {P1}


def test_a_person_is_told_of_their_own_events_alone() -> None:
    bring_in()
    told = json.loads(subject_export("p0", **WHO))
    mails = [json.loads(one["mail"]) for one in told["returned_mails"]]
    assert sorted(map(len, mails)) == [1, 1, 1]
    assert P1 not in json.dumps(mails)


def test_what_is_not_settled_yet_is_not_lost_for_others() -> None:
    people(2)
    take("sendgrid", event("sendgrid", Befell.FAILED, P1), {"event": "open", "email": P0})
    erase_profile("p0", because="asked for it", **WHO)
    assert settle().taken == 1
    assert EvidenceRow.objects.get().address_key == P1
