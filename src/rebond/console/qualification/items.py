"""One text of the queue as its page needs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rebond.console.qualification.forms import DecisionForm, first_form
from rebond.core.failure import Verdict
from rebond.core.qualify.suggest import Neighbour
from rebond.core.words import QualificationStatus
from rebond.services.kept_queue import Put, text_row
from rebond.services.qualifications import Cluster
from rebond.store.read.qualifications import QualificationRow
from rebond.store.read.rules import Operation, last_decision
from rebond.web.current import current_site

MOST_SAMPLES = 20
MOST_SUGGESTED = 9


@dataclass(frozen=True, slots=True)
class Offered:
    """A verdict that can be taken by one key, with the nearest text that has it."""

    key: int
    verdict: Verdict
    nearest: Neighbour
    main: bool
    chosen: bool = False


@dataclass(frozen=True)
class Item:
    """A text with its cluster, and what came before and after it in the queue."""

    row: QualificationRow
    cluster: Cluster
    put: Put
    decided: Operation | None

    @cached_property
    def pattern(self) -> str:
        """A pattern that these texts share and no text of another reason matches; empty when there is none."""
        return self.put.queue.pattern_for(self.cluster.texts) or ""

    @cached_property
    def beside(self) -> tuple[int | None, int | None]:
        return self.put.beside(self.row.number)

    @property
    def waits(self) -> bool:
        return self.row.status is QualificationStatus.TO_QUALIFY

    @property
    def further(self) -> int:
        """How many texts of the cluster are not shown."""
        return max(0, len(self.cluster.texts) - MOST_SAMPLES)

    @cached_property
    def offered(self) -> list[Offered]:
        """The suggestion, then what other neighbours say, each verdict once."""
        suggestion = self.cluster.suggestion
        if suggestion is None:
            return []
        nearest: dict[tuple[object, ...], Neighbour] = {}
        for neighbour in suggestion.neighbours:
            nearest.setdefault(_said(neighbour.known.verdict), neighbour)
        first = _said(suggestion.verdict)
        ordered = [first, *(said for said in nearest if said != first)][:MOST_SUGGESTED]
        return [
            Offered(key=key, verdict=nearest[said].known.verdict, nearest=nearest[said], main=said == first)
            for key, said in enumerate(ordered, 1)
            if said in nearest
        ]

    @cached_property
    def form(self) -> DecisionForm:
        """The form as it is opened: what is suggested, unless that is a guess; what was decided, where it was."""
        suggestion = self.cluster.suggestion
        surely = suggestion.verdict if suggestion and not suggestion.weak and self.waits else self.row.verdict
        return first_form(
            number=self.row.number,
            channel=self.row.channel,
            provider=self.row.provider,
            texts=tuple(row.number for row in self.cluster.texts),
            verdict=surely,
            pattern=self.pattern,
        )

    def others(self, *, alone: bool) -> Iterator[str]:
        """Give the texts of this channel that are not to be decided."""
        mine = {self.row.number} if alone else {row.number for row in self.cluster.texts}
        channel = self.row.channel
        return (row.text for row in self.put.queue.rows if row.number not in mine and row.channel is channel)


def _said(verdict: Verdict) -> tuple[object, ...]:
    return verdict.type, verdict.reason, verdict.cause


def item_of(number: int, *, brief: bool = False) -> Item:
    """Find a text as it is now, in the queue as it was put together last; `brief`: not who decided it."""
    row = text_row(number)
    put = current_site().queue.now()
    waits = row.status is QualificationStatus.TO_QUALIFY
    return Item(row, put.cluster_of(row), put, None if waits or brief else last_decision(number))


def shown_texts(item: Item, *, alone: bool) -> list[QualificationRow]:
    """The texts that a pattern is held against on the page, the one at hand first."""
    if alone:
        return [item.row]
    rest = [row for row in item.cluster.texts if row.number != item.row.number]
    return [item.row, *rest][:MOST_SAMPLES]
