"""Which rules win where: on the mails and replies of a labelled corpus, on own samples, on the rules' own examples."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rebond.cli.corpus import CorpusError, mail_rows, named, read_message, reply_rows
from rebond.core.failure import Failure
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.rules import Rule
from rebond.core.words import CAUSES, Cause, Peer, Reason

# Causes that only text messages and push have.
OTHER_CHANNELS = frozenset(
    {
        *(cause for cause, facts in CAUSES.items() if facts.reason is Reason.NOT_CONNECTED),
        *(Cause.NO_SUCH_NUMBER, Cause.NO_SMS_SERVICE, Cause.TOKEN_GONE, Cause.HANDSET_FULL, Cause.BARRED),
    }
)
_DELAYED = "action:delayed"


@dataclass(slots=True)
class Wins:
    """What one rule wins: how many of its examples and of our samples, and what of the corpus, by source."""

    examples: int = 0
    samples: int = 0
    texts: set[str] = field(default_factory=set)
    real: list[str] = field(default_factory=list)
    sources: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Coverage:
    """What each rule of a pack wins, and which causes were given by anything at all."""

    rules: tuple[Rule, ...]
    wins: dict[str, Wins]
    causes: set[Cause] = field(default_factory=set)
    on_real: set[Cause] = field(default_factory=set)

    @property
    def one_sample(self) -> list[str]:
        """The rules that win on one mail or reply of the corpus only."""
        return [rule for rule, wins in self.wins.items() if len(wins.real) == 1]

    @property
    def never_real(self) -> list[str]:
        return [rule for rule, wins in self.wins.items() if not wins.real]

    @property
    def unreached(self) -> list[Cause]:
        return [cause for cause in CAUSES if cause not in self.causes]

    @property
    def sources(self) -> list[str]:
        return sorted({source for wins in self.wins.values() for source in wins.sources})

    def only_by(self, source: str) -> list[str]:
        """Name the rules that win in one source of the corpus and in no other."""
        return [rule for rule, wins in self.wins.items() if set(wins.sources) == {source}]

    def as_dict(self) -> dict[str, Any]:
        return {
            "rules": [
                {
                    "id": rule.id,
                    "file": rule.file,
                    "examples": wins.examples,
                    "samples": wins.samples,
                    "real": len(wins.real),
                    "texts": len(wins.texts),
                    "sources": dict(sorted(wins.sources.items())),
                    "only": wins.real[0] if len(wins.real) == 1 else None,
                }
                for rule in self.rules
                for wins in (self.wins[rule.id],)
            ],
            "one_sample": self.one_sample,
            "never_real": self.never_real,
            "only_by": {source: self.only_by(source) for source in self.sources},
            "causes": {
                "reached": sorted(self.causes),
                "reached_on_real": sorted(self.on_real),
                "unreached": [cause for cause in self.unreached if cause not in OTHER_CHANNELS],
                "unreached_other_channels": [cause for cause in self.unreached if cause in OTHER_CHANNELS],
            },
        }


def cover(folder: Path, *, qualifier: Qualifier, rules: Iterable[Rule], samples: Iterable[bytes] = ()) -> Coverage:
    """Judge a corpus, own samples and the examples of `rules` (those of the qualifier's pack, with their examples).

    Raises CorpusError when the folder holds no corpus.
    """
    rules = tuple(rules)
    found = Coverage(rules, {rule.id: Wins() for rule in rules})

    def on_real(failure: Failure, row: dict[str, Any]) -> None:
        found.on_real.add(failure.verdict.cause)
        if wins := found.wins.get(deciding_rule(failure)):
            wins.texts.add(qualifier.template(failure.text, recipient=failure.recipient))
            wins.sources[str(row.get("source"))] += named(row) not in wins.real[-1:]
            wins.real += [named(row)] * (named(row) not in wins.real[-1:])

    for row in mail_rows(folder):
        for failure in qualifier.qualify_mail(read_message(folder, row)).failures:
            on_real(failure, row)
    for row in reply_rows(folder):
        on_real(qualifier.qualify_reply(row["text"]), row)
    found.causes |= found.on_real
    for raw in samples:
        _count(found, qualifier.qualify_mail(raw).failures, _add_sample)
    for rule in rules:
        _count(found, [qualifier.qualify_example(example) for example in rule.examples], _add_example)
    found.causes.update(_by_codes(qualifier))
    return found


def without_rules_of(source: str, *, folder: Path) -> tuple[Qualifier, list[str]]:
    """Make a qualifier without the rules that win in one source of a corpus alone; gives it and their ids.

    Raises CorpusError when the corpus has no such source.
    """
    from rebond.core.qualify.rules import Pack
    from rebond.packs import compile_pack, default_qualifier

    whole = default_qualifier()
    rules = whole.engine.pack.rules
    found = cover(folder, qualifier=whole, rules=rules)
    check_source(found, source)
    left_out = found.only_by(source)
    pack = Pack.of(rule for rule in rules if rule.id not in left_out)
    return Qualifier(compile_pack(pack), codes=whole.codes, providers=whole.providers), left_out


def check_source(found: Coverage, source: str) -> None:
    """Refuse a source in which no rule wins; raises CorpusError with those that there are."""
    if source not in found.sources:
        raise CorpusError(f"no rule wins in a source {source!r}; there are: {', '.join(found.sources)}")


def deciding_rule(failure: Failure) -> str:
    """Name the rule that gave a failure its verdict; of a delay notice the one that gave it its reason."""
    verdict = failure.verdict
    return verdict.runners_up[0] if verdict.rule == _DELAYED and verdict.runners_up else verdict.rule


def _count(found: Coverage, failures: Iterable[Failure], add: Callable[[Wins], None]) -> None:
    for failure in failures:
        found.causes.add(failure.verdict.cause)
        if wins := found.wins.get(deciding_rule(failure)):
            add(wins)


def _add_sample(wins: Wins) -> None:
    wins.samples += 1


def _add_example(wins: Wins) -> None:
    wins.examples += 1


def _by_codes(qualifier: Qualifier) -> Iterable[Cause]:
    """Give the causes that codes alone give, and those that the circumstances of an answer make of them."""
    for row in (*qualifier.codes.enhanced, *qualifier.codes.smtp):
        yield row.cause
    answered_by_relay = qualifier.qualify_reply("421", peer=Peer.RELAY)
    yield answered_by_relay.verdict.cause
