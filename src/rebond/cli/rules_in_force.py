"""`rebond rules list|show|test`: the rules that give verdicts, the shipped ones and, where there is a site, its own."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import (
    DEFAULT_DATA,
    DataOption,
    Exit,
    JsonOption,
    handles_errors,
    say,
    show,
    show_rows,
    to_json,
    visible,
    wants_json,
)
from rebond.cli.qualify import refusals_in_words

if TYPE_CHECKING:
    from rebond.core.qualify.rules import Problem, Rule

LEVELS = ("console", "imported", "provider", "general")
_BRIEF = ("id", "level", "provider", "type", "reason", "cause", "since")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    rules = typer.Typer(help="The rules that give verdicts: list, show, test them.", no_args_is_help=True)
    app.add_typer(rules, name="rules")
    for name, command in (("list", list_), ("show", show_one), ("test", try_all)):
        rules.command(name)(handles_errors(refusals_in_words(command)))


def list_(
    provider: Annotated[str, typer.Option(help="Only the rules of this provider.")] = "",
    level: Annotated[
        str, typer.Option(help="Only this level: console (people of this site decided), imported, provider, general.")
    ] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """List the rules in the order in which they are tried: those of the site that is there, then the shipped ones."""
    if level and level not in LEVELS:
        say(f"rebond: --level is {level!r}; it can be {', '.join(LEVELS)}")
        return Exit.USAGE
    rows = (
        _row(rule)
        for rule in _in_force(data)
        if (not provider or rule.provider == provider) and (not level or _level(rule) == level)
    )
    show_rows(rows, as_json=json, brief=_BRIEF)
    return Exit.DONE


def show_one(
    rule_id: Annotated[str, typer.Argument(metavar="ID")], data: DataOption = None, json: JsonOption = False
) -> int:
    """Show one rule with its pattern and examples."""
    from difflib import get_close_matches

    rules = {rule.id: rule for rule in _in_force(data)}
    if rule_id not in rules:
        near = get_close_matches(rule_id, rules, n=1)
        say(f"rebond: no rule has the id {rule_id!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return Exit.USAGE
    rule = rules[rule_id]
    details = {
        "text": rule.text,
        "line": rule.line,
        "source": rule.source,
        "examples": [example.text for example in rule.examples],
        "counterexamples": [example.text for example in rule.counterexamples],
    }
    show({**_row(rule), **details}, as_json=json)
    return Exit.DONE


def try_all(
    paths: Annotated[list[Path] | None, typer.Argument(help="Rule files to test with those in force.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Check that every example wins, that no counterexample matches, and that no rule is in vain."""
    from rebond.cli.rule_files import read_rules

    files = read_rules(paths or ())
    given = {rule.id for rule in files}
    own = [rule for rule in _own(data) if rule.id not in given]
    result, problems = _tested(files, own)
    for problem in problems:
        say(str(problem))
    if wants_json(json):
        sys.stdout.write(to_json(result) + "\n")
    else:
        typer.echo(f"{result['rules']} rules, {result['examples']} examples, {result['problems']} problems")
        for name in result["superseded"]:
            typer.echo(visible(f"{name} wins none of its examples any more: later rules of this site do"))
    return Exit.REFUSED if problems else Exit.DONE


def _tested(files: "list[Rule]", own: "list[Rule]") -> "tuple[dict[str, Any], list[Problem]]":
    """Test files with the shipped rules; and a site's rules as they are in force, before all others.

    What a site decided may well win a text that is an example of a shipped rule, or of what it decided or took before:
    that is no fault of either.
    """
    from rebond.core.qualify.check import check_pack, check_rule, is_superseded
    from rebond.core.qualify.engine import RuleEngine
    from rebond.core.qualify.rules import Pack
    from rebond.packs import compile_pack, load_shipped_rules

    pack = Pack.of([*files, *load_shipped_rules()])
    engine = compile_pack(pack)
    problems = list(check_pack(engine))
    superseded: list[str] = []
    if own:
        engine = RuleEngine.before(own, engine)
        here = {rule.id for rule in (*own, *files)}
        problems += [problem for rule in own for problem in check_rule(engine, rule, yields_to=here)]
        superseded = [rule.id for rule in own if is_superseded(engine, rule)]
    rules = (*own, *pack.rules)
    examples = sum(len(rule.examples) + len(rule.counterexamples) for rule in rules)
    numbers = {"rules": len(rules), "examples": examples, "problems": len(problems)}
    told = {"own": len(own), "superseded": superseded, "version": engine.pack.version}
    return {**numbers, **told}, problems


def _in_force(data: Path | None) -> "tuple[Rule, ...]":
    from rebond.core.qualify.rules import Pack
    from rebond.packs import load_shipped_rules

    return Pack.of([*_own(data), *load_shipped_rules()]).rules


def _own(data: Path | None) -> "tuple[Rule, ...]":
    """Read the rules of the site: the one asked for, or the one in the current folder; none when there is none."""
    from rebond.secrets_file import SECRETS_FILE

    if data is None and not (DEFAULT_DATA / SECRETS_FILE).exists():
        return ()
    from rebond.wiring import open_site

    open_site(data or DEFAULT_DATA)
    from rebond.core.qualify.loading import load_site_rules
    from rebond.store.read.rules import console_documents

    return load_site_rules(console_documents(), with_examples=True)


def _level(rule: "Rule") -> str:
    return rule.level.name.lower()


def _row(rule: "Rule") -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": _level(rule),
        "channel": str(rule.channel),
        "provider": rule.provider,
        "type": str(rule.type),
        "reason": str(rule.reason),
        "cause": str(rule.cause),
        "since": rule.since.isoformat(),
        "file": rule.file,
    }
