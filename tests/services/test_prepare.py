"""Preparation: every profile of the target is one message or one exclusion, for the first reason that applies."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase
from people_fixtures import (
    NOW,
    Checked,
    FakeContent,
    Person,
    add_people,
    assert_equations,
    draft,
    run,
    set_state,
)

from rebond.core.address import parse_address
from rebond.core.exclusion import Ground, first_exclusion
from rebond.core.failure import Origin
from rebond.core.policy import parse_retries
from rebond.core.words import AddressStatus, Channel, DeliveryStatus, MessageClass, Reason
from rebond.services.deliveries import get_delivery
from rebond.services.delivery_edit import edit_delivery
from rebond.services.errors import RefusedError
from rebond.services.import_people import import_people
from rebond.services.people_file import FileOptions
from rebond.services.prepare import PrepareProgress, stop_preparing
from rebond.store.models import AuditEntry, Delivery, Exclusion, Message, Profile, TargetMember
from rebond.store.read.deliveries import Target, counts_of

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def outcome(delivery: int) -> dict[int, tuple[str, str] | None]:
    """What became of each profile: None is a message."""
    found: dict[int, tuple[str, str] | None] = {}
    for profile in Message.objects.filter(delivery=delivery).values_list("profile", flat=True):
        found[profile] = None
    for profile, reason, cause in Exclusion.objects.filter(delivery=delivery).values_list("profile", "reason", "cause"):
        assert profile not in found
        found[profile] = (reason, cause)
    return found


def test_a_preparation_is_stopped_and_goes_on_from_there() -> None:
    add_people([Person(f"a{n}@shop.example") for n in range(6)])
    number = draft()

    def stop(done: PrepareProgress) -> None:
        if done.profiles == 4:
            stop_preparing(number, now=NOW, actor="ann")

    with pytest.raises(RefusedError, match="its preparation has been stopped"):
        run(number, chunk=2, progress=stop)
    stopped = get_delivery(number)
    assert (stopped.status, counts_of(number).target) == (DeliveryStatus.DRAFT, 4)
    first = set(Message.objects.values_list("id", flat=True))
    assert run(number, chunk=2).messages == 6
    assert first <= set(Message.objects.values_list("id", flat=True))
    with pytest.raises(RefusedError, match="is prepared, so it cannot be asked to stop"):
        stop_preparing(number, now=NOW, actor="ann")


def test_what_was_stopped_and_then_edited_begins_anew() -> None:
    add_people([Person(f"a{n}@shop.example") for n in range(4)])
    number = draft()

    def stop(done: PrepareProgress) -> None:
        stop_preparing(number, now=NOW, actor="ann")

    with pytest.raises(RefusedError):
        run(number, chunk=2, progress=stop)
    first = set(Message.objects.values_list("id", flat=True))
    edit_delivery(number, {"subject": "New"}, now=NOW, actor="ann")
    assert run(number, chunk=2).messages == 4
    assert not first & set(Message.objects.values_list("id", flat=True))


def test_first_reason_that_applies() -> None:
    set_state("quarantined@x.example", AddressStatus.QUARANTINED)
    set_state("complained@x.example", AddressStatus.DENYLISTED, origin=Origin.COMPLAINT)
    set_state("stopped@x.example", AddressStatus.DENYLISTED, origin=Origin.STOP)
    set_state("denied@x.example", AddressStatus.DENYLISTED, origin=Origin.PERSON)
    set_state("allowed@x.example", AddressStatus.ALLOWLISTED)
    set_state("ill@x.example", AddressStatus.ERRONEOUS)
    set_state("narrow@x.example", AddressStatus.DENYLISTED, origin=Origin.STOP, scope="36000")
    set_state("elsewhere@x.example", AddressStatus.QUARANTINED, channel="sms")
    cases = [
        (Person(None), (Reason.ADDRESS_EMPTY, "")),
        (Person("", denials=("all",)), (Reason.ADDRESS_EMPTY, "")),
        (Person("nobody"), (Reason.INVALID_ADDRESS, "")),
        (Person("a@x.example", denials=("all",)), (Reason.DENYLISTED, "opted_out")),
        (Person("a@x.example", denials=("email",)), (Reason.DENYLISTED, "opted_out")),
        (Person("quarantined@x.example", denials=("email",)), (Reason.DENYLISTED, "opted_out")),
        (Person("a@x.example", denials=("sms",)), None),
        (Person("A@X.example"), (Reason.DUPLICATE, "")),
        (Person("Complained@x.example"), (Reason.DENYLISTED, "complaint")),
        (Person("stopped@x.example"), (Reason.DENYLISTED, "stop")),
        (Person("denied@x.example"), (Reason.DENYLISTED, "")),
        (Person("quarantined@x.example"), (Reason.QUARANTINED, "")),
        (Person("QUARANTINED@x.example"), (Reason.QUARANTINED, "")),
        (Person("allowed@x.example"), None),
        (Person("ill@x.example"), None),
        (Person("narrow@x.example"), None),
        (Person("elsewhere@x.example"), None),
    ]
    numbers = add_people([person for person, _ in cases])
    delivery = draft()
    prepared = run(delivery)
    expected = {n: tuple(map(str, e)) if e else None for n, (_, e) in zip(numbers, cases, strict=True)}
    assert outcome(delivery) == expected
    assert prepared.exclusions == {
        Reason.ADDRESS_EMPTY: 2,
        Reason.INVALID_ADDRESS: 1,
        Reason.DENYLISTED: 6,
        Reason.DUPLICATE: 1,
        Reason.QUARANTINED: 2,
    }
    assert (prepared.target, prepared.messages, prepared.production_errors) == (len(cases), 5, 0)
    assert "1 profile has an address that is not a possible one" in prepared.warnings
    assert_equations(delivery)
    assert get_delivery(delivery).status is DeliveryStatus.PREPARED


STATES = st.tuples(
    st.sampled_from(AddressStatus), st.sampled_from([Origin.COMPLAINT, Origin.STOP, Origin.PERSON, Origin.HARD])
)
ADDRESSES = ["a@x.example", "A@x.example", "b@gmail.com", "B@Gmail.com", "c@y.example", "not one", "", None]
PEOPLE = st.lists(
    st.builds(
        Person,
        address=st.sampled_from(ADDRESSES),
        denials=st.lists(st.sampled_from(["all", "email", "sms"]), unique=True).map(tuple),
    ),
    max_size=14,
)


def expect(
    people: list[Person], states: dict[str, Any], *, message_class: MessageClass, duplicates: bool
) -> list[tuple[str, str] | None]:
    """Decide for each profile in Python, by the core's list."""
    taken: set[str] = set()
    found = []
    for person in people:
        grounds: set[Ground] = {Ground.OPTED_OUT_OF_ALL} if "all" in person.denials else set()
        if "email" in person.denials:
            grounds.add(Ground.OPTED_OUT_OF_CHANNEL)
        key = parse_address(person.address or "", channel=Channel.EMAIL).key
        if not person.address:
            grounds.add(Ground.NO_ADDRESS)
        if key is None:
            grounds.add(Ground.NO_KEY)
        status, origin = states.get(key or "", (AddressStatus.VALID, Origin.NONE))
        if status is AddressStatus.QUARANTINED:
            grounds.add(Ground.QUARANTINED)
        if status is AddressStatus.DENYLISTED:
            grounds.add(Ground.DENYLISTED)
            grounds |= {Origin.COMPLAINT: {Ground.COMPLAINED}, Origin.STOP: {Ground.STOPPED}}.get(origin, set())
        if key in taken and (not duplicates or message_class is MessageClass.CONFIRMATION):
            grounds.add(Ground.SEEN_BEFORE)
        rule = first_exclusion(frozenset(grounds), message_class=message_class)
        if rule is None and key:
            taken.add(key)
        found.append((str(rule.reason), str(rule.cause or "")) if rule else None)
    return found


