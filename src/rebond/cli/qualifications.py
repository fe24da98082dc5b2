"""`rebond qualifications`: the distinct texts of failures, what they may mean, and what people decide of them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, handles_errors, show, show_rows, wants_json
from rebond.cli.practice import AnywayOption, backtest_row, backtest_title, open_practice, operation_row, outdated_row
from rebond.cli.qualification_rows import cluster_row, suggestion_in_words, suggestion_row, text_row
from rebond.cli.settling import counting
from rebond.core.words import FAILURE_REASONS, REASONS, Cause, Channel, FailureType, QualificationStatus, Reason

if TYPE_CHECKING:
    from rebond.core.failure import Verdict
    from rebond.services.apply_rules import Practice
    from rebond.services.qualifications import Cluster, Queue

NumberArgument = Annotated[int, typer.Argument(metavar="ID", help="Its number in `qualifications list`.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")]
_POSSIBLE = ", ".join(reason for reason in Reason if reason in FAILURE_REASONS)
_REASON_HELP = f"The reason: {_POSSIBLE}."
FRENCH_STATUS = {
    QualificationStatus.TO_QUALIFY: "À qualifier",
    QualificationStatus.KEEP: "Conserver",
    QualificationStatus.IGNORE: "Ignorer",
}


def _failure_reason(name: str) -> Reason:
    """Read a reason that a failure can have; the others are for people who are not written to."""
    if name not in FAILURE_REASONS:
        raise typer.BadParameter(f"{name!r} is not a reason that a failure can have: {_POSSIBLE}")
    return Reason(name)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    group = typer.Typer(help="Distinct texts of failures: list, show, decide, ignore.", no_args_is_help=True)
    app.add_typer(group, name="qualifications")
    for name, command in (
        ("list", list_),
        ("status", status_),
        ("show", show_one),
        ("decide", decide),
        ("ignore", ignore),
        ("reset", reset),
    ):
        group.command(name)(handles_errors(command))


def list_(
    status: Annotated[
        QualificationStatus, typer.Option(help="Which texts; those to be qualified are put together by likeness.")
    ] = QualificationStatus.TO_QUALIFY,
    channel: Annotated[Channel | None, typer.Option(help="Only this channel.")] = None,
    single: Annotated[bool, typer.Option("--single", help="Each text by itself.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many, the first ones.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List the texts to be qualified, those that most addresses wait on first."""
    queue = _queue(data, channel)
    rows: list[dict[str, Any]]
    if status is QualificationStatus.TO_QUALIFY and not single:
        clusters = queue.clusters()[:limit]
        # The texts that a suggestion comes from are shown with one text; a program gets them here too.
        told = suggestion_row if wants_json(json) else suggestion_in_words
        rows = [{**cluster_row(cluster), "suggestion": told(cluster.suggestion)} for cluster in clusters]
        show_rows(rows, as_json=json, title=_title(status), brief=_BRIEF_CLUSTERS)
        return
    rows = [text_row(row) for row in queue.rows if row.status is status][:limit]
    show_rows(rows, as_json=json, title=_title(status), brief=_BRIEF)


def status_(data: DataOption = None, json: JsonOption = False) -> None:
    """Count the texts by status; `badge` are those to be qualified that were seen again.

    `alerts` are open, acknowledged or not; `acknowledged` are those of them that somebody takes care of.
    """
    open_practice(data)
    from rebond.store.read.alerts import count_open
    from rebond.store.read.qualifications import count_qualifications

    counts, badge = count_qualifications()
    shown: dict[str, Any] = {status.value: number for status, number in counts.items()}
    alerts, acknowledged = count_open()
    show({**shown, "badge": badge, "alerts": alerts, "acknowledged": acknowledged}, as_json=json, title="Texts")


