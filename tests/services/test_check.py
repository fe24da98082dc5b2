"""May I write to these?"""

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import event, hard, soft, took

from rebond.core.words import AddressStatus, Channel, Reason
from rebond.services.check import CHUNK, Checker, check, check_batch
from rebond.services.key_filter import KeyFilter
from rebond.services.people import read_address, tell
from rebond.store.models import AddressStateRow, Profile, ProfileAddress, ProfileDenial

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def profile(name: str, text: str, *, channel: str = "email", denied: str = "") -> None:
    row = Profile.objects.create(external_id=name, created_at=at(), updated_at=at())
    ProfileAddress.objects.create(profile=row, channel=channel, text=text, key=text.lower())
    if denied:
        ProfileDenial.objects.create(profile=row, channel=denied, at=at(), origin="person")


def test_each_is_answered_in_order_and_in_its_own_spelling() -> None:
    took(
        hard(at(), "gone@shop.example"),
        soft(at(), "shaky@shop.example"),
        event("complaint", at(), "angry@shop.example"),
    )
    profile("p1", "out@shop.example", denied="email")
    profile("p2", "all@shop.example", denied="all")
    profile("p3", "sms@shop.example", denied="sms")
    profile("p4", "free@shop.example")
    tell(
        read_address("always@shop.example"),
        status=AddressStatus.ALLOWLISTED,
        because="a person",
        actor="t",
        policy=policy(),
        now=at(),
    )
    took(hard(at(), "always@shop.example"))
    asked = {
        "new@shop.example": None,
        "GONE@shop.example": Reason.QUARANTINED,
        "shaky@shop.example": None,
        "angry@Shop.Example": Reason.DENYLISTED,
        "out@shop.example": Reason.DENYLISTED,
        "All@shop.example": Reason.DENYLISTED,
        "sms@shop.example": None,
        "free@shop.example": None,
        "always@shop.example": None,
        "no address": Reason.INVALID_ADDRESS,
        "half@": Reason.INVALID_ADDRESS,
        "\ud800@shop.example": Reason.INVALID_ADDRESS,
        "an\0na@shop.example": Reason.INVALID_ADDRESS,
        " gone@shop.example ": Reason.QUARANTINED,
        '"quo\'te"@shop.example': None,
        "": Reason.ADDRESS_EMPTY,
        "élan@bücher.example": None,
    }
    answers = list(check([*asked, "gone@shop.example"]))
    assert [(one.address, one.reason) for one in answers] == [*asked.items(), ("gone@shop.example", Reason.QUARANTINED)]
    assert [one.allowed for one in answers] == [one.reason is None for one in answers]


def test_a_profile_denied_and_quarantined_is_denylisted() -> None:
    took(hard(at(), "out@shop.example"))
    profile("p1", "out@shop.example", denied="email")
    assert check_batch(["out@shop.example"]) == [Reason.DENYLISTED]


@pytest.mark.parametrize(
    ("channel", "address", "other"),
    [(Channel.SMS, "+33612345678", "0033612345678"), (Channel.PUSH, "app:Token", "app:token")],
)
def test_other_channels_have_their_own_states(channel: Channel, address: str, other: str) -> None:
    took(
        hard(at(), address, channel=channel.value)
        if channel is Channel.PUSH
        else event("stop", at(), address, channel="sms")
    )
    expected = Reason.QUARANTINED if channel is Channel.PUSH else Reason.DENYLISTED
    assert check_batch([address], channel=channel) == [expected]
    assert check_batch([other], channel=channel) == [None if channel is Channel.PUSH else expected]
    assert check_batch([address, address.lower()], channel=Channel.EMAIL) == [Reason.INVALID_ADDRESS] * 2


def test_a_national_number_is_read_in_the_sites_region() -> None:
    took(event("stop", at(), "+33612345678", channel="sms"))
    assert check_batch(["0612345678"], channel=Channel.SMS, region="FR") == [Reason.DENYLISTED]


def test_more_than_a_chunk_keeps_its_order() -> None:
    number = CHUNK + 1
    AddressStateRow.objects.bulk_create(
        AddressStateRow(
            channel="email",
            address_key=f"p{n}@shop.example",
            address="",
            status="quarantined" if n % 5 else "erroneous",
            policy_digest="",
        )
        for n in range(0, number, 7)
    )
    answers = list(check(f"P{n}@shop.example" for n in range(number)))
    assert [one.address for one in answers] == [f"P{n}@shop.example" for n in range(number)]
    assert [n for n, one in enumerate(answers) if not one.allowed] == [n for n in range(0, number, 7) if n % 5]


def test_narrower_states_do_not_stop_the_whole_site() -> None:
    AddressStateRow.objects.create(
        channel="email", address_key="a@shop.example", scope="36000", address="", status="denylisted", policy_digest=""
    )
    assert check_batch(["a@shop.example"]) == [None]


def test_looked_up_and_filtered_answers_are_the_same() -> None:
    took(hard(at(), "gone@shop.example"), event("complaint", at(), "angry@shop.example"))
    profile("p1", "out@shop.example", denied="email")
    profile("p2", "gone@shop.example", denied="all")
    for number in range(40):
        took(soft(at(), f"shaky{number}@shop.example"))
    one_by_one = Checker()
    asked = ["out@shop.example", "GONE@shop.example", "ANGRY@shop.example", "shaky1@shop.example", "new@x.example", "?"]
    expected = [Reason.DENYLISTED, Reason.DENYLISTED, Reason.DENYLISTED, None, None, Reason.INVALID_ADDRESS]
    # Asked about one at a time, it reads all that is blocked after some.
    answered = list(one_by_one.answer([address] for address in asked * 2))
    assert [reason for _, reasons in answered for reason in reasons] == expected * 2
    assert [address for addresses, _ in answered for address in addresses] == asked * 2
    assert list(Checker(expected=10**6).answer([asked])) == [(asked, expected)]
    assert list(Checker().answer([asked])) == [(asked, expected)]


def test_a_filter_never_says_no_to_what_it_noted() -> None:
    noted = [f"p{number}@shop.example" for number in range(0, 50_000, 2)]
    keys = KeyFilter(len(noted))
    keys.add(noted)
    found = keys.places([f"p{number}@shop.example" for number in range(50_000)])
    assert set(range(0, 50_000, 2)) <= set(found)
    assert len(found) < 1.1 * len(noted)
