"""People decide what texts mean: a rule of the site's own, with the texts as its examples (specification 03)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rebond.core.failure import given_verdict
from rebond.core.said import said, words_of
from rebond.core.words import Cause, FailureType, QualificationStatus, Reason
from rebond.services.apply_rules import Practice
from rebond.services.backtest import Plan, TextChange
from rebond.services.change_rules import Change, Progress, apply_change, prepare_rules
from rebond.services.errors import InputError, RefusedError, no_qualification
from rebond.services.judge_text import status_of
from rebond.store.read.qualifications import Circumstance, QualificationRow, count_circumstances, find_qualifications
from rebond.store.read.rules import Operation, console_documents, last_decision

KEEP = QualificationStatus.KEEP
_MOST_EXAMPLES = 20


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
        raise InputError(said("the texts are of several channels: decide those of one at a time"))
    return [found[number] for number in decision.texts]


def _only_by_code(row: QualificationRow) -> bool:
    return row.by_code and row.status is QualificationStatus.KEEP


def _told(row: QualificationRow) -> str:
    about = {
        "number": row.number,
        "status": row.status,
        "type": row.verdict.type,
        "reason": row.verdict.reason,
        "cause": row.verdict.cause,
        "rule": row.verdict.rule,
    }
    operation = last_decision(row.number)
    if operation is None:
        return said(
            "qualification {number} is decided already: {status}, {type} {reason}/{cause}, rule {rule};"
            " --again decides it anew",
            **about,
        )
    return said(
        "qualification {number} is decided already by {actor} at {at:%Y-%m-%d %H:%M} (operation {operation}): {status},"
        " {type} {reason}/{cause}, rule {rule}; --again decides it anew",
        actor=operation.actor,
        at=operation.at,
        operation=operation.number,
        **about,
    )


def _document(practice: Practice, decision: Decision, rows: Sequence[QualificationRow]) -> dict[str, Any]:
    try:
        verdict = given_verdict(decision.type, reason=decision.reason, cause=decision.cause)
    except ValueError as error:
        raise InputError(words_of(error)) from None
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
    """Refuse a rule that does not decide each of its texts, or changes nothing; what was ignored is so no longer."""
    changed = {change.row.number for change in plan.changes}
    same = [row for row in rows if row.number not in changed and row.verdict.rule == document["id"]]
    won = {change.row.number for change in plan.changes if change.after.rule == document["id"]}
    won.update(row.number for row in same)
    lost = [row for row in rows if row.number not in won]
    if lost:
        texts = "; ".join(f"{row.number}: {row.text[:200]}" for row in lost[:3])
        raise InputError(
            said(
                "the pattern {document!r} does not decide {count} of the texts ({texts})",
                document=document["text"],
                count=len(lost),
                texts=texts,
            )
        )
    decided = {row.number for row in rows}
    changes = [
        replace(change, status=status_of(change.after, before=KEEP)) if change.row.number in decided else change
        for change in plan.changes
    ]
    changes += [_noticed(row) for row in same if row.status is QualificationStatus.IGNORE]
    if not changes:
        raise RefusedError(
            said("no effect: rule {document} decides so already, and nothing would change", document=document["id"])
        )
    return replace(plan, changes=tuple(changes))


def _noticed(row: QualificationRow) -> TextChange:
    """Let a text count again that means what it meant before it was ignored."""
    status = status_of(row.verdict, before=KEEP)
    return TextChange(row=row, before=row.verdict, after=row.verdict, status=status, failures=0)


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
