"""Segments, lists and services: who is in them, as targets of deliveries, on both databases."""

from typing import Any

import pytest
from tests.services.people_fixtures import NOW, Person, add_people, assert_equations, draft, new_delivery, run
from tests.services.sending_fixtures import JumpingClock, MemorySender, accept, run_send

from rebond.core.words import ExclusionCause, Reason
from rebond.services import audiences, templates
from rebond.services.deliveries import create_delivery, get_delivery
from rebond.services.delivery_edit import edit_delivery
from rebond.services.edit_marks import ChangedError
from rebond.services.errors import InputError, NotFoundError
from rebond.services.templates import (
    delete_template,
    edit_template,
    get_template,
    list_templates,
    save_template,
    template_from,
    use,
)
from rebond.store.models import AuditEntry, Message, PeopleList, Profile, Service
from rebond.store.read.deliveries import Aim, Target, earlier_delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
WHO: dict[str, Any] = {"now": NOW, "actor": "test"}


def people() -> None:
    add_people(
        [
            Person("a@x.example", fields={"city": "Paris", "age": "9", "joined": "2026-01-31"}),
            Person("b@x.example", fields={"city": "paris", "age": "10", "joined": "2026-02-01T10:00"}),
            Person("c@x.example", fields={"city": "", "age": "many", "joined": "soon"}),
            Person("d@x.example", fields={"age": 40.5, "vip": True}),
            Person("e@x.example", fields={"city": "Saint-Étienne 100%", "odd name": "x", "joined": None}),
        ]
    )


def condition(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, **({} if value is None else {"value": value})}


def chosen(*parts: dict[str, Any], match: str = "all") -> str:
    """The letters of the people whom a filter takes: p0 is a."""
    found = audiences.count(audiences.read_filter({"match": match, "parts": list(parts)}))
    assert found.number == len(found.some)
    return "".join("abcde"[int(external_id[1:])] for _, external_id in found.some)


@pytest.mark.parametrize(
    ("part", "who"),
    [
        (condition("city", "equals", "Paris"), "a"),
        (condition("city", "not_equals", "Paris"), "bcde"),
        (condition("city", "contains", "PAR"), "ab"),
        (condition("city", "contains", "100%"), "e"),
        (condition("city", "contains", "_"), ""),
        (condition("city", "is_empty"), "cd"),
        (condition("city", "is_not_empty"), "abe"),
        (condition("city", "in", ["Paris", "paris", "Lyon"]), "ab"),
        (condition("age", "before", "10"), "a"),
        (condition("age", "after", "9"), "bd"),
        (condition("age", "equals", 10), "b"),
        (condition("joined", "before", "2026-02-01"), "a"),
        (condition("joined", "after", "2026-01-31"), "b"),
        (condition("odd name", "equals", "x"), "e"),
        (condition("nothing'); --", "equals", "x"), ""),
    ],
)
def test_a_filter_takes_whom_it_says(part: dict[str, Any], who: str) -> None:
    people()
    assert chosen(part) == who


def test_conditions_are_joined_by_all_or_any_in_groups() -> None:
    people()
    paris, old = condition("city", "contains", "paris"), condition("age", "after", "9")
    assert chosen(paris, old) == "b"
    assert chosen(paris, old, match="any") == "abd"
    assert chosen(old, {"match": "any", "parts": [paris, condition("city", "is_empty")]}) == "bd"
    assert chosen() == "abcde"


def test_a_count_is_bounded_and_says_so() -> None:
    people()
    group = audiences.read_filter({"match": "all", "parts": [condition("city", "is_not_empty")]})
    counted = audiences.count(group, look=3)
    assert (counted.number, counted.looked_through, counted.whole) == (2, 3, False)
    assert audiences.count(group, look=50).whole


def test_a_delivery_goes_to_a_segment_in_chunks() -> None:
    people()
    group = audiences.read_filter({"match": "all", "parts": [condition("city", "contains", "paris")]})
    number = audiences.save_segment("Paris", group, **WHO)
    delivery = create_delivery(new_delivery(), aim=Aim(Target.SEGMENT, number), **WHO).id
    run(delivery, chunk=1)
    assert list(Message.objects.order_by("id").values_list("address", flat=True)) == ["a@x.example", "b@x.example"]
    assert_equations(delivery)
    audiences.delete_segment(number, **WHO)
    run(delivery)
    assert assert_equations(delivery).target == 0


def test_a_delivery_goes_to_a_list() -> None:
    people()
    number = audiences.create_list("Winners", **WHO)
    assert audiences.change_list(number, "p3", on=True, **WHO)
    assert audiences.change_list(number, "p1", on=True, **WHO)
    assert not audiences.change_list(number, "p1", on=True, **WHO)
    assert audiences.get_list(number).number == 2
    delivery = create_delivery(new_delivery(), aim=Aim(Target.LIST, number), **WHO).id
    run(delivery, chunk=1)
    assert list(Message.objects.order_by("id").values_list("address", flat=True)) == ["b@x.example", "d@x.example"]
    assert audiences.change_list(number, "p1", on=False, **WHO)
    assert not audiences.change_list(number, "p1", on=False, **WHO)
    run(delivery)
    assert assert_equations(delivery).target == 1
    audiences.delete_list(number, **WHO)
    assert not PeopleList.objects.exists()
    assert Profile.objects.count() == 5


