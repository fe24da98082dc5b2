"""The queue of pages is put together once for a while, and never shows what was decided."""

from datetime import timedelta

import pytest
from tests.services.event_fixtures import NOW, took
from tests.services.practice_fixtures import decision, failed, make, moons, number_of, practice
from tests.services.sending_fixtures import JumpingClock

from rebond.core.words import QualificationStatus
from rebond.services.decide import decide
from rebond.services.errors import NotFoundError
from rebond.services.kept_queue import KEPT, KeptQueue, text_row
from rebond.services.rules_in_force import RulesInForce

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_it_is_kept_for_a_while_and_what_is_decided_is_out_at_once() -> None:
    clock = JumpingClock(NOW)
    kept = KeptQueue(RulesInForce(make), shipped=tuple, clock=clock)
    moons()
    moon = number_of("Zorglub")
    first = kept.now()
    assert [one.number for one in first.clusters] == [moon]
    took(*(failed("550 the parcel is too heavy for our pigeon", f"p{place}@shop.example") for place in range(4)))
    assert kept.now() is first
    clock.time += KEPT + timedelta(seconds=1)
    pigeon = number_of("pigeon")
    second = kept.now()
    assert [one.number for one in second.clusters] == [pigeon, moon]
    assert (second.beside(pigeon), second.beside(moon)) == ((None, moon), (pigeon, None))
    moons(5, days=2)
    clock.time += KEPT + timedelta(seconds=1)
    assert [one.addresses for one in kept.now().clusters] == [5, 4]
    decide(practice(), decision(moon))
    third = kept.now()
    assert [one.number for one in third.clusters] == [pigeon]
    assert third.beside(moon) == (None, pigeon)
    row = text_row(moon)
    assert row.status is QualificationStatus.KEEP
    assert third.cluster_of(row).texts == (row,)
    with pytest.raises(NotFoundError):
        text_row(999)
