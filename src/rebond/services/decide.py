"""People decide what texts mean: a rule of the site's own, with the texts as its examples (specification 03)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rebond.core.failure import given_verdict
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.check import check_rule
from rebond.core.qualify.exchange import LARGEST_PATTERN, is_own_name
from rebond.core.qualify.loading import is_imported, load_console_rules
from rebond.core.qualify.pattern_size import pattern_size
from rebond.core.qualify.rule_form import unfit
from rebond.core.qualify.rules import RuleError
from rebond.core.words import Cause, FailureType, QualificationStatus, Reason
from rebond.services.apply_rules import ChangedMeanwhileError, Practice, begin, carry_on, carry_on_all
from rebond.services.backtest import Backtested, Plan, TextChange, backtest, compare, compare_stored, status_of
from rebond.services.errors import InputError, NotFoundError, RefusedError, no_qualification
from rebond.store.read.qualifications import Circumstance, QualificationRow, count_circumstances, find_qualifications
from rebond.store.read.rules import Document, Operation, console_documents, last_decision

_TRIES = 3
KEEP = QualificationStatus.KEEP
_MOST_EXAMPLES = 20
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says of some texts, the first of which is the one that they looked at."""

    texts: tuple[int, ...]
    type: FailureType
    reason: Reason
    cause: Cause | None
    pattern: str
    name: str = ""
    provider: str = ""
    again: bool = False


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
    """Find what it would change to add, replace or (None) remove rules of the site; InputError when one is refused.

    `seen` are the rules of the site as the caller looked at them.
    """
    seen = console_documents() if seen is None else seen
    wanted = {name: document for name, document in rules.items() if document is not None}
    wanted |= {name: document for name, document in seen.items() if name not in rules}
    if unknown := sorted(name for name, document in rules.items() if document is None and name not in seen):
        raise NotFoundError(f"no rule of this site is called {unknown[0]!r}: see rebond rules list --level console")
    _check_form(rules)
    try:
        after = practice.make(wanted)
        if with_examples:
            _check(after, wanted, names=rules)
    except RuleError as error:
        raise InputError(str(error)) from None
    try:
        plan = compare(after, before=practice.make(seen))
    except RuleError:  # a rule that this version refuses is being taken away
        plan = compare_stored(after)
    return Change(rules=rules, seen=seen, plan=plan)


def _check_form(rules: Mapping[str, Document | None]) -> None:
    for name, document in rules.items():
        if document is not None and not is_imported(document) and not is_own_name(name):
            why = "a rule with / in its id comes in a pack" if "/" in name else "it could never be given out in a pack"
            raise InputError(
                f"the id {name!r} cannot be that of a rule of this site ({why}): write up to 80 letters (a-z, A-Z), "
                f"digits, dots, hyphens and underscores, a letter or digit first"
            )
        if document is not None and (words := _unfit(document)):
            raise InputError(f"rule {name} is refused: it holds {words}")


def _unfit(document: Document) -> str:
    # Examples are what servers said, with whatever signs; those of files were looked at when they were read.
    said = {key: value for key, value in document.items() if key not in ("examples", "counterexamples")}
    if words := unfit(said):
        return words
    if pattern_size(said.get("text", "")) > LARGEST_PATTERN:
        return f"a pattern larger than {LARGEST_PATTERN:,} signs, repeats written out"
    return ""


def _check(qualifier: Qualifier, documents: Mapping[str, Document], *, names: Mapping[str, object]) -> None:
    """Hold new rules against their own examples."""
    rules = [rule for rule in load_console_rules(documents.values(), with_examples=True) if rule.id in names]
    problems = [problem for rule in rules for problem in check_rule(qualifier.engine, rule)]
    if problems:
        raise RuleError(problems)


def prepare_requalifying(practice: Practice, rules: Sequence[str] = ()) -> Change:
    """Find what the present rules (or some of them) say otherwise of stored failures."""
    seen = console_documents()
    qualifier = practice.make(seen)
    known = {rule.id for rule in qualifier.engine.pack.rules}
    if unknown := sorted(set(rules) - known):
        raise NotFoundError(f"no rule is called {unknown[0]!r}: see rebond rules list")
    return Change(rules={}, seen=seen, plan=compare_stored(qualifier, rules=rules))


def apply_change(
    practice: Practice,
    prepare: Callable[[], Change],
    *,
    kind: str,
    because: str,
    on_progress: Progress | None = None,
) -> Operation:
    """Do a change as one operation, after what others left unfinished; prepared anew when somebody's came first."""
    for _ in range(_TRIES):
        carry_on_all(practice, on_progress=on_progress)
        change = prepare()
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
        return carry_on(practice, number, on_progress=on_progress)
    raise RefusedError("the rules are being changed by somebody else: try again")


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


def prepare_decision(practice: Practice, decision: Decision) -> Change:
    """Make the rule that a decision comes to, and find what it changes; RefusedError when it was decided meanwhile."""
    rows = _open_texts(decision)
    document = _document(practice, decision, rows)
    change = prepare_rules(practice, {document["id"]: document})
    return Change(rules=change.rules, seen=change.seen, plan=_with_rows(change.plan, rows, document))


