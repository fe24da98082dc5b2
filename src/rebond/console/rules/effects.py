"""A back-test as its panel shows it."""

from collections.abc import Collection
from dataclasses import dataclass

from rebond.core.words import AddressStatus
from rebond.services.backtest import Backtested, Effect, TextChange

_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEffect:
    """The parts of a back-test, the largest first: moves between statuses, texts beside those decided, and of whom."""

    moves: tuple[tuple[AddressStatus, AddressStatus, int], ...]
    others: tuple[TextChange, ...]
    providers: tuple[tuple[str, Effect], ...]
    deliveries: tuple[tuple[int | None, Effect], ...]


def shown_effect(found: Backtested, *, decided: Collection[int] = ()) -> ShownEffect:
    """Sort a back-test for a panel; `decided` are the texts that it is about."""
    moves = []
    for words, number in sorted(found.statuses.items(), key=lambda item: -item[1]):
        was, _, now = words.partition(" → ")
        moves.append((AddressStatus(was), AddressStatus(now), number))
    changes = sorted(found.plan.changes, key=lambda change: -change.failures)
    others = tuple(change for change in changes if change.row.number not in decided)
    return ShownEffect(
        moves=tuple(moves),
        others=others,
        providers=_largest(found.by_provider.items()),
        deliveries=_largest(found.by_delivery.items()),
    )


def _largest(effects: Collection[tuple[object, Effect]]) -> tuple:  # type: ignore[type-arg]
    return tuple(sorted(effects, key=lambda item: -item[1].failures)[:_MOST])
