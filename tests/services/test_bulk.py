"""Many addresses at once: what is selected, what a dry run says, doing it, a kill in between, and undoing it."""

from typing import Any

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import FULL, KEPT, UNKNOWN_USER, cleaned, daily, event, hard, state, took
from tests.services.killing import KilledError, killed_before
from tests.services.mail_fixtures import came, dsn, sent

from rebond.core.words import AddressStatus, Cause, Channel, Reason
from rebond.services import bulk, bulk_steps
from rebond.services.bulk import begin, carry_on, carry_on_all, dry_run, undo
from rebond.services.bulk_steps import Acting
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.models import AddressStateRow, AuditEntry, EvidenceRow, QuarantineItem
from rebond.store.read.bulk import BulkKind, BulkOperation, BulkStep, find_bulk, list_bulk, unfinished_bulk
from rebond.store.read.selection import Selection, selected, selection_from_json, selection_to_json
from rebond.store.read.state_pages import StateFilter

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
V, E, Q, D, A = AddressStatus
RELEASE, QUARANTINE = BulkKind.RELEASE, BulkKind.QUARANTINE
MOONS = Selection(states=StateFilter(text="MOON"))


def acting(hours: float = 1000) -> Acting:
    return Acting(policy=policy(), actor="cli:eve", now=lambda: at(hours))


def moons(number: int) -> list[str]:
    """Put so many addresses in quarantine for an error text with the moon in it, and two for another."""
    names = [f"m{one}@shop.example" for one in range(number)]
    took(*(hard(at(), name, text="550 the Moon says no") for name in names))
    took(hard(at(), "other@shop.example", text="550 gone"), *daily(2, address="soft@mail.example"))
    return names


def select(**fields: Any) -> Selection:
    names = {name: fields.pop(name) for name in ("qualification", "rule", "delivery") if name in fields}
    return Selection(states=StateFilter(**fields), **names)


def chosen(selection: Selection, kind: BulkKind = RELEASE) -> set[str]:
    return {one.text for one in dry_run(selection=selection, kind=kind).sample}


def done(selection: Selection = MOONS, kind: BulkKind = RELEASE, *, hours: float = 1000) -> BulkOperation:
    expected = dry_run(selection=selection, kind=kind).changed
    begun = begin(selection=selection, kind=kind, because="moonshine", expected=expected, acting=acting(hours))
    return carry_on(begun.number, acting=acting(hours))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_steps, "PAGE", 2)
    monkeypatch.setattr(bulk, "_LOOK", 2)


def test_each_way_to_select() -> None:
    took(
        event("failure", at(), "a@shop.example", text=UNKNOWN_USER, provider="shop"),
        *(event("failure", at(days=day), "b@gmail.com", text=FULL, provider="gmail") for day in range(5)),
    )
    (row,) = sent()
    came(dsn(row.address, message_id=row.message_id))
    full = EvidenceRow.objects.filter(address="b@gmail.com").first()
    assert full is not None
    for selection, found in {
        select(text="no such USER"): {"a@shop.example", row.address},
        select(provider="gmail"): {"b@gmail.com"},
        select(domain="shop.example"): {"a@shop.example"},
        select(reason=Reason.MAILBOX_FULL): {"b@gmail.com"},
        select(cause=Cause.QUOTA): {"b@gmail.com"},
        select(channel=Channel.SMS): set(),
        select(since_from=at(days=1)): {"b@gmail.com"},
        select(since_to=at(1)): {"a@shop.example"},
        select(until_from=at()): {"b@gmail.com"},
        select(until_to=at()): set(),
        select(qualification=full.qualification): {"b@gmail.com"},
        select(rule=full.rule): {"b@gmail.com"},
        select(rule=full.rule, qualification=0): set(),
        select(delivery=row.delivery_id): {row.address},
        select(delivery=row.delivery_id, domain="gmail.com"): set(),
    }.items():
        assert chosen(selection) == found, selection
        assert selection_from_json(selection_to_json(selection)) == selection


