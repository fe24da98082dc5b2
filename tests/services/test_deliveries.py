"""Making deliveries, steering them, and their reports and logs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from people_fixtures import (
    NOW,
    FakeContent,
    Person,
    add_people,
    assert_equations,
    draft,
    new_delivery,
)

from rebond.core.message import DELIVERY_TRANSITIONS, DeliveryAction
from rebond.core.policy import read_policy
from rebond.core.words import Channel, DeliveryStatus, ErrorFamily, MessageStatus, Reason
from rebond.services.deliveries import (
    act,
    cancel_delivery,
    create_delivery,
    end_cancelled,
    get_delivery,
    pause_delivery,
    resume_delivery,
)
from rebond.services.delivery_logs import find_exclusions, find_messages
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.people_file import FileOptions
from rebond.services.prepare import Prepared, prepare
from rebond.services.report import recount, report
from rebond.store.models import AuditEntry, Delivery, DeliveryCounts, Message, Profile, TargetMember
from rebond.store.read import deliveries as read_deliveries
from rebond.store.read.deliveries import Target
from rebond.store.write.counters import move_counts

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def prepared(people: list[Person]) -> int:
    add_people(people)
    delivery = draft()
    ready(delivery)
    return delivery


def ready(delivery: int) -> Prepared:
    import tomllib
    from importlib.resources import files

    presets = tomllib.loads(files("rebond.data").joinpath("policies.toml").read_text("utf-8"))
    policy = read_policy(presets, overrides={})
    return prepare(delivery, content=FakeContent(), providers={}, policy=policy, now=NOW, actor="test")


def set_status(delivery: int, status: DeliveryStatus) -> None:
    Delivery.objects.filter(id=delivery).update(status=status)


def test_a_draft_for_everybody() -> None:
    row = get_delivery(draft(validity=timedelta(hours=84), duplicates=True))
    assert (row.status, row.target, row.validity) == (DeliveryStatus.DRAFT, Target.ALL, timedelta(hours=84))
    assert len(row.retries) == 9
    assert row.duplicates
    assert [entry.action for entry in AuditEntry.objects.all()] == ["delivery.create"]


def test_a_draft_for_the_people_of_a_file(tmp_path: Path) -> None:
    add_people([Person("elsewhere@x.example")])
    path = tmp_path / "target.csv"
    path.write_text("Ref,email\n1,a@x.example\n2,b@x.example\n,c@x.example\n1,d@x.example\n")
    created = create_delivery(
        new_delivery(), target=path, options=FileOptions(mapping={"id": "Ref"}), now=NOW, actor="test"
    )
    assert created.imported is not None
    assert [row.line for row in created.imported.rejected] == [4, 5]
    assert get_delivery(created.id).target is Target.MEMBERS
    members = TargetMember.objects.filter(delivery=created.id).values_list("profile", flat=True)
    assert set(Profile.objects.filter(id__in=members).values_list("external_id", flat=True)) == {"1", "2"}
    assert ready(created.id).target == 2


@pytest.mark.parametrize("content", [None, "name\nAnn\n", ""])
def test_a_file_that_cannot_be_used_leaves_nothing(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "target.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError):
        create_delivery(new_delivery(), target=path, now=NOW, actor="test")
    assert not Delivery.objects.exists()


def test_a_file_that_breaks_midway_leaves_no_target(tmp_path: Path) -> None:
    path = tmp_path / "target.csv"
    path.write_text("id,email\n1,a@x.example\n")

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_delivery(new_delivery(), target=path, now=NOW, actor="test", progress=stop)
    (delivery,) = Delivery.objects.all()
    assert delivery.target == Target.INCOMPLETE
    with pytest.raises(RefusedError, match=r"give it again .rebond delivery edit"):
        ready(delivery.pk)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channel": Channel.SMS}, "channel sms cannot be sent on yet"),
        ({"channel": Channel.PUSH}, "channel push"),
        ({"name": " "}, "name has 1 to 255"),
        ({"name": "n" * 256}, "name has 1 to 255"),
        ({"text": "a\0b"}, "the text holds a NUL"),
        ({"subject": "\udce9"}, "the subject is not UTF-8"),
    ],
)
def test_settings_that_cannot_be_used(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        draft(**changes)
    assert not Delivery.objects.exists()


def test_transitions_are_guarded_and_audited() -> None:
    for action, (allowed, target) in DELIVERY_TRANSITIONS.items():
        for status in DeliveryStatus:
            delivery = draft()
            set_status(delivery, status)
            if status in allowed:
                assert act(delivery, action, now=NOW, actor="ann") is target
                entry = AuditEntry.objects.latest("id")
                assert (entry.action, entry.actor) == (f"delivery.{action}", "ann")
                assert (entry.before, entry.after) == ({"status": status}, {"status": target})
            else:
                with pytest.raises(RefusedError, match=f"is {status}"):
                    act(delivery, action, now=NOW, actor="ann")
                assert get_delivery(delivery).status is status


def test_pausing_and_resuming() -> None:
    delivery = prepared([Person("a@x.example")])
    act(delivery, DeliveryAction.SEND, now=NOW, actor="test")
    assert pause_delivery(delivery, now=NOW, actor="test") is DeliveryStatus.PAUSED
    with pytest.raises(RefusedError, match="is paused, so it cannot be asked to pause"):
        pause_delivery(delivery, now=NOW, actor="test")
    assert resume_delivery(delivery, now=NOW, actor="test") is DeliveryStatus.SENDING
    with pytest.raises(NotFoundError, match="no delivery 12345"):
        pause_delivery(12345, now=NOW, actor="test")


def test_cancelling_leaves_what_is_under_way() -> None:
    delivery = prepared([Person(f"p{n}@x.example") for n in range(7)])
    act(delivery, DeliveryAction.SEND, now=NOW, actor="test")
    rows = list(Message.objects.filter(delivery=delivery).order_by("id"))
    soon, before = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)
    states: list[tuple[MessageStatus, dict[str, Any]]] = [
        (MessageStatus.PENDING, {}),
        (MessageStatus.PENDING, {"worker": "w", "lease_until": soon}),
        (MessageStatus.UNCERTAIN, {"uncertain": True}),
        (MessageStatus.SENDING, {"worker": "w", "lease_until": soon, "fence": 1}),
        (MessageStatus.SENDING, {"worker": "gone", "lease_until": before, "fence": 1}),
        (MessageStatus.DELIVERED, {"delivered_at": before}),
        (MessageStatus.FAILED, {"reason": "user_unknown"}),
    ]
    for row, (status, changes) in zip(rows, states, strict=True):
        Message.objects.filter(id=row.pk).update(status=status, **changes)
    move_counts(delivery, {"pending": -2, "delivered": 1, "failed": 1})
    assert cancel_delivery(delivery, now=NOW, actor="test") is DeliveryStatus.CANCELLED
    found = list(Message.objects.filter(delivery=delivery).order_by("id").values_list("status", flat=True))
    assert found == ["cancelled", "cancelled", "cancelled", "sending", "cancelled", "delivered", "failed"]
    counts = assert_equations(delivery)
    assert (counts.cancelled, counts.pending, counts.delivered, counts.failed) == (4, 1, 1, 1)
    # The worker went away meanwhile: cleanup, or asking again, cancels what was left open.
    assert end_cancelled(now=NOW) == 0
    assert end_cancelled(now=soon + timedelta(seconds=1)) == 1
    assert assert_equations(delivery).pending == 0
    cancel_delivery(delivery, now=soon + timedelta(seconds=1), actor="test")
    assert AuditEntry.objects.filter(action="delivery.cancel").count() == 1


def test_a_report_is_the_counters() -> None:
    delivery = prepared([Person(f"p{n}@x.example") for n in range(6)] + [Person(None), Person("p0@x.example")])
    rows = list(Message.objects.filter(delivery=delivery).order_by("id").values_list("id", flat=True))
    Message.objects.filter(id__in=rows[:3]).update(status="delivered", delivered_at=NOW)
    Message.objects.filter(id=rows[0]).update(returned_at=NOW)
    Message.objects.filter(id=rows[3]).update(status="failed")
    Message.objects.filter(id=rows[4]).update(status="production_error")
    move_counts(delivery, {"pending": -5, "delivered": 3, "failed": 1, "production_errors": 1, "returned": 1})
    found = report(delivery)
    assert found.reconciled
    assert found.counts.reached == 2
    assert found.exclusions == {Reason.ADDRESS_EMPTY: 1, Reason.DUPLICATE: 1}
    assert found.families == {
        ErrorFamily.QUARANTINE: 0,
        ErrorFamily.DELIVERY: 1,
        ErrorFamily.AFTER_DELIVERY: 1,
        ErrorFamily.PRODUCTION: 1,
    }
    assert recount(delivery).problems == ()
    with pytest.raises(NotFoundError):
        report(0)


def test_a_recount_says_what_differs() -> None:
    delivery = prepared([Person("a@x.example"), Person(None)])
    Message.objects.filter(delivery=delivery).update(status="failed")
    DeliveryCounts.objects.filter(delivery=delivery).update(target=1, excluded=0)
    Delivery.objects.get(id=delivery)
    read_deliveries.ExclusionCount.objects.filter(delivery=delivery).update(number=0)
    assert recount(delivery).problems == (
        "target is counted as 1, and the rows are 2",
        "pending is counted as 1, and the rows are 0",
        "failed is counted as 0, and the rows are 1",
        "exclusions are counted as none, and the rows are address_empty 1",
    )


def test_logs_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_deliveries, "_PAGE", 2)
    delivery = prepared([Person(f"p{n}@x.example" if n % 2 else None) for n in range(11)])
    other = draft()
    ready(other)
    rows = list(Message.objects.filter(delivery=delivery).order_by("id").values_list("id", flat=True))
    Message.objects.filter(id=rows[0]).update(
        status="delivered", reason="mailbox_full", text="first", returned_at=NOW, return_type="hard",
        return_reason="user_unknown", return_cause="no_such_user", return_rule="r", return_text="later",
    )  # fmt: skip
    Message.objects.filter(id=rows[1]).update(status="excluded_late")
    log = list(find_messages(delivery))
    assert [row.profile for row in log] == ["p1", "p5", "p7", "p9"]
    first = log[0]
    assert (first.type, first.reason, first.cause) == ("hard", "user_unknown", "no_such_user")
    assert (first.rule, first.text, first.returned_at) == ("r", "later", NOW)
    assert (log[1].status, log[1].message, log[1].attempts) == (MessageStatus.PENDING, rows[2], 0)
    excluded = list(find_exclusions(delivery))
    assert [row.profile for row in excluded] == ["p0", "p2", "p4", "p6", "p8", "p10"]
    assert {row.reason for row in excluded} == {Reason.ADDRESS_EMPTY}
    with pytest.raises(NotFoundError):
        list(find_messages(0))
    with pytest.raises(NotFoundError):
        list(find_exclusions(0))
