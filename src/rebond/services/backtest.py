"""What a change of rules would do to all that is stored, judged text by text; nothing is written (specification 03).

Failures with one text, in one phase and with the same codes get one verdict: a million of them cost as many matches as
they have texts.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rebond.core.failure import AddressState, Evidence, Verdict
from rebond.core.policy import Policy
from rebond.core.qualifier import Qualifier
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus, Phase, QualificationStatus
from rebond.services.judge_text import judge, same_verdict, stands_for, status_of
from rebond.store.read.evidence import AddressKey, evidence_of, snapshots_of, states_of
from rebond.store.read.qualifications import (
    Circumstance,
    QualificationRow,
    TextFailure,
    addresses_with,
    count_circumstances,
    count_verdicts,
    failures_of,
    list_qualifications,
)

_MOST_SAMPLES = 20
_IGNORE = QualificationStatus.IGNORE


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """One text that would be judged otherwise in some circumstances: how, and how many stored failures change."""

    row: QualificationRow
    before: Verdict
    after: Verdict
    status: QualificationStatus
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The difference that other rules make: by circumstance for the failures, by text for the qualifications."""

    texts: int
    failures: int
    verdicts: Mapping[Circumstance, Verdict]
    changes: tuple[TextChange, ...]

    @property
    def changed(self) -> int:
        """Count the stored failures whose verdict changes."""
        return sum(change.failures for change in self.changes)