def test_a_delivery_goes_to_the_subscribers_of_a_service() -> None:
    people()
    number = audiences.create_service("Newsletter", **WHO)
    assert audiences.subscribe(number, "p0", **WHO)
    assert not audiences.subscribe(number, "p0", **WHO)
    assert chosen({"operator": "subscribed", "value": str(number)}) == "a"
    assert chosen({"operator": "not_subscribed", "value": str(number)}) == "bcde"
    delivery = create_delivery(new_delivery(), aim=Aim(Target.SERVICE, number), **WHO).id
    run(delivery)
    assert assert_equations(delivery).messages == 1
    assert audiences.unsubscribe(number, "p0", **WHO)
    assert not audiences.unsubscribe(number, "p0", **WHO)
    assert audiences.get_service(number).number == 0
    audiences.delete_service(number, **WHO)
    assert not Service.objects.exists()


def test_what_cannot_be_made_is_told() -> None:
    audiences.create_list("Winners", **WHO)
    for name in ("", " ", "Winners", "x" * 256, "a\0"):
        with pytest.raises(InputError):
            audiences.create_list(name, **WHO)
    with pytest.raises(InputError):
        audiences.read_filter({"match": "none"})
    for get in (audiences.get_segment, audiences.get_list, audiences.get_service, get_template):
        with pytest.raises(NotFoundError):
            get(99)
    with pytest.raises(NotFoundError):
        audiences.subscribe(audiences.create_service("News", **WHO), "nobody", **WHO)
    for target in (Target.SEGMENT, Target.LIST, Target.SERVICE):
        with pytest.raises(InputError, match=f"there is no {target} of the number 99"):
            create_delivery(new_delivery(), aim=Aim(target, 99), **WHO)
        with pytest.raises(InputError):
            edit_delivery(draft(), {}, aim=Aim(target, 99), **WHO)


def test_a_delivery_is_edited_to_another_target() -> None:
    number = audiences.create_list("Winners", **WHO)
    delivery = draft()
    edit_delivery(delivery, {}, aim=Aim(Target.LIST, number), **WHO)
    row = get_delivery(delivery)
    assert (row.target, row.target_ref) == (Target.LIST, number)
    entry = AuditEntry.objects.latest("id")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["target"], entry.after["target"]) == ("all", f"list:{number}")
    edit_delivery(delivery, {"name": "Other"}, **WHO)
    assert get_delivery(delivery).target_ref == number


def test_a_template_is_made_from_a_delivery_and_used_again() -> None:
    number = audiences.create_list("Winners", **WHO)
    first = create_delivery(new_delivery(name="May"), aim=Aim(Target.LIST, number), **WHO).id
    made = template_from(first, name="Monthly", **WHO)
    template = get_template(made)
    assert template.aim == Aim(Target.LIST, number)
    copied = use(template, name="June")
    assert (copied.name, copied.sender, copied.retries) == ("June", "Shop <news@shop.example>", template.retries)
    deliveries = [create_delivery(use(template, name=name), template=made, **WHO).id for name in ("June", "July")]
    run(deliveries[0])
    earlier = earlier_delivery(get_delivery(deliveries[1]))
    assert earlier is not None
    assert earlier.name == "June"
    assert [row.name for row in list_templates()] == ["Monthly"]
    save_template(use(template, name="Each month"), Aim(), number=made, **WHO)
    assert get_template(made).aim == Aim()
    with pytest.raises(InputError, match="already"):
        template_from(first, name="Each month", **WHO)
    delete_template(made, **WHO)
    assert list_templates() == []


def test_two_who_take_a_templates_name_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    save_template(new_delivery(name="Monthly"), Aim(), **WHO)
    monkeypatch.setattr(templates, "template_named", lambda name: None)
    with pytest.raises(InputError, match="a template named 'Monthly' already"):
        save_template(new_delivery(name="Monthly"), Aim(), **WHO)
    assert len(list_templates()) == 1


def test_who_changes_a_template_that_another_changed_meanwhile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    number = save_template(new_delivery(name="Monthly"), Aim(), **WHO)
    seen = get_template(number)
    edit_template(number, {"subject": "From the first"}, **WHO)
    held = templates.get_template
    monkeypatch.setattr(templates, "get_template", lambda number, lock=False: held(number) if lock else seen)
    with pytest.raises(ChangedError, match="subject"):
        edit_template(number, {"subject": "From the second"}, **WHO)
    assert held(number).subject == "From the first"


def test_the_people_of_a_file_are_no_templates_target(tmp_path: Any) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,email\n1,a@x.example\n")
    delivery = create_delivery(new_delivery(), target=file, **WHO).id
    assert get_template(template_from(delivery, name="T", **WHO)).aim == Aim()


def test_who_ends_the_subscription_before_their_turn_is_left_out() -> None:
    people()
    number = audiences.create_service("Newsletter", **WHO)
    for external_id in ("p0", "p1"):
        audiences.subscribe(number, external_id, **WHO)
    delivery = create_delivery(new_delivery(), aim=Aim(Target.SERVICE, number), **WHO).id
    run(delivery)
    audiences.unsubscribe(number, "p0", **WHO)
    clock = JumpingClock()
    sender = MemorySender(clock, answer=accept)
    run_send(delivery, sender=sender)
    assert [one.recipient for one in sender.taken] == ["b@x.example"]
    counts = assert_equations(delivery)
    assert counts.exclusions == {(Reason.EXCLUDED_BY_RULE, ExclusionCause.OPTED_OUT): 1}


def test_the_second_of_two_who_take_a_name_at_the_same_instant_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiences, "_free", lambda *_, **__: None)  # both looked before either wrote
    group = audiences.read_filter({"match": "all", "parts": []})
    for create in (audiences.create_list, audiences.create_service):
        create("June", now=NOW, actor="one")
        with pytest.raises(InputError, match="named 'June' already"):
            create("June", now=NOW, actor="other")
    audiences.save_segment("June", group, now=NOW, actor="one")
    with pytest.raises(InputError, match="named 'June' already"):
        audiences.save_segment("June", group, now=NOW, actor="other")