class TestOracle(TransactionTestCase):
    """The database decides as the core's list does, profile by profile."""

    databases = "__all__"

    @settings(max_examples=60)
    @given(
        people=PEOPLE,
        states=st.dictionaries(st.sampled_from(["a@x.example", "b@gmail.com", "c@y.example"]), STATES),
        message_class=st.sampled_from(MessageClass),
        duplicates=st.booleans(),
        chunk=st.integers(1, 5),
    )
    def test_sql_decides_as_the_core(
        self,
        people: list[Person],
        states: dict[str, Any],
        message_class: MessageClass,
        duplicates: bool,
        chunk: int,
    ) -> None:
        for key, (status, origin) in states.items():
            set_state(key, status, origin=origin)
        numbers = add_people(people)
        delivery = draft(message_class=message_class, duplicates=duplicates)
        run(delivery, chunk=chunk, progress=lambda _: assert_equations(delivery))
        expected = expect(people, states, message_class=message_class, duplicates=duplicates)
        assert outcome(delivery) == dict(zip(numbers, expected, strict=True))
        assert assert_equations(delivery).target == len(people)


def test_a_duplicate_of_nobody_is_no_duplicate() -> None:
    """The first with an address opted out: the second is written to."""
    first, second, third = add_people(
        [Person("a@x.example", denials=("email",)), Person("a@x.example"), Person("A@x.example")]
    )
    delivery = draft()
    run(delivery, chunk=1)
    assert outcome(delivery) == {first: ("denylisted", "opted_out"), second: None, third: ("duplicate", "")}


def test_a_confirmation_goes_to_an_address_once_a_day() -> None:
    add_people([Person("a@x.example"), Person("b@x.example")])
    for hours, expected in ((None, 2), (23, 1), (25, 2)):
        if hours is not None:
            earlier = Message.objects.filter(address_key="a@x.example").first()
            assert earlier is not None
            Message.objects.filter(id=earlier.pk).update(status="delivered", delivered_at=NOW - timedelta(hours=hours))
        delivery = draft(message_class=MessageClass.CONFIRMATION)
        assert run(delivery).messages == expected
        reasons = {found for found in outcome(delivery).values() if found}
        assert reasons == ({("excluded_by_rule", "rule")} if expected == 1 else set())


