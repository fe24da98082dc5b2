"""The deliverability team's queue: distinct texts put together, how many wait on each, and what they may mean."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db import transaction

from rebond.core.failure import Verdict
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.cluster import Text, clusters, telling_words
from rebond.core.qualify.generate import generate_pattern
from rebond.core.qualify.rules import Rule
from rebond.core.qualify.suggest import Known, Suggester, Suggestion
from rebond.core.words import Channel, QualificationStatus
from rebond.services.alerts import end_for_texts
from rebond.services.errors import no_qualification
from rebond.store.read.qualifications import QualificationRow, count_waiting, list_qualifications
from rebond.store.write.audit import add_audit
from rebond.store.write.rules import lock_qualifications, reset_count, take_turn

MOST_SHOWN = 100_000
_MOST_TEXTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Texts that are alike, the most frequent first: one decision settles them all."""

    texts: tuple[QualificationRow, ...]
    count: int
    addresses: int
    suggestion: Suggestion | None

    @property
    def number(self) -> int:
        """The number of its most frequent text, which stands for it."""
        return self.texts[0].number

    @property
    def badged(self) -> bool:
        """Tell whether one of its texts was seen again."""
        return any(row.badged for row in self.texts)


class Queue:
    """All distinct texts as they are now.

    `rules` gives the rules whose examples are neighbours beside the qualified texts; read when first needed.
    """

    def __init__(
        self, qualifier: Qualifier, *, channel: Channel | None = None, rules: Callable[[], Iterable[Rule]] = tuple
    ) -> None:
        self.rows = list_qualifications(channel=channel)
        self._telling = telling_words(rule.text for rule in qualifier.engine.pack.rules)
        self._qualifier, self._rules = qualifier, rules

    @cached_property
    def suggester(self) -> Suggester:
        """What tells the meaning of texts by those that are qualified; made when first asked for."""
        known = [
            Known(row.number, row.template, row.verdict)
            for row in self.rows
            if row.status is not QualificationStatus.TO_QUALIFY and not row.by_code
        ]
        return Suggester([*known, *_examples(self._rules(), self._qualifier)])

    def clusters(self) -> list[Cluster]:
        """Put what is to be qualified together; those that most addresses wait on come first."""
        return [self.suggested(cluster) for cluster in self.by_weight()]

    def by_weight(self, *, count: Callable[[Collection[int]], dict[int, int]] = count_waiting) -> list[Cluster]:
        """Return the same as `clusters`, without what they may mean: to tell that of very many takes seconds.

        `count` tells how many addresses wait on each of some texts.
        """
        waiting = {row.number: row for row in self.rows if row.status is QualificationStatus.TO_QUALIFY}
        addresses = count(waiting)
        found = [_cluster([waiting[number] for number in group], addresses) for group in self._groups(waiting)]
        return sorted(found, key=lambda cluster: (-cluster.addresses, -cluster.count, cluster.number))

    def suggested(self, cluster: Cluster) -> Cluster:
        """Say what a cluster may mean."""
        numbers = frozenset(row.number for row in cluster.texts)
        return replace(cluster, suggestion=self.suggester.suggest(cluster.texts[0].template, without=numbers))

    def cluster_of(self, row: QualificationRow) -> Cluster:
        """Find the texts to be qualified that are like one; one that is qualified stands alone."""
        alike = [row]
        if row.status is QualificationStatus.TO_QUALIFY:
            waiting = {one.number: one for one in self.rows if one.status is QualificationStatus.TO_QUALIFY}
            group = next(group for group in self._groups(waiting) if row.number in group)
            alike = [waiting[number] for number in group]
        return self.suggested(_cluster(alike, count_waiting({one.number for one in alike})))

    def row(self, number: int) -> QualificationRow:
        """Find a text; NotFoundError when there is none of this number."""
        found = next((row for row in self.rows if row.number == number), None)
        if found is None:
            raise no_qualification(number)
        return found

    def pattern_for(self, texts: Sequence[QualificationRow]) -> str | None:
        """Make a pattern that these texts share and that no text of another reason matches."""
        mine = {row.number for row in texts}
        reasons = {row.verdict.reason for row in texts}
        others = [row.text for row in self.rows if row.number not in mine and row.verdict.reason not in reasons]
        return generate_pattern([row.text for row in texts[:_MOST_TEXTS]], others=others)

    def _groups(self, waiting: Collection[int]) -> list[tuple[int, ...]]:
        texts = [Text(row.number, row.channel, row.template, row.count) for row in self.rows if row.number in waiting]
        return clusters(texts, telling=self._telling)


def _cluster(rows: Sequence[QualificationRow], addresses: dict[int, int]) -> Cluster:
    return Cluster(
        texts=tuple(rows),
        count=sum(row.count for row in rows),
        addresses=sum(addresses.get(row.number, 0) for row in rows),
        suggestion=None,
    )


def _examples(rules: Iterable[Rule], qualifier: Qualifier) -> Iterator[Known]:
    for rule in rules:
        verdict = Verdict(type=rule.type, reason=rule.reason, cause=rule.cause, rule=rule.id)
        for example in rule.examples:
            yield Known(0, qualifier.template(example.text), verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A text that is counted from nothing again; `operation` undoes it, None when there was nothing to reset."""

    row: QualificationRow
    operation: int | None

    @property
    def number(self) -> int:
        """The number of the text."""
        return self.row.number


def reset(number: int, *, actor: str, now: datetime, because: str) -> Reset:
    """Count a text from nothing again, as an audited operation: undone, what was counted before is added again."""
    with transaction.atomic():
        take_turn()
        found = lock_qualifications([number])
        if not found:
            raise no_qualification(number)
        before = found[0].count
        if not before:
            return Reset(row=found[0], operation=None)
        operation = reset_count(found[0], actor=actor, because=because, now=now)
        end_for_texts([number], because="reset", now=now, operation=operation)
        add_audit(
            "qualification.reset",
            subject=f"qualification {number}",
            actor=actor,
            now=now,
            before=before,
            after={"count": 0, "operation": operation},
            because=because,
        )
        return Reset(row=lock_qualifications([number])[0], operation=operation)
