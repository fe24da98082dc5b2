"""Cleanup erases what nobody confirmed, and proofs three years after what they prove has ended."""

from datetime import datetime, timedelta

import pytest
from tests.services.opt_in_fixtures import ANN, asks, confirms, mails, page, token_in
from tests.services.sending_fixtures import START

from rebond.services.audiences import unsubscribe
from rebond.services.opt_in_clean import clean_opt_ins
from rebond.store.models import (
    AddressStateRow,
    ConfirmationRun,
    Exclusion,
    Message,
    OptInFact,
    OptInRequest,
    Profile,
    Service,
)
from rebond.store.write.targets import subscribe

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
DAY = timedelta(days=1)


def clean(at: datetime) -> tuple[int, int]:
    done = clean_opt_ins(now=at)
    return done.requests, done.proofs


def test_requests_that_were_never_confirmed_go_after_thirty_days_with_their_addresses() -> None:
    page()
    asks()
    mails()
    assert clean(START + 30 * DAY) == (0, 0)
    assert clean(START + 30 * DAY + timedelta(seconds=1)) == (1, 0)
    assert not OptInRequest.objects.exists()
    assert clean(START + 32 * DAY) == (0, 0)
    assert not ConfirmationRun.objects.exists()
    message = Message.objects.get()
    assert (message.address, message.address_key) == ("", "")
    assert OptInFact.objects.get().requested == 1


def test_requests_that_were_refused_go_with_their_addresses_in_the_other_log() -> None:
    page()
    AddressStateRow.objects.create(
        channel="email", address_key=ANN, address=ANN, status="denylisted", origin="complaint", policy_digest="x",
        since=START,
    )  # fmt: skip
    asks()
    assert mails().taken == []
    assert Exclusion.objects.get().address == ANN
    assert clean(START + 31 * DAY) == (1, 0)
    assert Exclusion.objects.get().address == ""


def test_a_proof_is_kept_while_it_is_used_and_three_years_more() -> None:
    page()
    asks()
    (outgoing,) = mails().taken
    confirms(token_in(outgoing.content))
    assert clean(START + 2000 * DAY) == (0, 0)
    service, profile = Service.objects.get().pk, Profile.objects.get()
    unsubscribe(service, profile.external_id, now=START + 2001 * DAY, actor="test")
    assert clean(START + 2002 * DAY) == (0, 0)
    assert clean(START + 2900 * DAY) == (0, 0)
    subscribe(service, profile.pk, now=START + 2901 * DAY, origin="person")
    assert clean(START + 4000 * DAY) == (0, 0)
    unsubscribe(service, profile.external_id, now=START + 4001 * DAY, actor="test")
    assert clean(START + 4002 * DAY) == (0, 0)
    assert clean(START + 5090 * DAY) == (0, 0)
    assert clean(START + 5099 * DAY) == (0, 1)
    assert not OptInRequest.objects.exists()
    assert Profile.objects.exists()
