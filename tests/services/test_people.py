"""What a person does to an address: it acts, needs a reason, and is written down."""

from datetime import datetime

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import ANNA, cleaned, daily, event, explained, full, hard, has_row, state, took

from rebond.core.failure import AddressState
from rebond.core.words import AddressStatus, Channel, Reason
from rebond.services.denylist_profile import allow_profile, denylist_profile
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.people import in_words, read_address, release, tell
from rebond.store.models import AuditEntry, EvidenceRow, Profile, ProfileAddress, ProfileDenial

BOB = "bob@shop.example"
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


def test_a_person_decides_on_what_is_known_though_the_clock_was_put_back() -> None:
    took(hard(at(days=1)))
    assert released(at(hours=23)).status is AddressStatus.VALID
    took(hard(at(days=2)))
    assert state().status is AddressStatus.QUARANTINED
    assert told(AddressStatus.ALLOWLISTED, at()).status is AddressStatus.ALLOWLISTED


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


@pytest.mark.parametrize("text", ["zzz", "two words", "app:token", ""])
def test_a_word_is_a_push_token_only_when_one_says_so(text: str) -> None:
    with pytest.raises(InputError, match="for a push token, --channel push"):
        read_address(text)


def test_a_word_said_to_be_a_push_token_is_one() -> None:
    assert read_address("zzz", channel=Channel.PUSH).key == "zzz"


@pytest.mark.parametrize("text", ["anna@", "+33", "two words 123"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a possible"):
        read_address(text)


# --- a profile's opt-out --------------------------------------------------------------------------------------------


def person(name: str, *, address: str = ANNA, channel: str = "email") -> None:
    row = Profile.objects.create(external_id=name, created_at=at(), updated_at=at())
    ProfileAddress.objects.create(profile=row, channel=channel, text=address, key=address.lower())


def deny(name: str, channel: str = "email", because: str = "asked by telephone") -> None:
    denylist_profile(name, channel=channel, now=at(days=1), actor="t", because=because)


def allow(name: str, channel: str = "email", because: str = "wrote again") -> bool:
    return allow_profile(name, channel=channel, now=at(days=2), actor="cli:eve", because=because)


def test_why_tells_the_opt_outs_of_the_profiles_that_have_the_address() -> None:
    for name, denied in {"P1": "all", "P5": "email", "P6": "sms", "P7": ""}.items():
        person(name, address=ANNA.title())
        if denied:
            deny(name, denied)
    person("P8", address=BOB)
    deny("P8")
    found = explained()
    assert [(one.profile, one.channel) for one in found.denials] == [("P1", "all"), ("P5", "email")]
    assert [(one.at, one.origin, one.proof) for one in found.denials] == [
        (at(days=1), "person", "asked by telephone")
    ] * 2
    assert (found.state.status, found.judgements) == (AddressStatus.VALID, ())
    assert explained("+33612345678", channel=Channel.SMS).denials == ()


def test_a_valid_address_of_a_denied_profile_says_what_would_free_it() -> None:
    person("P 5")
    deny("P 5")
    with pytest.raises(RefusedError, match="nothing to release; but the profile P 5 opted out of email") as refused:
        released(at(days=2))
    assert "rebond profiles allow 'P 5' --channel email --because" in str(refused.value)


def test_many_opt_outs_are_told_in_few_words() -> None:
    for number in range(9):
        person(f"P{number}")
        deny(f"P{number}")
    assert in_words(explained().denials).count("the profile") == 3
    assert "and 6 more" in in_words(explained().denials)


def test_allowing_a_profile_ends_its_opt_out_and_is_audited() -> None:
    person("P5")
    deny("P5")
    deny("P5", "sms")
    AuditEntry.objects.all().delete()
    assert allow("P5")
    assert not allow("P5")
    assert list(ProfileDenial.objects.values_list("channel", flat=True)) == ["sms"]
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.object, audit.actor, audit.at) == ("profile.allow", "P5", "cli:eve", at(days=2))
    assert (audit.before, audit.because) == ({"channel": "email"}, "wrote again")


def test_allowing_one_channel_does_not_end_an_opt_out_of_all() -> None:
    person("P5")
    deny("P5", "all")
    with pytest.raises(RefusedError, match="opted out of all channels, not of email: say --channel all"):
        allow("P5")
    assert allow("P5", "all")
    assert not ProfileDenial.objects.exists()


@pytest.mark.parametrize(
    ("name", "channel", "because", "fault", "words"),
    [
        ("P5", "fax", "b", InputError, "'fax' is unknown"),
        ("P5", "email", " ", InputError, "say why"),
        ("P6", "email", "b", NotFoundError, "no profile with the id 'P6'"),
    ],
)
def test_what_cannot_be_allowed(name: str, channel: str, because: str, fault: type[Exception], words: str) -> None:
    person("P5")
    deny("P5")
    with pytest.raises(fault, match=words):
        allow(name, channel, because)
    assert ProfileDenial.objects.exists()
