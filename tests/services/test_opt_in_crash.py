"""A process killed between any two writes loses no request, and sends no second mail but a marked one."""

import pytest
from tests.services.killing import KilledError, killed_before
from tests.services.opt_in_fixtures import asks, confirms, mails, page, token_in
from tests.services.sending_fixtures import KEYRING, START, assert_reconciled

from rebond.core.words import OptInStatus
from rebond.services.opt_in_mail import make_mails
from rebond.store.models import (
    Delivery,
    EvidenceRow,
    Message,
    OptInFact,
    OptInRequest,
    Profile,
    Service,
    Subscription,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
_MOST = 60


def test_killed_while_a_request_is_stored() -> None:
    page()
    stored = 0
    for write in range(1, _MOST):
        try:
            with killed_before(write):
                asks(f"p{write}@example.org", network="")
        except KilledError:
            assert OptInRequest.objects.count() == stored
            continue
        stored += 1
        assert OptInRequest.objects.count() == stored
        assert OptInFact.objects.get().requested == stored
        break
    assert stored == 1


def test_killed_while_mails_are_made() -> None:
    page()
    for name in ("ann", "bob"):
        asks(f"{name}@example.org")
    for write in range(1, _MOST):
        try:
            with killed_before(write):
                make_mails(providers={}, keyring=KEYRING, now=START)
        except KilledError:
            assert set(OptInRequest.objects.values_list("status", flat=True)) == {OptInStatus.WAITING}
            assert not Message.objects.exists()
            assert not Delivery.objects.exists()
            continue
        break
    taken = mails().taken
    assert sorted(one.recipient for one in taken) == ["ann@example.org", "bob@example.org"]
    assert_reconciled(Delivery.objects.get().pk)
    assert mails().taken == []


def test_killed_while_somebody_confirms() -> None:
    page()
    asks(fields={"first_name": "Ann"})
    (outgoing,) = mails().taken
    token = token_in(outgoing.content)
    killed = 0
    for write in range(1, _MOST):
        try:
            with killed_before(write):
                done = confirms(token)
        except KilledError:
            killed += 1
            assert not Profile.objects.exists()
            assert not Subscription.objects.exists()
            assert not EvidenceRow.objects.exists()
            assert OptInRequest.objects.get().status == OptInStatus.MAILED
            continue
        assert done.now
        break
    assert killed > 5
    assert Subscription.objects.count() == Service.objects.get().subscribers == 1
    assert OptInFact.objects.get().confirmed == 1
