"""`rebond rules lint` and `rebond rules coverage`: how good the rules are, for those who write them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebond.cli.output import Exit, JsonOption, say, show_rows, to_json, visible, wants_json
from rebond.cli.qualify import refusals_in_words

if TYPE_CHECKING:
    from rebond.cli.coverage import Coverage


def register(app: typer.Typer) -> None:
    """Add the commands to the family of the rules."""
    group = next(group.typer_instance for group in app.registered_groups if group.name == "rules")
    assert group is not None
    group.command("lint")(lint)
    group.command("coverage")(coverage)


@refusals_in_words
def lint(
    paths: Annotated[list[Path] | None, typer.Argument(help="Rule files to look at, with the shipped ones.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse advice as well as faults.")] = False,
    json: JsonOption = False,
) -> int:
    """Say what is doubtful in the rules: short words, wide gaps, needless rules, old ones, examples that are alike."""
    from rebond.cli.rule_files import read_rules
    from rebond.core.qualify.lint import lint_pack
    from rebond.core.qualify.rules import Pack
    from rebond.packs import compile_pack, load_shipped_rules

    own = read_rules(paths or ())
    pack = Pack.of([*own, *load_shipped_rules()])
    habits = lint_pack(compile_pack(pack), today=datetime.now(UTC).date())
    if own:
        mine = {rule.id for rule in own}
        habits = tuple(habit for habit in habits if habit.problem.rule in mine)
    rows = (
        {
            "habit": habit.name,
            "fault": habit.fault,
            "file": habit.problem.file,
            "line": habit.problem.line,
            "rule": habit.problem.rule,
            "words": habit.problem.words,
        }
        for habit in habits
    )
    show_rows(rows, as_json=json, title="What is doubtful in the rules", brief=("habit", "rule", "words"))
    refused = any(habit.fault or strict for habit in habits)
    return Exit.REFUSED if refused else Exit.DONE


@refusals_in_words
def coverage(
    folder: Annotated[Path, typer.Argument(help="A labelled corpus: labels.jsonl, replies.jsonl, messages/.")],
    samples: Annotated[
        Path | None,
        typer.Option(help="More mails, without labels: a folder of .eml files.", exists=True, file_okay=False),
    ] = None,
    only_by: Annotated[str | None, typer.Option(help="List the rules that win in this source alone.")] = None,
    json: JsonOption = False,
) -> int:
    """Count what each rule wins on real mail, own samples and examples; name what rests on too little."""
    from rebond.cli.corpus import CorpusError
    from rebond.cli.coverage import check_source, cover
    from rebond.packs import default_qualifier, load_shipped_rules

    raws = [path.read_bytes() for path in (sorted(samples.rglob("*.eml")) if samples else ())]
    try:
        found = cover(folder, qualifier=default_qualifier(), rules=load_shipped_rules(), samples=raws)
        if only_by:
            check_source(found, only_by)
    except CorpusError as error:
        say(f"rebond: {error}")
        return Exit.USAGE
    if only_by:
        rules = found.only_by(only_by)
        show_rows(({"rule": rule, "real": len(found.wins[rule].real)} for rule in rules), as_json=json)
    elif wants_json(json):
        print(to_json(found.as_dict()))
    else:
        _draw(found)
    return Exit.DONE


def _draw(found: "Coverage") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{len(found.rules)} rules, most at work first")
    for heading in ("rule", "real", "texts", "sources", "samples", "examples"):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    for rule, wins in sorted(found.wins.items(), key=lambda item: -len(item[1].real)):
        numbers = (len(wins.real), len(wins.texts), len(wins.sources), wins.samples, wins.examples)
        table.add_row(rule, *map(str, numbers))
    console = Console()
    console.print(table)
    told = found.as_dict()
    alone = {source: len(rules) for source, rules in told["only_by"].items() if rules}
    _list(f"{len(found.one_sample)} rules win on one sample only", found.one_sample)
    _list(f"{len(found.never_real)} rules never win on real mail", found.never_real)
    _list("rules that win in one source only", (f"{source} {number}" for source, number in alone.items()))
    _list("causes never reached", told["causes"]["unreached"] or ["none"])
    _list("causes of text messages and push, never reached", told["causes"]["unreached_other_channels"] or ["none"])


def _list(heading: str, names: Iterable[str]) -> None:
    typer.echo(visible(f"{heading}: {', '.join(names)}"))
