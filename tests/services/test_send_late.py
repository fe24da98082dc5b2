"""At every claim, retries included, it is asked again whether this person may be written to."""

from datetime import timedelta

import pytest
from sending_fixtures import (
    SOFT,
    START,
    JumpingClock,
    MemorySender,
    accept,
    assert_reconciled,
    delivery,
    meanwhile,
    people,
    run_send,
    statuses,
)

from rebond.core.words import DeliveryStatus
from rebond.services.send_run import WINDOW
from rebond.store.models import AddressStateRow, Exclusion, ExclusionCount, Message, Profile, ProfileDenial

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def state(
    status: str, *, origin: str = "", channel: str = "email", scope: str = "", key: str = "p0@example.org"
) -> None:
    AddressStateRow.objects.update_or_create(
        channel=channel,
        address_key=key,
        scope=scope,
        defaults={"address": key, "status": status, "origin": origin, "since": START, "policy_digest": "x"},
    )


def deny(channel: str, *, external_id: str = "p0") -> None:
    profile = Profile.objects.get(external_id=external_id)
    ProfileDenial.objects.create(profile=profile, channel=channel, at=START, origin="import")


def erase() -> None:
    Profile.objects.filter(external_id="p0").update(fields={}, erased_at=START)


CASES = {
    "quarantined": (lambda: state("quarantined", origin="soft"), "quarantined", "late", "failed"),
    "denylisted by a person": (lambda: state("denylisted", origin="person"), "denylisted", "late", "failed"),
    "complained": (lambda: state("denylisted", origin="complaint"), "denylisted", "complaint", "failed"),
    "stopped": (lambda: state("denylisted", origin="stop"), "denylisted", "stop", "failed"),
    "opted out of all": (lambda: deny("all"), "denylisted", "opted_out", "cancelled"),
    "opted out of the channel": (lambda: deny("email"), "denylisted", "opted_out", "cancelled"),
    "erased": (erase, "address_empty", "late", "cancelled"),
}


@pytest.mark.parametrize("case", CASES)
def test_before_the_first_attempt_it_becomes_an_exclusion(case: str) -> None:
    happens, reason, cause, _ = CASES[case]
    number = delivery(3)
    happens()
    sender = MemorySender(JumpingClock(), accept)
    result = run_send(number, sender=sender)
    assert (result.excluded_late, result.delivered, result.status) == (1, 2, DeliveryStatus.FINISHED)
    assert "p0@example.org" not in sender.times
    exclusion = Exclusion.objects.get(delivery=number)
    assert (exclusion.reason, exclusion.cause, exclusion.late) == (reason, cause, True)
    assert (exclusion.address, exclusion.profile) == ("p0@example.org", Profile.objects.get(external_id="p0").pk)
    assert list(ExclusionCount.objects.values_list("reason", "cause", "number")) == [(reason, cause, 1)]
    assert statuses(number) == {"delivered": 2, "excluded_late": 1}
    assert_reconciled(number)


@pytest.mark.parametrize("case", CASES)
def test_after_an_attempt_the_last_failure_stands_or_the_wish_cancels(case: str) -> None:
    happens, _, _, end = CASES[case]
    number = delivery(1)
    sender = MemorySender(JumpingClock(), lambda to, at: SOFT)
    run_send(number, sender=sender)
    happens()
    sender.clock.time += timedelta(hours=1, minutes=10)
    result = run_send(number, sender=sender)
    assert (result.status, getattr(result, end), len(sender.taken)) == (DeliveryStatus.FINISHED, 1, 1)
    row = Message.objects.get()
    assert (row.status, row.reason, row.cause, row.attempts) == (end, "mailbox_full", "quota", 1)
    assert Exclusion.objects.count() == 0
    assert_reconciled(number)


def test_what_may_have_been_sent_already_is_no_exclusion() -> None:
    number = delivery(1)
    Message.objects.update(status="uncertain", uncertain=True)
    state("quarantined", origin="hard")
    run_send(number, sender=MemorySender(JumpingClock(), accept))
    row = Message.objects.get()
    assert (row.status, row.reason, row.uncertain) == ("failed", "unreachable", True)
    assert_reconciled(number)


