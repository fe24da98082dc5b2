"""What a pack of somebody else's rules would change here (specification 03, section 6): pure, nothing is written.

What people decided here always wins: their rules come first, and what contradicts them is not taken.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rebond.core.qualify.archive import PackError
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import PACK, is_imported, load_console_rules
from rebond.core.qualify.normalise import fold, template
from rebond.core.qualify.pack_rules import Document, first_problems
from rebond.core.qualify.probes import too_wide
from rebond.core.qualify.rules import Example, Level, Problem, Rule, RuleError
from rebond.core.said import said


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A rule of a pack that is not taken, because what was decided here says otherwise."""

    rule: str
    here: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What taking a pack changes: the rules of the site as they are to be (None: gone), and why others are not taken.

    `known` are rules whose examples the rules here judge so already. `instead` names the shipped rule that decided an
    example of a new or changed rule otherwise until now.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    instead: Mapping[str, str]
    documents: Mapping[str, Document | None]


def others_than(site: Mapping[str, Document], pack: str) -> dict[str, Document]:
    """Leave the rules that came in a pack out of those of a site."""
    return {name: one for name, one in site.items() if not (is_imported(one) and one[PACK]["name"] == pack)}


def compare_pack(
    rules: Mapping[str, Document],
    *,
    pack: str,
    site: Mapping[str, Document],
    make: Callable[[Mapping[str, Document]], RuleEngine],
    removed: Collection[str] = (),
    ignored: Collection[tuple[str, str]] = (),
) -> Difference:
    """Find what taking a pack's rules would change.

    `make` compiles rules of a site before the shipped ones. `removed` are rules that people took away here, `ignored`
    the texts (channel and template) that they said to ignore. PackError when the pack's rules do not win their own
    examples.
    """
    others = others_than(site, pack)
    present = {name: document for name, document in site.items() if name not in others}
    look = _Look(make(others), removed=frozenset(removed), ignored=frozenset(ignored), others=others)
    new, changed, known, conflicts = [], [], [], []
    wanted: dict[str, Document | None] = {name: None for name in present if name not in rules}
    gone = tuple(sorted(wanted))
    for rule in load_console_rules(rules.values(), with_examples=True):
        document = rules[rule.id]
        if conflict := look.conflict(rule):
            conflicts.append(conflict)
        elif rule.id in present:
            if _said(present[rule.id]) != _said(document):
                changed.append(rule)
                wanted[rule.id] = document
            elif present[rule.id][PACK]["place"] != document[PACK]["place"]:
                wanted[rule.id] = document
        elif look.knows(rule, pack=pack):
            known.append(rule.id)
        else:
            new.append(rule)
            wanted[rule.id] = document
    _hold(new + changed, {**site, **wanted}, pack=pack, make=make)
    return Difference(
        new=_names(new),
        changed=_names(changed),
        gone=gone,
        known=tuple(sorted(known)),
        conflicts=tuple(conflicts),
        instead={rule.id: name for rule in new + changed if (name := look.instead(rule))},
        documents=wanted,
    )


def _said(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != PACK}


def _names(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(sorted(rule.id for rule in rules))


def _hold(
    taken: Collection[Rule],
    documents: Mapping[str, Document | None],
    *,
    pack: str,
    make: Callable[[Mapping[str, Document]], RuleEngine],
) -> None:
    """Hold the rules that would be taken against their own examples, among the rules of their pack."""
    if not taken:
        return
    try:
        engine = make({name: document for name, document in documents.items() if document is not None})
    except RuleError as error:
        raise PackError(first_problems(error)) from None
    problems = [
        Problem(file=rule.file, line=0, rule=rule.id, words=words)
        for rule in taken
        for words in _lost(rule, engine, pack=pack)
    ]
    wide = too_wide(engine)
    problems += [
        Problem(
            file=rule.file,
            line=0,
            rule=rule.id,
            words=said("its pattern is too wide, it matches {wide} too", wide=wide[rule.id]),
        )
        for rule in taken
        if rule.id in wide
    ]
    if problems:
        raise PackError(first_problems(RuleError(problems)))


def _lost(rule: Rule, engine: RuleEngine, *, pack: str) -> Iterable[str]:
    for example in rule.examples:
        # A rule of this site, or of another pack, may come first where it says the same.
        found = [one for one in engine.matching(fold(example.text), example.situation) if _is_of(one, pack)]
        if not found:
            yield said("its example {example_text!r} is matched by no rule", example_text=example.text)
        elif found[0].id != rule.id:
            yield said("its example {example_text!r} is won by {found}", example_text=example.text, found=found[0].id)
    for example in rule.counterexamples:
        if any(one.id == rule.id for one in engine.matching(fold(example.text), example.situation)):
            yield said("its counterexample {example_text!r} matches", example_text=example.text)


def _is_of(rule: Rule, pack: str) -> bool:
    return rule.level is Level.IMPORTED and rule.file == pack


class _Look:
    """What the rules here say of the examples of a pack's rules."""

    def __init__(
        self,
        engine: RuleEngine,
        *,
        removed: frozenset[str],
        ignored: frozenset[tuple[str, str]],
        others: Mapping[str, Document],
    ) -> None:
        self._engine = engine
        self._removed = removed
        self._ignored = ignored
        self._others = others
        self._shipped = frozenset(rule.id for rule in engine.pack.rules if rule.level > Level.IMPORTED)

    def conflict(self, rule: Rule) -> Conflict | None:
        """Find what was decided here and says otherwise than a rule."""
        if rule.id in self._others:
            return Conflict(rule=rule.id, here=rule.id, words=said("a rule of this site has its name"))
        if rule.id in self._removed:
            return Conflict(rule=rule.id, here="removed", words=said("it was removed or undone here"))
        for example in rule.examples:
            if (rule.channel.value, template(example.text)) in self._ignored:
                return Conflict(
                    rule=rule.id,
                    here="ignore",
                    words=said("{example_text!r} is ignored here", example_text=example.text),
                )
            winner = self._winner(example)
            if winner and winner.level <= Level.IMPORTED and not _agree(winner, rule):
                return Conflict(
                    rule=rule.id,
                    here=winner.id,
                    words=said("{verdict} here: {example_text!r}", verdict=_verdict(winner), example_text=example.text),
                )
        return None

    def knows(self, rule: Rule, *, pack: str) -> bool:
        """Tell whether the rules here judge all examples so already, or whether it is a rule that is shipped."""
        if rule.id.removeprefix(f"{pack}/") in self._shipped:
            return True
        winners = [self._winner(example) for example in rule.examples]
        return all(winner is not None and _agree(winner, rule) for winner in winners)

    def instead(self, rule: Rule) -> str:
        """Name the rule that decides an example otherwise until now."""
        winners = (self._winner(example) for example in rule.examples)
        return next((winner.id for winner in winners if winner and not _agree(winner, rule)), "")

    def _winner(self, example: Example) -> Rule | None:
        match = self._engine.match(fold(example.text), example.situation)
        return match.rule if match else None


def _agree(one: Rule, other: Rule) -> bool:
    return (one.type, one.reason, one.cause, one.confirm) == (other.type, other.reason, other.cause, other.confirm)


def _verdict(rule: Rule) -> str:
    return f"{rule.type} {rule.reason}/{rule.cause}"
