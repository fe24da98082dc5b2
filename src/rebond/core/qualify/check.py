"""Testing a pack against its own examples (specification 03, section 3)."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.normalise import fold
from rebond.core.qualify.rules import Example, Pack, Problem, Rule
from rebond.core.said import said


def check_pack(engine: RuleEngine) -> tuple[Problem, ...]:
    """Report examples that do not win, counterexamples that match, rules that always lose, and duplicates."""
    return tuple(problem for rule in engine.pack.rules for problem in check_rule(engine, rule)) + tuple(
        _duplicates(engine.pack.rules)
    )


def check_rule(engine: RuleEngine, rule: Rule, *, yields_to: Collection[str] = ()) -> Iterator[Problem]:
    """Report what is wrong with one rule of a pack by its own examples; rules in `yields_to` may win them."""
    won = 0
    for example in rule.examples:
        winner = engine.match(fold(example.text), example.situation)
        if winner is None:
            yield _problem(
                rule,
                said("its example {text!r} is matched by no rule{hint}", text=example.text, hint=_hint(rule, example)),
            )
        elif winner.rule.id != rule.id and winner.rule.id not in yields_to:
            yield _problem(rule, said("its example {text!r} is won by {rule}", text=example.text, rule=winner.rule.id))
        else:
            won += 1
    if rule.examples and not won:
        yield _problem(rule, said("it always loses: no example of its own reaches it"))
    for example in rule.counterexamples:
        if rule in engine.matching(fold(example.text), example.situation):
            yield _problem(rule, said("its counterexample {text!r} matches", text=example.text))


def _hint(rule: Rule, example: Example) -> str:
    """Say so where capitals alone keep a rule from its example."""
    pattern = "(?i)" + rule.text
    alone = RuleEngine(Pack.of([replace(rule, text=pattern)]))
    if alone.match(fold(example.text), example.situation) is None:
        return ""
    return said("; capitals count: begin the pattern with (?i), as in {pattern!r}", pattern=pattern)


def is_superseded(engine: RuleEngine, rule: Rule) -> bool:
    """Tell a rule that wins none of its examples any more, as those do that were decided anew."""
    matches = (engine.match(fold(example.text), example.situation) for example in rule.examples)
    return all(match is not None and match.rule.id != rule.id for match in matches)


def _duplicates(rules: tuple[Rule, ...]) -> Iterator[Problem]:
    seen: dict[object, Rule] = {}
    for rule in rules:
        asked = (
            *(rule.channel, rule.text, rule.words, rule.provider, rule.phases, rule.peer),
            *(rule.smtp, rule.smtp_none, rule.enhanced, rule.enhanced_none),
        )
        first = seen.setdefault(asked, rule)
        if first is not rule:
            yield _problem(rule, said("it asks the same as {first}, which comes before it", first=first.id))


def _problem(rule: Rule, words: str) -> Problem:
    return Problem(file=rule.file, line=rule.line, rule=rule.id, words=words)
