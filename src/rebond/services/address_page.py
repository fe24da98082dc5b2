"""All that one page says of an address: why it is as it is, what its texts were matched by, what would free it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rebond.core.address import ParsedAddress
from rebond.core.evidence_order import in_order, voided
from rebond.core.failure import AddressState, Event, Evidence, Judgement
from rebond.core.policy import Counting, Policy
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.normalise import fold
from rebond.core.quarantine import ways_out
from rebond.core.words import AddressStatus
from rebond.services.why import Why, why
from rebond.store.read.evidence_details import EvidenceDetail, evidence_details

MOST_SHOWN = 200
_PEOPLES = frozenset({Event.RELEASED, Event.QUARANTINED, Event.DENYLISTED, Event.ALLOWLISTED})
Marked = Sequence[tuple[str, bool]]
_NOTHING_BESIDE = EvidenceDetail()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One piece of evidence: what the arithmetic made of it, its text in pieces (True: matched), what it came with.

    `before` and `counted_before` are the status and the counter that it met. `rule_known`: its rule is in force.
    `can_undo`: a person did it, and nobody has undone it.
    """

    judgement: Judgement
    before: AddressStatus
    counted_before: int
    text: Marked
    detail: EvidenceDetail
    rule_known: bool
    can_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """What is known of an address: `steps`, the latest first, without as many older ones as `unshown` counts."""

    address: ParsedAddress
    why: Why
    counting: Counting
    steps: Sequence[Step]
    unshown: int
    ways_out: Sequence[Event]

    @property
    def gap_hours(self) -> int:
        """How far apart errors must be to count."""
        return int(self.counting.gap.total_seconds() // 3600)

    @property
    def unheard_of(self) -> bool:
        """Tell whether nothing at all is known of it."""
        found = self.why
        return not (found.judgements or found.snapshot or found.others or found.denials) and found.state.plain


def address_page(address: ParsedAddress, *, policy: Policy, qualifier: Qualifier) -> AddressPage:
    """Explain an address with what its evidence came with."""
    found = why(address, policy=policy)
    shown = found.judgements[-MOST_SHOWN:]
    details = evidence_details([one.evidence.identity for one in shown])
    void = voided(in_order([one.evidence for one in found.judgements]))
    rules = frozenset(rule.id for rule in qualifier.engine.pack.rules)
    first = found.snapshot.state if found.snapshot else AddressState()
    met = [(first.status, first.error_count), *((one.status, one.error_count) for one in found.judgements)]
    steps = [
        _step(one, met=before, details=details, rules=rules, void=void, qualifier=qualifier)
        for before, one in zip(met[-len(shown) - 1 :], shown, strict=False)
    ]
    return AddressPage(
        address=address,
        why=found,
        counting=policy.counting(address.channel),
        steps=steps[::-1],
        unshown=len(found.judgements) - len(shown),
        ways_out=ways_out(found.state),
    )


def _step(
    judgement: Judgement,
    *,
    met: tuple[AddressStatus, int],
    details: Mapping[str, EvidenceDetail],
    rules: frozenset[str],
    void: frozenset[str],
    qualifier: Qualifier,
) -> Step:
    item = judgement.evidence
    return Step(
        judgement=judgement,
        before=met[0],
        counted_before=met[1],
        text=_marked(item, qualifier),
        detail=details.get(item.identity, _NOTHING_BESIDE),
        rule_known=item.verdict is not None and item.verdict.rule in rules,
        can_undo=item.event in _PEOPLES and item.identity not in void,
    )


def _marked(item: Evidence, qualifier: Qualifier) -> Marked:
    span = matched_words(item.text, rule=item.verdict.rule, qualifier=qualifier) if item.verdict else None
    if span is None:
        return [(item.text, False)] if item.text else []
    start, end = span
    pieces = [(item.text[:start], False), (item.text[start:end], True), (item.text[end:], False)]
    return [(text, marked) for text, marked in pieces if text]


def matched_words(text: str, *, rule: str, qualifier: Qualifier) -> tuple[int, int] | None:
    """Tell which characters of a text its rule matched, or hold the code that decided; None when none do."""
    kind, colon, code = rule.partition(":")
    if colon and kind in ("code", "smtp"):
        start = text.find(code)
        return (start, start + len(code)) if start >= 0 else None
    return qualifier.engine.span(rule, fold(text))