@dataclass(slots=True)
class Effect:
    """How many failures change verdict, and how many addresses would leave and enter quarantine."""

    failures: int = 0
    leaving: int = 0
    entering: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtested:
    """What a change would do: in all, by provider, and by delivery (None: what no delivery of ours was about).

    `addresses` are those that have a failure that would be judged otherwise, or count no more, or again.
    """

    plan: Plan
    total: Effect
    addresses: int
    by_provider: Mapping[str, Effect]
    by_delivery: Mapping[int | None, Effect]
    statuses: Mapping[str, int]
    sample: tuple[str, ...] = ()

    @property
    def no_effect(self) -> bool:
        """Tell a change after which every stored failure and every address is as before, whichever rule speaks."""
        return not self.total.failures and not self.addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A text in one circumstance: how many failures that is, what they were judged as, and what they are to be."""

    row: QualificationRow
    about: Circumstance
    failures: int
    was: Verdict
    now: Verdict


def compare(after: Qualifier, *, before: Qualifier) -> Plan:
    """Find what other rules make of each stored text; only what the rules themselves change is touched."""
    rows = _texts()
    counts = _every(rows, count_circumstances())
    judged = (
        _Judged(row=row, about=about, failures=number, was=judge(before, row, about), now=judge(after, row, about))
        for about, number in counts.items()
        for row in [rows[about.qualification]]
    )
    different = [one for one in judged if one.was.rule != one.now.rule or not same_verdict(one.was, one.now)]
    return _plan(different, texts=len(rows), failures=sum(counts.values()))


def compare_stored(after: Qualifier, *, rules: Collection[str] = ()) -> Plan:
    """Find the failures and texts whose verdict is no longer what the rules say (with `rules`: one of these)."""
    rows = _texts()
    stored: dict[Circumstance, Counter[Verdict]] = {}
    for about, verdict, number in count_verdicts():
        stored.setdefault(about, Counter())[verdict] = number
    counts = _every(rows, {about: found.total() for about, found in stored.items()})
    judged = []
    for about, number in counts.items():
        row = rows[about.qualification]
        now = judge(after, row, about)
        was = next((verdict for verdict in stored.get(about, ()) if not same_verdict(verdict, now)), now)
        judged.append(_Judged(row=row, about=about, failures=number, was=was, now=now))
    different = [one for one in judged if not same_verdict(one.was, one.now)]
    different += _outdated(judged)
    if wanted := frozenset(rules):
        different = [one for one in different if wanted & {one.was.rule, one.now.rule, one.row.verdict.rule}]
    return _plan(different, texts=len(rows), failures=sum(counts.values()))


def _outdated(judged: Iterable[_Judged]) -> Iterable[_Judged]:
    """Find the texts that stand for none of what their failures are to be: each stands for one circumstance of many."""
    by_text: dict[int, list[_Judged]] = {}
    for one in judged:
        by_text.setdefault(one.row.number, []).append(one)
    for found in by_text.values():
        said = found[0].row.verdict
        if not any(stands_for(said, one.now) for one in found):
            main = max(found, key=lambda one: one.failures)
            yield replace(main, failures=0, was=said)


def _texts() -> dict[int, QualificationRow]:
    return {row.number: row for row in list_qualifications()}


def _plan(different: Iterable[_Judged], *, texts: int, failures: int) -> Plan:
    verdicts: dict[Circumstance, Verdict] = {}
    main: dict[int, _Judged] = {}
    for one in different:
        if one.failures and not same_verdict(one.was, one.now):
            verdicts[one.about] = one.now
        if one.row.number not in main or one.failures >= main[one.row.number].failures:
            main[one.row.number] = one
    changing = _changing(verdicts)
    changes = tuple(
        TextChange(
            row=one.row,
            before=one.was,
            after=one.now,
            status=status_of(one.now, before=one.row.status),
            failures=changing[number],
        )
        for number, one in sorted(main.items())
    )
    return Plan(texts=texts, failures=failures, verdicts=verdicts, changes=changes)


def _every(rows: Collection[int], counts: Mapping[Circumstance, int]) -> dict[Circumstance, int]:
    """Give each text a circumstance, also where its failures are gone."""
    seen = {about.qualification for about in counts}
    gone = {Circumstance(number, Phase.REPORT, 0, ""): 0 for number in rows if number not in seen}
    return {**{about: number for about, number in counts.items() if about.qualification in rows}, **gone}


def _changing(verdicts: Mapping[Circumstance, Verdict]) -> Counter[int]:
    """Count, by text, the failures whose stored verdict is not yet what it is to be."""
    found: Counter[int] = Counter()
    if verdicts:
        for about, stored, count in count_verdicts({about.qualification for about in verdicts}):
            if about in verdicts and not same_verdict(stored, verdicts[about]):
                found[about.qualification] += count
    return found


def backtest(plan: Plan, *, policy: Policy, on_progress: Callable[[int], None] | None = None) -> Backtested:
    """Fold the addresses that a plan touches with the verdicts that it gives, and count who would leave and enter."""
    test = _Test(plan, policy)
    numbers = {about.qualification for about in plan.verdicts} | test.ignored_or_not
    looked_at = 0
    for page in addresses_with(numbers) if numbers else ():
        test.look_at(page, numbers)
        looked_at += len(page)
        if on_progress:
            on_progress(looked_at)
    for change in plan.changes:
        test.by_provider.setdefault(change.row.provider, Effect()).failures += change.failures
    test.total.failures = plan.changed
    return Backtested(
        plan=plan,
        total=test.total,
        addresses=test.addresses,
        by_provider=dict(sorted(test.by_provider.items())),
        by_delivery=dict(sorted(test.by_delivery.items(), key=lambda item: item[0] or 0)),
        statuses=dict(test.statuses),
        sample=tuple(test.sample),
    )


@dataclass(slots=True)
class _Test:
    plan: Plan
    policy: Policy
    total: Effect = field(default_factory=Effect)
    addresses: int = 0
    by_provider: dict[str, Effect] = field(default_factory=dict)
    by_delivery: dict[int | None, Effect] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    sample: list[str] = field(default_factory=list)
    ignored: frozenset[int] = field(init=False)
    ignored_or_not: frozenset[int] = field(init=False)  # their failures count no more, or count again

    def __post_init__(self) -> None:
        changes = self.plan.changes
        self.ignored = frozenset(change.row.number for change in changes if change.status is _IGNORE)
        before = frozenset(change.row.number for change in changes if change.row.status is _IGNORE)
        self.ignored_or_not = self.ignored ^ before

    def look_at(self, page: Sequence[AddressKey], numbers: Collection[int]) -> None:
        """Fold a page of addresses anew, and note whose status changes."""
        touched: dict[AddressKey, list[TextFailure]] = {}
        for failure in failures_of(page, numbers=numbers):
            about = failure.circumstance
            if about in self.plan.verdicts or about.qualification in self.ignored_or_not:
                touched.setdefault(failure.about, []).append(failure)
        before = states_of(touched)
        for address, after in self._folded(touched):
            self.addresses += 1
            was = before[address].state.status if address in before else AddressStatus.VALID
            if was is not after.status:
                self._note(address, touched[address], was, after.status)

    def _folded(self, touched: Mapping[AddressKey, Sequence[TextFailure]]) -> Iterable[tuple[AddressKey, AddressState]]:
        evidence, snapshots = evidence_of(touched), snapshots_of(touched)
        for address, failures in touched.items():
            failed = {failure.identity: failure for failure in failures}
            items = [self._changed(item, failed.get(item.identity)) for item in evidence[address]]
            if items != list(evidence[address]):
                yield address, fold(self.policy, snapshots.get(address), items, channel=address.channel)

    def _changed(self, item: Evidence, failure: TextFailure | None) -> Evidence:
        """Give a piece of evidence the verdict that it would have, and what becomes of its text."""
        if failure is None or item.verdict is None:
            return item
        verdict = self.plan.verdicts.get(failure.circumstance, item.verdict)
        number = failure.circumstance.qualification
        if same_verdict(verdict, item.verdict):
            return replace(item, text_ignored=number in self.ignored) if number in self.ignored_or_not else item
        self.by_delivery.setdefault(failure.delivery, Effect()).failures += 1
        return replace(item, verdict=verdict, text_ignored=number in self.ignored)

    def _note(
        self, address: AddressKey, failures: Sequence[TextFailure], was: AddressStatus, now: AddressStatus
    ) -> None:
        self.statuses[f"{was} → {now}"] += 1
        if len(self.sample) < _MOST_SAMPLES:
            self.sample.append(f"{address.channel}:{address.key}: {was} → {now}")
        last = failures[-1]
        effects = (
            self.total,
            self.by_provider.setdefault(last.provider, Effect()),
            self.by_delivery.setdefault(last.delivery, Effect()),
        )
        for effect in effects:
            effect.leaving += was is AddressStatus.QUARANTINED
            effect.entering += now is AddressStatus.QUARANTINED
