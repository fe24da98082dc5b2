"""Segments, lists and services: whom deliveries can go to, and who is among them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from rebond.core.said import said, words_of
from rebond.core.segment import Group, SegmentError, read_group, written
from rebond.services.errors import InputError, NotFoundError, no_profile
from rebond.services.hold_person import hold_person
from rebond.store.read import targets as read
from rebond.store.read.deliveries import Aim, Target
from rebond.store.read.people import find_profile
from rebond.store.read.targets import Audience, Counted, SegmentRow
from rebond.store.write import targets as write
from rebond.store.write.audit import add_audit

LOOK = 50_000
_SHOWN = 20
_BATCH = 5_000
_MOST_NAME = 255
_WORDS = {"list": said("list"), "service": said("service"), "segment": said("segment")}


@dataclass(frozen=True, slots=True)
class ShownSegment:
    """A segment, and who is in it: counted among the first profiles."""

    segment: SegmentRow
    counted: Counted


def list_segments() -> Sequence[SegmentRow]:
    """Return all segments by name."""
    return read.segments()


def list_lists() -> Sequence[Audience]:
    """Return all lists by name."""
    return read.people_lists()


def list_services() -> Sequence[Audience]:
    """Return all services by name."""
    return read.services()


def get_segment(number: int) -> SegmentRow:
    """Return a segment; NotFoundError when there is no such."""
    row = read.read_segment(number) if 0 < number < 2**63 else None
    if row is None:
        raise NotFoundError(said("there is no segment {number}", number=number))
    return row


def show_segment(number: int, *, look: int = LOOK) -> ShownSegment:
    """Return a segment with its people counted; NotFoundError when there is no such."""
    segment = get_segment(number)
    return ShownSegment(segment, count(segment.filter, look=look))


def count(group: Group, *, look: int = LOOK) -> Counted:
    """Count whom a filter takes, among at most so many profiles."""
    return read.count_segment(group, look=look, show=_SHOWN)


def find_aim(kind: str, name: str) -> Aim:
    """Return the target that a `segment`, `list` or `service` of this name is; InputError when there is none."""
    target = Target(kind)
    rows: Sequence[Audience] | Sequence[SegmentRow] = (
        list_segments() if target is Target.SEGMENT else list_lists() if target is Target.LIST else list_services()
    )
    for one in rows:
        if one.name == name:
            return Aim(target, one.id)
    words = _WORDS[kind]
    raise InputError(
        said("there is no {kind} named {name!r}: rebond {command} list shows them", kind=words, name=name, command=kind)
    )


def read_filter(given: Any) -> Group:
    """Read a filter as it is sent; InputError says what is wrong with it."""
    try:
        return read_group(given)
    except SegmentError as error:
        raise InputError(words_of(error)) from None


def save_segment(name: str, group: Group, *, now: datetime, actor: str, number: int | None = None) -> int:
    """Store a segment, new or instead of the one of that number; InputError, NotFoundError."""
    name = _named(name, "segment")
    if number is not None:
        get_segment(number)
    _free(name, list_segments(), kind="segment", number=number)
    with _named_once(name, kind="segment"), transaction.atomic():
        saved = write.save_segment(name, group, now=now, number=number)
        after = {"name": name, "filter": written(group)}
        add_audit("segment.save", subject=f"segment:{saved}", actor=actor, now=now, after=after)
    return saved


def put_segment(name: str, group: Group, *, now: datetime, actor: str) -> int:
    """Store a segment under its name, new or instead of the one that has it; returns its number. InputError."""
    number = next((one.id for one in list_segments() if one.name == name.strip()), None)
    return save_segment(name, group, now=now, actor=actor, number=number)


def delete_segment(number: int, *, now: datetime, actor: str) -> None:
    """Forget a segment; a delivery that was to go to it then has nobody. NotFoundError."""
    segment = get_segment(number)
    with transaction.atomic():
        write.delete_segment(number)
        add_audit("segment.delete", subject=f"segment:{number}", actor=actor, now=now, before={"name": segment.name})


def create_list(name: str, *, now: datetime, actor: str) -> int:
    """Make an empty list; returns its number. InputError."""
    return _create("list", name, list_lists(), write.add_list, now=now, actor=actor)


def create_service(name: str, *, now: datetime, actor: str) -> int:
    """Make a service without subscribers; returns its number. InputError."""
    return _create("service", name, list_services(), write.add_service, now=now, actor=actor)


def _create(
    kind: str, name: str, known: Sequence[Audience], add: Callable[..., int], *, now: datetime, actor: str
) -> int:
    name = _named(name, kind)
    _free(name, known, kind=kind, number=None)
    with _named_once(name, kind=kind), transaction.atomic():
        made = add(name, now=now)
        add_audit(f"{kind}.create", subject=f"{kind}:{made}", actor=actor, now=now, after={"name": name})
    return made


def get_list(number: int) -> Audience:
    """Return a list; NotFoundError when there is no such."""
    return _among(list_lists(), number, "list")


def get_service(number: int) -> Audience:
    """Return a service; NotFoundError when there is no such."""
    return _among(list_services(), number, "service")


def _among(rows: Sequence[Audience], number: int, kind: str) -> Audience:
    for row in rows:
        if row.id == number:
            return row
    raise NotFoundError(said("there is no {kind} {number:d}", kind=_WORDS[kind], number=number))


def delete_list(number: int, *, now: datetime, actor: str) -> None:
    """Forget a list; its people stay. NotFoundError."""
    _delete("list", get_list(number), now=now, actor=actor)


def delete_service(number: int, *, now: datetime, actor: str) -> None:
    """Forget a service and its subscriptions; the people stay. NotFoundError."""
    _delete("service", get_service(number), now=now, actor=actor)


def _delete(kind: str, found: Audience, *, now: datetime, actor: str) -> None:
    before = {"name": found.name, "people": found.number}
    add_audit(f"{kind}.delete", subject=f"{kind}:{found.id}", actor=actor, now=now, before=before)
    while not write.delete_audience(kind, found.id, limit=_BATCH):
        pass


def change_list(number: int, external_id: str, *, on: bool, now: datetime, actor: str) -> bool:
    """Put a profile on a list, or take it off; false when nothing changed. NotFoundError."""
    get_list(number)
    profile = _profile(external_id)
    with transaction.atomic():
        hold_person(profile, external_id)
        changed = (write.enlist if on else write.delist)(number, [profile])
        if changed:
            what = "list.add" if on else "list.remove"
            add_audit(what, subject=f"list:{number}", actor=actor, now=now, after={"profile": profile})
    return bool(changed)


def subscribe(number: int, external_id: str, *, now: datetime, actor: str) -> bool:
    """Subscribe a profile to a service; false when it was. NotFoundError."""
    get_service(number)
    profile = _profile(external_id)
    with transaction.atomic():
        hold_person(profile, external_id)
        changed = write.subscribe(number, profile, now=now, origin="person")
        if changed:
            after = {"profile": profile}
            add_audit("service.subscribe", subject=f"service:{number}", actor=actor, now=now, after=after)
    return changed


def unsubscribe(number: int, external_id: str, *, now: datetime, actor: str) -> bool:
    """End a profile's subscription to a service; false when there was none. NotFoundError."""
    get_service(number)
    profile = _profile(external_id)
    with transaction.atomic():
        hold_person(profile, external_id)
        changed = write.unsubscribe(number, profile)
        if changed:
            before = {"profile": profile}
            add_audit("service.unsubscribe", subject=f"service:{number}", actor=actor, now=now, before=before)
    return changed


def _profile(external_id: str) -> int:
    number = find_profile(external_id)
    if number is None:
        raise no_profile(external_id)
    return number


def _named(name: str, kind: str) -> str:
    name = name.strip()
    if not name or len(name) > _MOST_NAME or "\0" in name:
        raise InputError(
            said("a {kind}'s name has 1 to {most_name} characters", kind=_WORDS[kind], most_name=_MOST_NAME)
        )
    return name


def _free(name: str, known: Sequence[Audience] | Sequence[SegmentRow], *, kind: str, number: int | None) -> None:
    if any(one.name == name and one.id != number for one in known):
        raise _taken(name, kind=kind)


def _taken(name: str, *, kind: str) -> InputError:
    return InputError(
        said("there is a {kind} named {name!r} already: give it another name", kind=_WORDS[kind], name=name)
    )


@contextmanager
def _named_once(name: str, *, kind: str) -> Iterator[None]:
    """Tell whoever took the same name at the same instant what those are told who came later."""
    try:
        yield
    except IntegrityError:
        raise _taken(name, kind=kind) from None
