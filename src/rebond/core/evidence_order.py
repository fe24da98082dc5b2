"""Evidence in the order in which it acts, and what of it other evidence makes void or takes back."""

from collections.abc import Iterable

from rebond.core.failure import Event, Evidence

_ORDER = {event: place for place, event in enumerate(Event)}


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Sort by time, each identity once."""
    found: dict[str, Evidence] = {}
    for item in sorted(evidence, key=lambda item: (item.at, _ORDER[item.event], item.identity)):
        found.setdefault(item.identity, item)
    return tuple(found.values())


def voided(ordered: Iterable[Evidence]) -> frozenset[str]:
    """Collect what undo events make void; an undo that is itself void voids nothing."""
    undos = [item for item in ordered if item.event is Event.UNDO]
    if not undos:
        return frozenset()
    named = {identity for item in undos for identity in item.voids}
    void: set[str] = set()
    # The latest decides first; of the same instant, the one that no other names.
    for item in sorted(undos, key=lambda item: (item.at, item.identity not in named), reverse=True):
        if item.identity not in void:
            void |= item.voids
    return frozenset(void)


def retracted(evidence: Iterable[Evidence]) -> frozenset[str]:
    """Find the successes that a later hard or soft failure of the same message takes back.

    A returned mail is later than the success by nature, even when its clock says otherwise.
    """
    successes: dict[str, list[Evidence]] = {}
    failures: dict[str, list[Evidence]] = {}
    for item in evidence:
        if not item.message or not item.trusted:
            continue
        if item.event is Event.DELIVERED:
            successes.setdefault(item.message, []).append(item)
        elif item.verdict and not item.verdict.harmless:
            failures.setdefault(item.message, []).append(item)
    return frozenset(
        success.identity
        for message, found in successes.items()
        for success in found
        if any(failure.asynchronous or failure.at >= success.at for failure in failures.get(message, ()))
    )
