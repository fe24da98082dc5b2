"""What a delivery's target can be chosen from."""

from collections.abc import Sequence
from dataclasses import dataclass

from rebond.store.read.targets import people_lists, segments, services


@dataclass(frozen=True, slots=True)
class Choices:
    """The segments, lists and services that there are, as number and name."""

    segments: Sequence[tuple[int, str]]
    lists: Sequence[tuple[int, str]]
    services: Sequence[tuple[int, str]]


def choices() -> Choices:
    """Return what a target can be chosen from."""
    return Choices(
        segments=[(one.id, one.name) for one in segments()],
        lists=[(one.id, one.name) for one in people_lists()],
        services=[(one.id, one.name) for one in services()],
    )
