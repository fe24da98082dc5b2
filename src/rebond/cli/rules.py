"""`rebond rules backtest|apply|undo|operations`: what other rules would do to what is stored, and doing it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, handles_errors, show, show_rows
from rebond.cli.practice import AnywayOption, backtest_row, backtest_title, open_practice, operation_row, outdated_row
from rebond.cli.settling import counting
from rebond.core.words import FAILURE_REASONS, REASONS, Reason

if TYPE_CHECKING:
    from rebond.services.apply_rules import Practice
    from rebond.services.change_rules import Change

FilesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE|RULE]…", help="A file of rules for this site, or the id of a rule in force."),
]
_NOTHING_TO_DO = {"operation": None, "kind": "apply", "step": "done", "rules": (), "texts": 0, "failures": 0}
RemoveOption = Annotated[list[str] | None, typer.Option("--remove", help="A rule of this site to be taken away.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this family to those that need no database."""
    group = next(group.typer_instance for group in app.registered_groups if group.name == "rules")
    assert group is not None
    for name, command in (
        ("backtest", backtest),
        ("apply", apply),
        ("undo", undo),
        ("operations", operations),
    ):
        group.command(name)(handles_errors(command))


def backtest(
    what: FilesArgument = None,
    remove: RemoveOption = None,
    text: Annotated[str, typer.Option("--text", help="A pattern; with --type, --reason and --cause.")] = "",
    type_: Annotated[
        str, typer.Option("--type", help="hard, soft or ignored (for --text); the reason's when left out.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="The reason (for --text).")] = "",
    cause: Annotated[
        str, typer.Option("--cause", help="The cause (for --text); the reason's first when left out.")
    ] = "",
    provider: Annotated[str, typer.Option("--provider", help="Only this provider's answers (for --text).")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Tell which stored failures and addresses a change of rules would touch; nothing is written.

    Without an argument: what the rules in force say otherwise of what is stored.
    """
    practice = open_practice(data, anyway=True)  # nothing is written
    if reason in FAILURE_REASONS and not type_:
        type_ = REASONS[Reason(reason)].type
    given = {"text": text, "type": type_, "reason": reason, "cause": cause, "provider": provider}
    change = _change(practice, what or [], remove or [], {name: value for name, value in given.items() if value})
    from rebond.services.change_rules import effect_of

    with counting("Addresses", as_json=json) as on_progress:
        found = effect_of(practice, change, on_progress=on_progress)
    show(backtest_row(found), as_json=json, title=backtest_title(found))


def apply(
    what: FilesArgument = None,
    remove: RemoveOption = None,
    anyway: AnywayOption = False,
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Take rules into this site, judge the stored failures that they change again, and fold their addresses anew.

    Without an argument: judge what is stored by the rules in force. What was interrupted before is done first.
    """
    practice = open_practice(data, anyway=anyway)
    from rebond.services.change_rules import apply_if_new

    with counting("Failures", as_json=json) as on_progress:
        operation = apply_if_new(
            practice,
            lambda: _change(practice, what or [], remove or [], {}),
            because=because,
            on_progress=on_progress,
        )
    told = operation_row(operation) if operation else _NOTHING_TO_DO
    show({**told, **outdated_row(practice, operation)}, as_json=json, title="Applied")


def undo(
    number: Annotated[int, typer.Argument(metavar="OPERATION", help="Its number in `rules operations`.")],
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put rules, verdicts and states back as they were before an operation.

    `outdated` counts the stored failures that are judged otherwise than by the rules in force: `rebond rules apply`
    judges them again.
    """
    practice = open_practice(data)
    from rebond.services.apply_rules import undo as undo_operation

    with counting("Failures", as_json=json) as on_progress:
        operation = undo_operation(practice, number, because=because, on_progress=on_progress)
    show({**operation_row(operation), **outdated_row(practice)}, as_json=json, title="Undone")


def operations(data: DataOption = None, json: JsonOption = False) -> None:
    """List the changes of rules and texts, the latest first; what is not finished is continued by `rules apply`."""
    open_practice(data)
    from rebond.store.read.rules import list_operations

    brief = ("operation", "at", "kind", "step", "texts", "failures", "actor", "because", "undone_by", "undone_because")
    show_rows(map(operation_row, list_operations()), as_json=json, title="Operations", brief=brief)


def _change(practice: "Practice", what: list[str], remove: list[str], given: dict[str, Any]) -> "Change":
    from rebond.cli.rule_files import read_documents
    from rebond.services.change_rules import prepare_requalifying, prepare_rules
    from rebond.services.errors import InputError

    if given and what:
        raise InputError(f"--text and what goes with it describe a rule that is tried alone: leave {what[0]} out")
    rules: dict[str, Any] = dict.fromkeys(remove)
    names = [one for one in what if not _is_file(one)]
    if files := [Path(one) for one in what if _is_file(one)]:
        rules |= read_documents(files)
    if given:
        rules["backtest"] = {
            "id": "backtest",
            "since": practice.now.date().isoformat(),
            "source": "backtest",
            "examples": [],
            **given,
        }
    if rules and names:
        raise InputError(f"{names[0]} is no file: give either files and --remove, or rules in force")
    if not rules:
        return prepare_requalifying(practice, names)
    return prepare_rules(practice, rules, with_examples=not given)


def _is_file(name: str) -> bool:
    return name.endswith(".toml") or Path(name).is_file()