@pytest.mark.parametrize(
    ("message_class", "passes"),
    [("commercial", set()), ("transactional", {"channel"}), ("confirmation", {"channel", "all", "quarantined"})],
)
def test_the_class_decides_what_passes(message_class: str, passes: set[str]) -> None:
    happenings = {
        "channel": lambda: deny("email"),
        "all": lambda: deny("all"),
        "quarantined": lambda: state("quarantined", origin="hard"),
        "complaint": lambda: state("denylisted", origin="complaint"),
    }
    passed = set()
    for name, happens in happenings.items():
        for model in (AddressStateRow, Profile, Message):
            model._default_manager.all().delete()
        number = delivery(1, message_class=message_class)
        happens()
        if run_send(number, sender=MemorySender(JumpingClock(), accept)).delivered:
            passed.add(name)
    assert passed == passes


@pytest.mark.parametrize(
    "row",
    [
        {"status": "quarantined", "channel": "sms"},
        {"status": "denylisted", "scope": "sender"},
        {"status": "erroneous"},
        {"status": "valid"},
        {"status": "allowlisted"},
        {"status": "quarantined", "key": "other@example.org"},
    ],
)
def test_what_does_not_stand_against_it(row: dict[str, str]) -> None:
    number = delivery(1)
    state(**row)
    assert run_send(number, sender=MemorySender(JumpingClock(), accept)).delivered == 1


def test_an_opt_out_on_another_channel_does_not_stand_against_it() -> None:
    number = delivery(1)
    deny("sms")
    assert run_send(number, sender=MemorySender(JumpingClock(), accept)).delivered == 1


def test_what_was_claimed_long_ago_is_asked_again() -> None:
    number = delivery(200)
    clock = JumpingClock()
    sender = MemorySender(clock, accept)

    def opt_out_meanwhile(window: object) -> None:
        if len(sender.windows) == 2:
            clock.time += timedelta(seconds=31)

    sender.before = opt_out_meanwhile
    key = "p199@example.org"
    Message.objects.filter(address=key).update(next_attempt_at=START)

    def answer(to: str, at: object) -> object:
        if len(sender.windows) == 1 and len(sender.taken) == WINDOW - 10:
            meanwhile(lambda: deny("all", external_id="p199"))
        return accept(to, START)

    sender.answer = answer  # type: ignore[assignment]
    result = run_send(number, sender=sender)
    assert (result.delivered, result.excluded_late) == (199, 1)
    assert key not in sender.times


def test_a_confirmation_goes_to_an_address_once_a_day_whatever_was_prepared_at_once() -> None:
    numbers = [delivery(profiles=people(2), message_class="confirmation")]
    profiles = list(Profile.objects.values_list("id", flat=True))
    numbers.append(delivery(profiles=profiles, message_class="confirmation"))
    clock = JumpingClock()
    sender = MemorySender(clock, accept)
    assert run_send(numbers[0], sender=sender).delivered == 2
    clock.time += timedelta(hours=23)
    result = run_send(numbers[1], sender=sender)
    assert (result.delivered, result.excluded_late, result.status) == (0, 2, DeliveryStatus.FINISHED)
    assert set(Exclusion.objects.values_list("reason", "cause", "late")) == {("excluded_by_rule", "rule", True)}
    assert_reconciled(numbers[1])
    clock.time += timedelta(hours=2)
    assert run_send(delivery(profiles=profiles, message_class="confirmation"), sender=sender).delivered == 2


def test_a_confirmation_that_is_under_way_stops_another_one() -> None:
    first = delivery(profiles=people(1), message_class="confirmation")
    second = delivery(profiles=Profile.objects.values_list("id", flat=True), message_class="confirmation")
    sender, other = (MemorySender(JumpingClock(), accept) for _ in range(2))
    sender.before = lambda window: meanwhile(lambda: run_send(second, sender=other, worker="w2"))
    assert run_send(first, sender=sender).delivered == 1
    assert (other.taken, statuses(second)) == ([], {"excluded_late": 1})


def test_a_confirmation_that_was_refused_for_now_gives_way_to_another_one() -> None:
    first = delivery(profiles=people(1), message_class="confirmation")
    second = delivery(profiles=Profile.objects.values_list("id", flat=True), message_class="confirmation")
    sender = MemorySender(JumpingClock(), lambda to, at: SOFT if at < START + timedelta(minutes=30) else accept(to, at))
    run_send(first, sender=sender)
    sender.clock.time += timedelta(minutes=40)
    assert run_send(second, sender=sender).delivered == 1
    sender.clock.time += timedelta(minutes=40)
    assert run_send(first, sender=sender).status is DeliveryStatus.FINISHED
    assert statuses(first) == {"failed": 1}
    assert len(sender.taken) == 2