def test_a_dry_run_counts_and_writes_nothing(small_pages: None) -> None:
    moons(5)
    took(event("complaint", at(days=1), "c@shop.example"))
    found = dry_run(selection=select(channel=Channel.EMAIL), kind=RELEASE)
    assert (found.count, found.changed) == (8, 7)
    assert (dict(found.changes), dict(found.left)) == ({Q: 6, E: 1}, {D: 1})
    assert len(found.sample) == 7
    assert not AuditEntry.objects.exists()
    quarantine = dry_run(selection=select(channel=Channel.EMAIL), kind=QUARANTINE)
    assert (dict(quarantine.changes), quarantine.left[Q], quarantine.left[D]) == ({E: 1}, 6, 1)


def test_what_is_denylisted_is_released_only_where_it_is_named() -> None:
    took(event("complaint", at(), "c@shop.example"), hard(at(), "a@shop.example"))
    assert chosen(select(channel=Channel.EMAIL)) == {"a@shop.example"}
    assert chosen(select(status=D)) == {"c@shop.example"}
    assert chosen(select(status=D), QUARANTINE) == set()


def test_a_release_changes_those_and_no_others(small_pages: None) -> None:
    names = moons(5)
    operation = done()
    assert (operation.step, operation.changed, operation.passed) == (BulkStep.DONE, 5, 0)
    assert {state(name).status for name in names} == {V}
    assert (state("other@shop.example").status, state("soft@mail.example").status) == (Q, E)
    audit = AuditEntry.objects.get()
    assert (audit.action, audit.because) == ("quarantine.bulk_release", "moonshine")
    assert audit.after == {"selection": {"text": "MOON"}, "expected": 5}
    assert find_bulk(operation.number) == operation == list_bulk()[0]


def test_a_quarantine_changes_those_in_error(small_pages: None) -> None:
    moons(2)
    operation = done(select(status=E), QUARANTINE)
    assert (operation.changed, state("soft@mail.example").status) == (1, Q)
    assert state("soft@mail.example").error_text == "moonshine"


def test_an_undo_puts_back_exactly_what_is_still_as_it_left_it(small_pages: None) -> None:
    names = moons(5)
    before = {name: state(name) for name in names}
    operation = done()
    took(hard(at(1001), names[0], text="550 again"), *daily(1, address=names[1], start=50))
    cleaned(at(1000 + 24 * 3))
    undo(operation.number, because="wrong moon", acting=acting(2000))
    undone = carry_on(operation.number, acting=acting(2000))
    assert (undone.step, undone.put_back, undone.undone_by) == (BulkStep.UNDONE, 3, "cli:eve")
    assert {name: state(name) for name in names[2:]} == {name: before[name] for name in names[2:]}
    assert (state(names[0]).error_text, state(names[1]).status) == ("550 again", E)
    assert not AddressStateRow.objects.filter(status=V, since__isnull=True).exists()
    with pytest.raises(RefusedError, match="undone already"):
        undo(operation.number, because="again", acting=acting(2001))


def test_an_interrupted_operation_goes_on_and_does_nothing_twice(small_pages: None) -> None:
    names = moons(5)
    begun = begin(selection=MOONS, kind=RELEASE, because="x", expected=5, acting=acting())
    half = carry_on(begun.number, acting=acting(), most=2)
    assert (half.step, half.changed) == (BulkStep.ACT, 4)
    assert unfinished_bulk() == [begun.number]
    (whole,) = carry_on_all(acting=acting(1100))
    assert (whole.changed, whole.looked_at, unfinished_bulk()) == (5, 5, [])
    assert EvidenceRow.objects.filter(event="released").count() == QuarantineItem.objects.count() == 5
    assert carry_on(begun.number, acting=acting(1200)) == whole
    undo(begun.number, because="y", acting=acting(1300))
    assert carry_on(begun.number, acting=acting(1300), most=1).put_back == 2
    assert carry_on_all(acting=acting(1400))[0].put_back == 5
    assert {state(name).status for name in names} == {Q}


