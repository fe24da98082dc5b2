"""A delivery's failures, grouped for the reader."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from rebond.console.charts import share_bar
from rebond.store.read.delivery_sums import FailureSum


@dataclass(frozen=True, slots=True)
class Group:
    """Failures that have something in common: what, how many while sending, how many after delivery."""

    by: tuple[Any, ...]
    failed: int
    returned: int
    bar: SafeString

    @property
    def number(self) -> int:
        return self.failed + self.returned


def grouped(sums: Sequence[FailureSum]) -> dict[str, Any]:
    """Group the failures by verdict, by who must act, and by provider."""
    return {
        "verdicts": _by(sums, lambda one: (one.type, one.reason, one.cause, one.owner)),
        "owners": _by(sums, lambda one: (one.owner,)),
        "providers": _by(sums, lambda one: (one.provider,)),
        "number": sum(one.number for one in sums),
    }


def _by(sums: Iterable[FailureSum], key: Callable[[FailureSum], tuple[StrEnum | str | None, ...]]) -> list[Group]:
    numbers: dict[tuple[Any, ...], list[int]] = {}
    for one in sums:
        numbers.setdefault(key(one), [0, 0])[one.returned] += one.number
    most = max((failed + returned for failed, returned in numbers.values()), default=0)
    groups = [
        Group(by, failed, returned, _bar(failed, returned, of=most)) for by, (failed, returned) in numbers.items()
    ]
    return sorted(groups, key=lambda group: (-group.number, [str(part or "") for part in group.by]))


def _bar(failed: int, returned: int, *, of: int) -> SafeString:
    parts = ((gettext("Failed while sending"), failed, 2), (gettext("Returned after delivery"), returned, 5))
    return share_bar([part for part in parts if part[1]], of=of)
