"""A rule, and a pack of rules in the order in which they are tried (specification 03)."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from rebond.core.qualify.codes import EnhancedPattern, ReplyPattern
from rebond.core.said import said
from rebond.core.words import Cause, Channel, FailureType, Peer, Phase, Reason


class Level(IntEnum):
    """Which rules come first."""

    CONSOLE = 0
    IMPORTED = 1
    PROVIDER = 2
    GENERAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a rule: where it stands (line 0: not known), which rule, and what to put right."""

    file: str
    line: int
    rule: str
    words: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        if not self.rule:
            return said("{where}: rule (without id): {words}", where=where, words=self.words)
        return said("{where}: rule {rule}: {words}", where=where, rule=self.rule, words=self.words)


class RuleError(ValueError):
    """Rules that are refused; `problems` says all that is wrong, one each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a rule can ask about besides the text: the facts of one failure, with the codes that its text holds."""

    channel: Channel = Channel.EMAIL
    provider: str = ""
    phase: Phase = Phase.REPORT
    peer: Peer = Peer.RECEIVER
    code: int = 0
    enhanced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a rule must win (or, as a counterexample, must not match), in a situation."""

    text: str
    situation: Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A tested pattern with the verdict that it gives.

    `text` is a pattern in the common subset of hyperscan and RE2, over the folded text; with `words` it must hold
    on that text without its addresses, hosts and links too. Empty constraints hold
    always; `smtp_none` and `enhanced_none` also admit the absence of a code. `confirm` is 2 when a second counting
    error acts as hard, `retry` overrides the schedule, `review` sends the text to a person's queue.
    """

    id: str
    text: str
    type: FailureType
    reason: Reason
    cause: Cause
    since: date
    source: str
    words: bool = False
    channel: Channel = Channel.EMAIL
    provider: str = ""
    phases: frozenset[Phase] = frozenset()
    peer: Peer | None = None
    smtp: tuple[ReplyPattern, ...] = ()
    smtp_none: bool = False
    enhanced: tuple[EnhancedPattern, ...] = ()
    enhanced_none: bool = False
    confirm: int = 1
    retry: bool | None = None
    review: bool = False
    level: Level = Level.GENERAL
    file: str = ""
    position: int = 0
    line: int = 0
    examples: tuple[Example, ...] = field(default=(), repr=False)
    counterexamples: tuple[Example, ...] = field(default=(), repr=False)

    @property
    def constraints(self) -> int:
        """Count what the rule asks for; the more, the earlier it is tried."""
        asked = (
            self.provider,
            self.phases,
            self.peer,
            self.smtp or self.smtp_none,
            self.enhanced or self.enhanced_none,
        )
        return 1 + sum(map(bool, asked))

    @property
    def order(self) -> tuple[int, int, str, int]:
        return self.level, -self.constraints, self.file, self.position

    @property
    def admits_temporary_hard(self) -> bool:
        """Tell whether the rule names 4xx or 4.x.x, and so stays hard under a temporary answer."""
        by_reply = any(pattern.names_temporary for pattern in self.smtp)
        return by_reply or any(pattern.names_temporary for pattern in self.enhanced)

    @property
    def is_free(self) -> bool:
        """Tell whether the rule asks for nothing but its text, of an email."""
        return self.channel is Channel.EMAIL and self.constraints == 1

    def admits(self, situation: Situation) -> bool:
        """Tell whether all constraints but the text hold."""
        return (
            self.channel is situation.channel
            and (not self.provider or self.provider == situation.provider)
            and (not self.phases or situation.phase in self.phases)
            and (self.peer is None or self.peer is situation.peer)
            and self.admits_codes(situation.code, situation.enhanced)
        )

    def admits_codes(self, code: int, enhanced: str) -> bool:
        """Tell whether the constraints on codes hold."""
        if (self.smtp or self.smtp_none) and not (
            self.smtp_none if not code else any(pattern.matches(code) for pattern in self.smtp)
        ):
            return False
        if not (self.enhanced or self.enhanced_none):
            return True
        return self.enhanced_none if not enhanced else any(pattern.matches(enhanced) for pattern in self.enhanced)


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules in the order in which they are tried, the first that matches winning."""

    rules: tuple[Rule, ...]
    version: str
    digest: str

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "Pack":
        """Order rules into a pack; raises RuleError when two have one id."""
        ordered = sorted(rules, key=lambda rule: rule.order)
        seen: dict[str, Rule] = {}
        problems = []
        for rule in ordered:
            if rule.id in seen:
                problems.append(_taken(seen[rule.id], rule))
            seen[rule.id] = rule
        if problems:
            raise RuleError(problems)
        newest = max((rule.since for rule in ordered), default=date.min)
        digest = hashlib.sha256()
        for rule in ordered:
            digest.update(json.dumps([str(value) for value in _deciding(rule)]).encode())
        return cls(tuple(ordered), f"{newest.isoformat()}+{digest.hexdigest()[:12]}", digest.hexdigest())


def _taken(first: Rule, second: Rule) -> Problem:
    """Say that two rules have one id: of a site's and a shipped one it is the site's that must be called otherwise."""
    if first.level < Level.PROVIDER <= second.level:
        first, second = second, first
        taken = said("{second} is the id of a shipped rule, in {file}", second=second.id, file=first.file)
    else:
        taken = said("the id is taken already, in {file}", file=first.file)
    words = said("{taken}; give this rule another one", taken=taken)
    return Problem(file=second.file, line=second.line, rule=second.id, words=words)


def _deciding(rule: Rule) -> tuple[object, ...]:
    return (
        *(rule.id, rule.text, rule.words, rule.type, rule.reason, rule.cause, rule.channel, rule.provider),
        *(sorted(rule.phases), rule.peer, [pattern.text for pattern in rule.smtp], rule.smtp_none),
        *([pattern.text for pattern in rule.enhanced], rule.enhanced_none, rule.confirm, rule.retry, rule.review),
        *(int(rule.level), rule.file, rule.position),
    )