def goes_on_whatever_kills_it(number: int, hours: float) -> BulkOperation:
    """Let it die before its first write, then before its second one, until it comes to its end."""
    for write in range(1, 200):
        try:
            with killed_before(write):
                return carry_on(number, acting=acting(hours))
        except KilledError:
            continue
    raise AssertionError("it never ended")


def test_a_kill_at_any_write_loses_nothing_and_does_nothing_twice(small_pages: None) -> None:
    names = moons(3)
    before = {name: state(name) for name in names}
    begun = begin(selection=MOONS, kind=RELEASE, because="x", expected=3, acting=acting())
    whole = goes_on_whatever_kills_it(begun.number, 1000)
    assert (whole.step, whole.changed, whole.passed) == (BulkStep.DONE, 3, 0)
    assert EvidenceRow.objects.filter(event="released").count() == QuarantineItem.objects.count() == 3
    undo(begun.number, because="y", acting=acting(1100))
    assert goes_on_whatever_kills_it(begun.number, 1100).put_back == 3
    assert {name: state(name) for name in names} == before
    assert EvidenceRow.objects.filter(event="undo").count() == 3


def test_an_operation_is_undone_before_it_is_finished(small_pages: None) -> None:
    names = moons(5)
    begun = begin(selection=MOONS, kind=RELEASE, because="x", expected=5, acting=acting())
    carry_on(begun.number, acting=acting(), most=1)
    undo(begun.number, because="y", acting=acting(1100))
    assert carry_on(begun.number, acting=acting(1100)).put_back == 2
    assert {state(name).status for name in names} == {Q}


def test_what_changed_since_it_was_selected_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    moons(2)
    begun = begin(selection=MOONS, kind=RELEASE, because="x", expected=2, acting=acting())

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        found = selected(*args, **kwargs)
        took(event("complaint", at(days=1), "m0@shop.example"))
        return found

    monkeypatch.setattr(bulk_steps, "selected", meanwhile)
    operation = carry_on(begun.number, acting=acting())
    assert (operation.changed, operation.passed, state("m0@shop.example").status) == (1, 1, D)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"selection": Selection()}, InputError, "say which addresses"),
        ({"kind": BulkKind.IMPORT}, InputError, "release or quarantine"),
        ({"because": " "}, InputError, "say why"),
        ({"expected": 0}, None, ""),
        ({"selection": select(text="the sun")}, RefusedError, "no address would change"),
    ],
)
def test_what_cannot_begin(given: dict[str, Any], error: type[Exception] | None, words: str) -> None:
    moons(2)
    asked: dict[str, Any] = {"selection": MOONS, "kind": RELEASE, "because": "x", "expected": 2, "acting": acting()}
    if error is None:  # a handful more than was said is no reason to ask again
        assert begin(**{**asked, **given}).expected == 2
        return
    with pytest.raises(error, match=words):
        begin(**{**asked, **given})
    assert not list_bulk()


def test_many_more_than_the_dry_run_said_are_refused() -> None:
    moons(12)
    with pytest.raises(RefusedError, match="12 addresses would change by now, and not 1"):
        begin(selection=MOONS, kind=RELEASE, because="x", expected=1, acting=acting())


def test_retention_removes_old_operations_and_what_they_changed() -> None:
    names = moons(3)
    done()
    begin(selection=select(status=E), kind=QUARANTINE, because="x", expected=1, acting=acting())
    assert cleaned(at(1000), KEPT).operations_purged == 0
    assert cleaned(at(1000 + 24 * 366), KEPT).operations_purged == 1
    assert [one.step for one in list_bulk()] == [BulkStep.ACT]
    assert not QuarantineItem.objects.exists()
    assert {state(name).status for name in names} == {V}


def test_an_operation_that_is_none_is_told() -> None:
    with pytest.raises(NotFoundError):
        carry_on(99, acting=acting())
    with pytest.raises(NotFoundError):
        undo(99, because="x", acting=acting())