def test_the_target_of_a_file_and_the_erased() -> None:
    numbers = add_people([Person(f"p{n}@x.example") for n in range(6)])
    Profile.objects.filter(id=numbers[2]).update(erased_at=NOW)
    delivery = draft()
    Delivery.objects.filter(id=delivery).update(target=Target.MEMBERS)
    TargetMember.objects.bulk_create(TargetMember(delivery_id=delivery, profile=n) for n in numbers[1:5])
    assert run(delivery, chunk=2).target == 3
    assert set(outcome(delivery)) == {numbers[1], numbers[3], numbers[4]}


def test_a_target_that_was_not_read_to_its_end_is_refused() -> None:
    delivery = draft()
    Delivery.objects.filter(id=delivery).update(target=Target.INCOMPLETE)
    with pytest.raises(RefusedError, match="not read to the end"):
        run(delivery)


def test_a_new_address_is_judged_by_its_own_state(tmp_path: Path) -> None:
    set_state("old@x.example", AddressStatus.QUARANTINED)
    set_state("worse@x.example", AddressStatus.QUARANTINED)
    first, second, third = add_people([Person("old@x.example"), Person("OLD@x.example"), Person("fine@x.example")])
    before = draft()
    run(before)
    assert outcome(before) == {first: ("quarantined", ""), second: ("quarantined", ""), third: None}
    path = tmp_path / "people.csv"
    path.write_text("id,email\np0,new@x.example\np2,worse@x.example\n")
    import_people(path, options=FileOptions(mapping={}), now=NOW, actor="test")
    after = draft()
    run(after)
    assert outcome(after) == {first: None, second: ("quarantined", ""), third: ("quarantined", "")}


def test_provider_is_a_label_by_domain() -> None:
    add_people([Person("a@gmail.com"), Person("b@x.example"), Person('"odd@gmail.com"@x.example')])
    delivery = draft()
    run(delivery)
    found = dict(Message.objects.filter(delivery=delivery).values_list("address", "provider"))
    assert found["a@gmail.com"] == "gmail"
    assert found["b@x.example"] == "other"


def test_red_problems_block() -> None:
    add_people([Person("a@x.example")])
    delivery = draft()
    content = FakeContent(Checked(red=["the subject is empty", "the sender is no address"], yellow=["no link"]))
    with pytest.raises(RefusedError, match=r"(?s)the subject is empty.*the sender is no address"):
        run(delivery, content)
    row = get_delivery(delivery)
    assert (row.status, row.problem) == (
        DeliveryStatus.PREPARE_FAILED,
        "the subject is empty\nthe sender is no address",
    )
    content.problems.red.clear()
    prepared = run(delivery, content)
    assert prepared.messages == 1
    assert "no link" in prepared.warnings
    assert get_delivery(delivery).problem == ""
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        "delivery.create",
        "delivery.prepare",
        "delivery.prepare_failed",
        "delivery.prepare",
        "delivery.prepared",
    ]


@pytest.mark.parametrize(("verify_all", "found"), [(False, 2), (True, 4)])
def test_what_cannot_be_built_is_a_production_error(verify_all: bool, found: int) -> None:
    add_people([Person(f"p{n}@x.example", fields={"broken": "1"} if n % 2 else {}) for n in range(8)])
    delivery = draft(verify_all=verify_all)
    content = FakeContent()
    prepared = run(delivery, content, sample=4)
    assert prepared.production_errors == found
    said = f"{found} of the {2 * found} messages verified cannot be built; the first: text, line 1: 'broken' is broken"
    assert prepared.warnings == (said,)
    assert len(content.built) == 2 * found
    spoiled = Message.objects.filter(delivery=delivery, status="production_error")
    assert {(m.type, m.reason, m.text) for m in spoiled} == {
        ("ignored", "production_error", "text, line 1: 'broken' is broken")
    }
    assert_equations(delivery)


def test_an_empty_target_is_said() -> None:
    delivery = draft()
    prepared = run(delivery)
    assert prepared.target == 0
    assert "the target is empty" in prepared.warnings[0]


@pytest.mark.parametrize(
    ("validity", "retries", "said"),
    [
        (101, "5x1h,4x1d", None),
        (84, "5x1h,4x1d", "stops after 84 h, at 4 counted errors.*quarantined at 5.*101 h"),
        (12, "5x1h,4x1d", "at 1 counted error:"),
        (120, "2x1h", "never reach"),
        (0.5, "2x1h", "stops after 30 min"),
        (1.26, "2x1h", r"stops after 1\.3 h"),
    ],
)
def test_a_validity_that_ends_before_the_threshold_is_said(validity: float, retries: str, said: str | None) -> None:
    add_people([Person("a@x.example")])
    warnings = run(draft(validity=timedelta(hours=validity), retries=parse_retries(retries))).warnings
    if said is None:
        assert warnings == ()
    else:
        assert re.search(said, *warnings)
