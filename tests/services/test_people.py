"""What a person does to an address: it acts, needs a reason, and is written down."""

from datetime import datetime

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import ANNA, cleaned, daily, event, explained, full, hard, has_row, state, took

from rebond.core.failure import AddressState
from rebond.core.words import AddressStatus, Channel, Reason
from rebond.services.errors import InputError, RefusedError
from rebond.services.people import read_address, release, tell
from rebond.store.models import AuditEntry, EvidenceRow

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def told(status: AddressStatus, when: datetime, *, because: str = "by letter", address: str = ANNA) -> AddressState:
    parsed = read_address(address)
    return tell(parsed, status=status, because=because, actor="cli:eve", policy=policy(), now=when)


def released(when: datetime, *, because: str = "by letter", address: str = ANNA) -> AddressState:
    return release(read_address(address), because=because, actor="cli:eve", policy=policy(), now=when)


@pytest.mark.parametrize("status", [AddressStatus.QUARANTINED, AddressStatus.DENYLISTED, AddressStatus.ALLOWLISTED])
def test_an_address_becomes_as_told_and_it_is_audited(status: AddressStatus) -> None:
    assert told(status, at()).status is state().status is status
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.actor, audit.object) == (f"address.{status}", "cli:eve", f"email:{ANNA}")
    assert (audit.at, audit.before, audit.after, audit.because) == (
        at(),
        {"status": "valid"},
        {"status": status.value},
        "by letter",
    )
    (judged,) = explained().judgements
    assert (judged.evidence.actor, judged.evidence.because, judged.counted) == ("cli:eve", "by letter", True)


@pytest.mark.parametrize("status", [AddressStatus.VALID, AddressStatus.ERRONEOUS])
def test_what_a_person_cannot_tell(status: AddressStatus) -> None:
    with pytest.raises(InputError, match="to free one, release it"):
        told(status, at())


@pytest.mark.parametrize("because", ["", "  \n"])
def test_a_reason_is_needed(because: str) -> None:
    took(hard(at()))
    with pytest.raises(InputError, match="say why"):
        told(AddressStatus.DENYLISTED, at(1), because=because)
    with pytest.raises(InputError, match="say why"):
        released(at(1), because=because)
    assert not AuditEntry.objects.exists()
    assert state().status is AddressStatus.QUARANTINED


STATES = {
    "erroneous": daily(2),
    "quarantined": daily(5),
    "quarantined by a hard failure": [hard(at())],
    "denylisted": [event("complaint", at())],
}


@pytest.mark.parametrize("lines", STATES.values(), ids=STATES.keys())
def test_a_release_makes_it_valid(lines: list[str]) -> None:
    took(*lines)
    before = state().status
    found = released(at(days=9))
    assert (found.status, found.error_count, found.releases, found.since) == (AddressStatus.VALID, 0, 1, at(days=9))
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.before, audit.after) == (
        "address.released",
        {"status": before.value},
        {"status": "valid"},
    )
    assert has_row()
    assert cleaned(at(days=11)).rows_removed == 1
    assert not has_row()


@pytest.mark.parametrize("lines", [[], [*daily(2), event("delivered", at(days=3))]], ids=["never heard of", "cleared"])
def test_a_valid_address_has_nothing_to_release(lines: list[str]) -> None:
    took(*lines)
    with pytest.raises(RefusedError, match="nothing to release"):
        released(at(days=9))
    assert not AuditEntry.objects.exists()


def test_an_allowlisted_address_is_written_to_whatever_comes_back_until_it_complains() -> None:
    told(AddressStatus.ALLOWLISTED, at())
    took(hard(at(days=1)), *daily(6, start=2))
    assert state().status is AddressStatus.ALLOWLISTED
    assert {str(one.why_not) for one in explained().judgements} == {"", "status"}
    took(event("complaint", at(days=9)))
    assert state().status is AddressStatus.DENYLISTED


def test_an_allowlisted_address_is_released_to_valid() -> None:
    told(AddressStatus.ALLOWLISTED, at())
    assert released(at(days=1)).status is AddressStatus.VALID


def test_what_a_person_put_there_no_success_and_no_date_ends() -> None:
    took(full(at()))
    told(AddressStatus.QUARANTINED, at(days=1))
    took(event("delivered", at(days=2)))
    assert cleaned(at(days=100)).exits == 0
    found = state()
    assert (found.status, found.reason, found.until) == (AddressStatus.QUARANTINED, Reason.QUARANTINED, None)


def test_the_same_act_twice_at_one_moment_is_refused() -> None:
    told(AddressStatus.QUARANTINED, at())
    with pytest.raises(RefusedError, match="at this very moment"):
        told(AddressStatus.QUARANTINED, at())
    assert EvidenceRow.objects.count() == AuditEntry.objects.count() == 1


def test_words_that_no_database_takes_are_kept_as_well_as_can_be() -> None:
    told(AddressStatus.DENYLISTED, at(), because="caf\udce9 \0 " + "x" * 5000)
    assert AuditEntry.objects.get().because.startswith("caf?")


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (ANNA, Channel.EMAIL),
        ("+33 6 12 34 56 78", Channel.SMS),
        ("0033612345678", Channel.SMS),
        ("app:abc123", Channel.PUSH),
    ],
)
def test_the_channel_is_guessed(text: str, channel: Channel) -> None:
    assert read_address(text).channel is channel


@pytest.mark.parametrize("text", ["anna@", "+33", "two words", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a possible"):
        read_address(text)