def _open_texts(decision: Decision) -> list[QualificationRow]:
    found = {row.number: row for row in find_qualifications(decision.texts)}
    for number in decision.texts:
        if number not in found:
            raise no_qualification(number)
    for row in found.values():
        if row.status is not QualificationStatus.TO_QUALIFY and not decision.again and not _only_by_code(row):
            raise RefusedError(_told(row))
    if len({row.channel for row in found.values()}) > 1:
        raise InputError("the texts are of several channels: decide those of one at a time")
    return [found[number] for number in decision.texts]


def _only_by_code(row: QualificationRow) -> bool:
    return row.by_code and row.status is QualificationStatus.KEEP


def _told(row: QualificationRow) -> str:
    operation = last_decision(row.number)
    by = f" by {operation.actor} at {operation.at:%Y-%m-%d %H:%M} (operation {operation.number})" if operation else ""
    said = f"{row.verdict.type} {row.verdict.reason}/{row.verdict.cause}, rule {row.verdict.rule}"
    return f"qualification {row.number} is decided already{by}: {row.status}, {said}; --again decides it anew"


def _document(practice: Practice, decision: Decision, rows: Sequence[QualificationRow]) -> dict[str, Any]:
    try:
        verdict = given_verdict(decision.type, reason=decision.reason, cause=decision.cause)
    except ValueError as error:
        raise InputError(str(error)) from None
    document: dict[str, Any] = {
        "id": decision.name or _name(decision, rows[0]),
        "channel": rows[0].channel.value,
        "text": decision.pattern,
        "type": verdict.type.value,
        "reason": verdict.reason.value,
        "cause": verdict.cause.value,
        "since": practice.now.date().isoformat(),
        "source": f"decided by {practice.actor}",
        "examples": _examples(rows),
    }
    if decision.provider:
        document["provider"] = decision.provider
    return document


def _name(decision: Decision, row: QualificationRow) -> str:
    told = hashlib.sha256(f"{row.channel}\0{decision.provider}\0{decision.pattern}".encode()).hexdigest()[:8]
    return f"site-{decision.reason.value.replace('_', '-')}-{told}"


def _examples(rows: Sequence[QualificationRow]) -> list[dict[str, object]]:
    shown = rows[:_MOST_EXAMPLES]
    counts = count_circumstances([row.number for row in shown])
    main: dict[int, tuple[int, Circumstance]] = {}
    for about, count in counts.items():
        if count > main.get(about.qualification, (0, about))[0]:
            main[about.qualification] = (count, about)
    examples = []
    for row in shown:
        example: dict[str, object] = {"text": row.text, "provider": row.provider}
        if row.number in main:
            about = main[row.number][1]
            example |= {"phase": about.phase.value, "code": about.code, "enhanced": about.enhanced}
        examples.append(example)
    return examples


def _with_rows(plan: Plan, rows: Sequence[QualificationRow], document: Mapping[str, object]) -> Plan:
    """Refuse a rule that does not decide each of its texts; one that was ignored is so no longer."""
    won = {change.row.number for change in plan.changes if change.after.rule == document["id"]}
    lost = [row for row in rows if row.number not in won]
    if lost:
        texts = "; ".join(f"{row.number}: {row.text[:200]}" for row in lost[:3])
        raise InputError(f"the pattern {document['text']!r} does not decide {len(lost)} of the texts ({texts})")
    decided = {row.number for row in rows}
    changes = [
        replace(change, status=status_of(change.after, before=KEEP)) if change.row.number in decided else change
        for change in plan.changes
    ]
    return replace(plan, changes=tuple(changes))


def decide(
    practice: Practice, decision: Decision, *, because: str = "", on_progress: Progress | None = None
) -> Operation:
    """Save a decision: the rule, the texts, and all stored failures that it changes."""
    return apply_change(
        practice,
        lambda: prepare_decision(practice, decision),
        kind="decide",
        because=because,
        on_progress=on_progress,
    )


def effect_of(practice: Practice, change: Change, *, on_progress: Progress | None = None) -> Backtested:
    """Back-test a change; nothing is written."""
    return backtest(change.plan, policy=practice.policy, on_progress=on_progress)


def prepare_ignoring(numbers: Sequence[int]) -> Change:
    """Find what it would change to let texts never quarantine anybody; RefusedError when one does not already."""
    rows = find_qualifications(numbers)
    if missing := sorted(set(numbers) - {row.number for row in rows}):
        raise no_qualification(missing[0])
    for row in rows:
        if row.status is QualificationStatus.IGNORE:
            raise RefusedError(_told(row))
    changes = tuple(
        TextChange(row=row, before=row.verdict, after=row.verdict, status=QualificationStatus.IGNORE, failures=0)
        for row in rows
    )
    failures = sum(count_circumstances(numbers).values())
    plan = Plan(texts=len(rows), failures=failures, verdicts={}, changes=changes)
    return Change(rules={}, seen=console_documents(), plan=plan)


def ignore(practice: Practice, numbers: Sequence[int], *, because: str) -> Operation:
    """Let texts never quarantine anybody, from now on and for what is stored; RefusedError when they are so already."""
    return apply_change(practice, lambda: prepare_ignoring(numbers), kind="ignore", because=because)