def show_one(number: NumberArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show a text with those like it, what it may mean and why, and a pattern that could decide it."""
    queue = _queue(data)
    row = queue.row(number)
    cluster = queue.cluster_of(row)
    result = {
        **text_row(row),
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
        "addresses": cluster.addresses,
        "alike": [{"id": one.number, "count": one.count, "text": one.text} for one in cluster.texts],
        "suggestion": suggestion_row(cluster.suggestion),
        "pattern": queue.pattern_for(cluster.texts),
    }
    show(result, as_json=json, title=f"Qualification {number}")


def decide(
    number: NumberArgument,
    type_: Annotated[FailureType | None, typer.Option("--type", help="The type; the reason's when left out.")] = None,
    reason: Annotated[Reason | None, typer.Option(parser=_failure_reason, metavar="REASON", help=_REASON_HELP)] = None,
    cause: Annotated[
        Cause | None, typer.Option(help="The cause; the reason's first when left out.", show_choices=False)
    ] = None,
    as_suggested: Annotated[
        bool, typer.Option("--as-suggested", help="Take the suggested verdict, unless it is weak.")
    ] = False,
    text: Annotated[str, typer.Option("--text", help="The pattern; the generated one when left out.")] = "",
    name: Annotated[str, typer.Option("--id", help="The id of the rule; made when left out.")] = "",
    provider: Annotated[str, typer.Option(help="Only answers of this provider.")] = "",
    alone: Annotated[bool, typer.Option("--alone", help="This text only, not those like it.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also when it was decided before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only back-test; write nothing.")] = False,
    anyway: AnywayOption = False,
    because: BecauseOption = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Decide what a text and those like it mean: a rule of this site, applied to all that is stored.

    On a terminal the back-test is shown first, and you are asked; a program gets it with --dry-run. The number of the
    operation undoes it (`rebond rules undo`).
    """
    practice = open_practice(data, anyway=anyway)
    from rebond.services.change_rules import effect_of
    from rebond.services.decide import Decision, prepare_decision
    from rebond.services.decide import decide as decide_texts
    from rebond.services.errors import InputError

    queue = _queue_of(practice)
    cluster = queue.cluster_of(queue.row(number))
    texts = [queue.row(number)] if alone else list(cluster.texts)
    if as_suggested:
        verdict = _suggested(cluster, number=number)
        type_, reason, cause = verdict.type, verdict.reason, verdict.cause
    if reason is None:
        raise InputError("give --reason (and --type, --cause), or --as-suggested")
    pattern = text or queue.pattern_for(texts)
    if not pattern:
        raise InputError("the texts have no words in common that no other text has: give --text, or --alone")
    decision = Decision(
        texts=tuple(row.number for row in texts),
        type=type_ or REASONS[reason].type,
        reason=reason,
        cause=cause,
        pattern=pattern,
        name=name,
        provider=provider,
        again=again,
    )
    if dry_run or not wants_json(json):
        change = prepare_decision(practice, decision)
        found = effect_of(practice, change)
        show({"pattern": pattern, **backtest_row(found)}, as_json=json, title=backtest_title(found))
        if dry_run:
            return Exit.DONE
        moved = found.total.entering
        typer.confirm(f"Save this rule and apply it? It moves {moved:,} addresses into quarantine.", abort=True)
        practice = replace(practice, anyway=True)  # they have seen how many
    with counting("Failures", as_json=json) as on_progress:
        operation = decide_texts(practice, decision, because=because, on_progress=on_progress)
    told = {**operation_row(operation), **outdated_row(practice, operation), "pattern": pattern}
    show(told, as_json=json, title="Decided")
    return Exit.DONE


def ignore(
    number: NumberArgument,
    alone: Annotated[bool, typer.Option("--alone", help="This text only, not those like it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell whom it would free; write nothing.")] = False,
    because: BecauseOption = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Let a text and those like it never quarantine anybody; `rebond rules undo` takes it back.

    No verdict changes: `stored_failures` count no more, and `statuses` tells what becomes of their addresses.
    """
    practice = open_practice(data)
    from rebond.services.change_rules import effect_of
    from rebond.services.decide import ignore as ignore_texts
    from rebond.services.decide import prepare_ignoring

    queue = _queue_of(practice)
    row = queue.row(number)
    numbers = [number] if alone else [one.number for one in queue.cluster_of(row).texts]
    found = backtest_row(effect_of(practice, prepare_ignoring(numbers)))
    effect = {name: found[name] for name in ("stored_failures", "leaving_quarantine", "statuses", "sample")}
    if dry_run:
        show({"texts": len(numbers), **effect}, as_json=json, title="Back-test")
        return
    operation = ignore_texts(practice, numbers, because=because)
    show({**operation_row(operation), **effect}, as_json=json, title="Ignored")


def reset(
    number: NumberArgument, because: BecauseOption = "", data: DataOption = None, json: JsonOption = False
) -> None:
    """Count a text from nothing again; `rebond rules undo` adds what was counted before."""
    practice = open_practice(data)
    from rebond.services.qualifications import reset as reset_text

    done = reset_text(number, actor=practice.actor, now=practice.now, because=because)
    show({**text_row(done.row), "operation": done.operation}, as_json=json, title="Reset")


def _queue(data: Any, channel: Channel | None = None) -> "Queue":
    return _queue_of(open_practice(data), channel)


def _queue_of(practice: "Practice", channel: Channel | None = None) -> "Queue":
    from rebond.packs import load_shipped_rules
    from rebond.services.qualifications import Queue
    from rebond.store.read.rules import console_documents

    return Queue(practice.make(console_documents()), channel=channel, rules=load_shipped_rules)


_BRIEF_CLUSTERS = ("id", "badge", "texts", "addresses", "count", "text", "suggestion")
_BRIEF = ("id", "count", "type", "reason", "cause", "rule", "text")


def _title(status: QualificationStatus) -> str:
    return f"{status.value.replace('_', ' ').capitalize()} ({FRENCH_STATUS[status]})"


def _suggested(cluster: "Cluster", *, number: int) -> "Verdict":
    from rebond.services.errors import InputError

    suggestion = cluster.suggestion
    if suggestion is None:
        raise InputError(f"there is no suggestion for {number}: give --type and --reason")
    if suggestion.weak:
        told = suggestion_in_words(suggestion)
        raise InputError(f"the suggestion for {number} is a guess, {told}: if it is right give --reason")
    return suggestion.verdict
