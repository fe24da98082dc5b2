"""What came while the rules of an operation were in force is judged by those that its undoing brought back."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rebond.core.failure import Verdict
from rebond.core.qualifier import Qualifier
from rebond.core.words import Phase
from rebond.services.judge_text import judge, same_verdict, stands_for, status_of
from rebond.store.read.qualifications import Circumstance, count_circumstances, find_qualifications, judged_by
from rebond.store.write.requalify import StoredFailure
from rebond.store.write.rules import Running, judge_qualifications, left_rules, lock_qualifications


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """Which rules of an operation spoke, and which rule it left the texts to that it changed."""

    spoke: frozenset[str]
    left_to: Mapping[int, str]

    @classmethod
    def of(cls, running: Running) -> "Meanwhile":
        """Tell it of an operation that changed rules; of another nothing spoke."""
        before, after = running.rules_before, running.rules_after
        changed = {name for name in before if before[name] != after[name]}
        spoke = frozenset(name for name in changed if after[name] is not None)
        return cls(spoke=spoke, left_to=left_rules(running.number) if changed else {})

    def texts(self) -> frozenset[int]:
        """List the texts that its rules decide still, though they are gone or other ones now."""
        return frozenset(row.number for row in judged_by(self.spoke))

    def verdicts(self, qualifier: Qualifier, failures: Sequence[StoredFailure]) -> dict[int, Verdict]:
        """Judge those of some failures that were judged meanwhile, and are judged otherwise now."""
        came = [item for item in failures if self._judged(item)]
        rows = {row.number: row for row in find_qualifications({item.circumstance.qualification for item in came})}
        judged: dict[Circumstance, Verdict] = {}
        found = {}
        for item in came:
            about = item.circumstance
            if about not in judged:
                judged[about] = judge(qualifier, rows[about.qualification], about)
            if judged[about].rule != item.verdict.rule or not same_verdict(judged[about], item.verdict):
                found[item.id] = judged[about]
        return found

    def _judged(self, item: StoredFailure) -> bool:
        rule = item.verdict.rule
        return rule in self.spoke or rule == self.left_to.get(item.circumstance.qualification)


def rejudge_texts(qualifier: Qualifier, numbers: Collection[int]) -> None:
    """Judge texts anew that stand for nothing of what their failures are judged as."""
    situations: dict[int, Counter[Circumstance]] = {}
    for about, count in count_circumstances(numbers).items() if numbers else ():
        situations.setdefault(about.qualification, Counter())[about] = count
    changes = []
    for row in lock_qualifications(numbers):
        abouts = situations.get(row.number) or Counter({Circumstance(row.number, Phase.REPORT, 0, ""): 0})
        verdicts = [judge(qualifier, row, about) for about, _ in abouts.most_common()]
        if not any(stands_for(row.verdict, verdict) for verdict in verdicts):
            changes.append((row, verdicts[0], status_of(verdicts[0], before=row.status)))
    judge_qualifications(changes)
