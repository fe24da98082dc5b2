"""What a person did to an address is undone by making it void."""

from dataclasses import replace
from typing import Any

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import ANNA, daily, hard, state, took

from rebond.core.failure import AddressState
from rebond.core.words import AddressStatus
from rebond.packs import default_qualifier
from rebond.services.address_page import MOST_SHOWN, address_page, matched_words
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.people import read_address, release, take_back, tell
from rebond.store.models import EvidenceRow

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
BY: dict[str, Any] = {"actor": "cli:eve", "policy": policy()}


def back(identity: str, *, hours: float = 500, because: str = "a mistake") -> AddressState:
    return take_back(read_address(ANNA), identity=identity, because=because, now=at(hours), **BY)


def test_a_release_that_is_undone_leaves_what_the_evidence_says() -> None:
    took(hard(at()))
    before = state()
    release(read_address(ANNA), because="by letter", now=at(1), **BY)
    assert back(EvidenceRow.objects.get(event="released").identity) == before == state()


def test_what_came_after_it_counts_when_it_is_undone() -> None:
    tell(read_address(ANNA), status=AddressStatus.ALLOWLISTED, because="ours", now=at(), **BY)
    took(*daily(5, start=1))
    assert back(EvidenceRow.objects.get(event="allowlisted").identity).status is AddressStatus.QUARANTINED


def test_only_what_a_person_did_is_undone_and_once_and_with_a_reason() -> None:
    took(hard(at()))
    failure = EvidenceRow.objects.get().identity
    release(read_address(ANNA), because="by letter", now=at(1), **BY)
    done = EvidenceRow.objects.get(event="released").identity
    for wrong in (failure, "", "person:zzz"):
        with pytest.raises(NotFoundError):
            back(wrong)
    with pytest.raises(InputError, match="say why"):
        back(done, because=" ")
    back(done)
    with pytest.raises(RefusedError, match="undone already"):
        back(done, hours=501)


def test_a_status_that_changed_since_it_was_looked_at_is_told() -> None:
    took(hard(at()))
    with pytest.raises(RefusedError, match="is quarantined by now, and was erroneous"):
        release(read_address(ANNA), because="x", now=at(1), seen=AddressStatus.ERRONEOUS, **BY)


def test_a_page_shows_the_latest_evidence_and_counts_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.address_page.MOST_SHOWN", 2)
    took(*daily(5))
    page = address_page(read_address(ANNA), policy=policy(), qualifier=default_qualifier())
    assert MOST_SHOWN > 100
    assert (len(page.steps), page.unshown) == (2, 3)
    assert [(one.counted_before, one.judgement.error_count) for one in page.steps] == [(4, 5), (3, 4)]
    assert page.why.state == replace(state())


@pytest.mark.parametrize(
    ("text", "rule", "found"),
    [
        ("550 5.1.1 gone", "code:5.1.1", "5.1.1"),
        ("550 gone", "smtp:550", "550"),
        ("550 gone", "code:5.1.1", None),
        ("gone", "given", None),
        ("gone", "a rule of another pack", None),
    ],
)
def test_the_words_that_decided_are_found(text: str, rule: str, found: str | None) -> None:
    span = matched_words(text, rule=rule, qualifier=default_qualifier())
    assert (text[slice(*span)] if span else None) == found
