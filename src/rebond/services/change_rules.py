"""Rules of the site as somebody wants them: what it would change, and doing it as one operation (specification 03)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rebond.core.failure import Verdict
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.check import check_rule
from rebond.core.qualify.loading import is_imported, load_site_rules
from rebond.core.qualify.pack_rules import LARGEST_PATTERN, is_own_name
from rebond.core.qualify.pattern_size import pattern_size
from rebond.core.qualify.probes import too_wide
from rebond.core.qualify.rule_form import unfit
from rebond.core.qualify.rules import RuleError
from rebond.core.said import said, words_of
from rebond.services.apply_rules import ChangedMeanwhileError, Practice, begin, carry_on, carry_on_all
from rebond.services.backtest import Backtested, Plan, backtest, compare, compare_stored
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.judge_text import judge, same_verdict
from rebond.store.read.qualifications import (
    Circumstance,
    count_verdicts,
    find_qualifications,
    list_qualifications,
)
from rebond.store.read.rules import Document, Operation, console_documents

_TRIES = 3
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Rules of the site as somebody wants them, with the plan of what that changes, and what it was made from.

    `pack` is the pack that they came in.
    """

    rules: Mapping[str, Document | None]
    seen: Mapping[str, Document]
    plan: Plan
    pack: Mapping[str, Any] | None = None


def prepare_rules(
    practice: Practice,
    rules: Mapping[str, Document | None],
    *,
    with_examples: bool = True,
    seen: Mapping[str, Document] | None = None,
) -> Change:
    """Find what it would change to add, replace or (None) remove rules of the site; InputError when one is refused, and
    RefusedError when its pattern matches nearly everything, unless the practice says `anyway`.

    `seen` are the rules of the site as the caller looked at them.
    """
    seen = console_documents() if seen is None else seen
    wanted = {name: document for name, document in rules.items() if document is not None}
    wanted |= {name: document for name, document in seen.items() if name not in rules}
    if unknown := sorted(name for name, document in rules.items() if document is None and name not in seen):
        raise NotFoundError(
            said(
                "no rule of this site is called {unknown!r}: see rebond rules list --level console", unknown=unknown[0]
            )
        )
    _check_form(rules)
    try:
        after = practice.make(wanted)
        if with_examples:
            _check(after, wanted, names=rules)
            if not practice.anyway:
                _refuse_wide(after, names=rules)
    except RuleError as error:
        raise InputError(words_of(error)) from None
    try:
        plan = compare(after, before=practice.make(seen))
    except RuleError:  # a rule that this version refuses is being taken away
        plan = compare_stored(after)
    return Change(rules=rules, seen=seen, plan=plan)


def _check_form(rules: Mapping[str, Document | None]) -> None:
    for name, document in rules.items():
        if document is not None and not is_imported(document) and not is_own_name(name):
            why = (
                said("a rule with / in its id comes in a pack")
                if "/" in name
                else said("it could never be given out in a pack")
            )
            raise InputError(
                said(
                    "the id {name!r} cannot be that of a rule of this site ({why}): write up to 80 letters (a-z,"
                    " A-Z), digits, dots, hyphens and underscores, a letter or digit first",
                    name=name,
                    why=why,
                )
            )
        if document is not None and (words := _unfit(document)):
            raise InputError(said("rule {name} is refused: it holds {words}", name=name, words=words))


def _unfit(document: Document) -> str:
    # Examples are what servers said, with whatever signs; those of files were looked at when they were read.
    own = {key: value for key, value in document.items() if key not in ("examples", "counterexamples")}
    if words := unfit(own):
        return words
    if pattern_size(own.get("text", "")) > LARGEST_PATTERN:
        return said(
            "a pattern larger than {largest_pattern:,} signs, repeats written out", largest_pattern=LARGEST_PATTERN
        )
    return ""


def _check(qualifier: Qualifier, documents: Mapping[str, Document], *, names: Mapping[str, object]) -> None:
    """Hold new rules against their own examples."""
    rules = [rule for rule in load_site_rules(documents, with_examples=True) if rule.id in names]
    problems = [problem for rule in rules for problem in check_rule(qualifier.engine, rule)]
    if problems:
        raise RuleError(problems)


def _refuse_wide(qualifier: Qualifier, *, names: Mapping[str, object]) -> None:
    for name, found in too_wide(qualifier.engine).items():
        if name in names:
            raise RefusedError(
                said(
                    "rule {name} is too wide, its pattern matches {found} too: write what only these texts say,"
                    " or say --anyway",
                    name=name,
                    found=found,
                )
            )


def prepare_requalifying(practice: Practice, rules: Sequence[str] = ()) -> Change:
    """Find what the present rules (or some of them) say otherwise of stored failures."""
    seen = console_documents()
    qualifier = practice.make(seen)
    known = {rule.id for rule in qualifier.engine.pack.rules}
    if unknown := sorted(set(rules) - known):
        raise NotFoundError(said("no rule is called {unknown!r}: see rebond rules list", unknown=unknown[0]))
    return Change(rules={}, seen=seen, plan=compare_stored(qualifier, rules=rules))


def outdated_failures(practice: Practice, *, texts: Collection[int] | None = None) -> int:
    """Count the stored failures (with these texts, unless None) that are judged otherwise than by the rules in force.

    Such come from a batch that began before the rules changed and ended after; `prepare_requalifying` finds them.
    """
    qualifier = practice.make(console_documents())
    rows = {row.number: row for row in (list_qualifications() if texts is None else find_qualifications(texts))}
    judged: dict[Circumstance, Verdict] = {}
    outdated = 0
    for about, stored, count in count_verdicts(texts):
        if about.qualification in rows:
            if about not in judged:
                judged[about] = judge(qualifier, rows[about.qualification], about)
            outdated += 0 if same_verdict(judged[about], stored) else count
    return outdated


def apply_change(
    practice: Practice,
    prepare: Callable[[], Change],
    *,
    kind: str,
    because: str,
    on_progress: Progress | None = None,
) -> Operation:
    """Do a change as one operation, after what others left unfinished; prepared anew when somebody's came first.

    TooManyEnterError when more addresses would enter quarantine than may, unless the practice says `anyway`.
    """
    for _ in range(_TRIES):
        carry_on_all(practice, on_progress=on_progress)
        change = prepare()
        entering = 0 if practice.anyway else practice.bound.check(change.plan, policy=practice.policy)
        try:
            number = begin(
                practice,
                change.plan,
                kind=kind,
                because=because,
                rules=change.rules,
                seen=change.seen,
                pack=change.pack,
            )
        except ChangedMeanwhileError:
            continue
        practice.bound.entered += entering
        return carry_on(practice, number, on_progress=on_progress)
    raise RefusedError(said("the rules are being changed by somebody else: try again"))


class _NothingToDoError(Exception):
    """The rules are as they are wanted, and say of what is stored what it was judged as."""


def apply_if_new(
    practice: Practice, prepare: Callable[[], Change], *, because: str = "", on_progress: Progress | None = None
) -> Operation | None:
    """Do a change as `apply_change` does; None, and nothing written of it, where all is so already."""

    def prepare_new() -> Change:
        change = prepare()
        if not change.plan.changes and all(change.seen.get(name) == wanted for name, wanted in change.rules.items()):
            raise _NothingToDoError
        return change

    try:
        return apply_change(practice, prepare_new, kind="apply", because=because, on_progress=on_progress)
    except _NothingToDoError:
        return None


def effect_of(practice: Practice, change: Change, *, on_progress: Progress | None = None) -> Backtested:
    """Back-test a change; nothing is written."""
    return backtest(change.plan, policy=practice.policy, on_progress=on_progress)
