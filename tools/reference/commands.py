"""The pages about the command line: every command with its arguments and options, and the exit codes."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from rebond.cli.app import build_app
from rebond.cli.intake import TRY_AGAIN
from rebond.cli.output import Exit
from reference import NOTE

_VALUES = {str: "TEXT", int: "NUMBER", Path: "PATH"}
_EXITS = {
    Exit.DONE: "Done. A question that is answered is done, whatever the answer.",
    Exit.FAULT: "A fault of this machine, its database or the relay: nothing is wrong with what was asked.",
    Exit.USAGE: "What was asked cannot be: a wrong option, file, configuration, or something that does not exist.",
    Exit.PARTLY: "Partly done: what is bad is listed with its line or path, the rest is done.",
    Exit.REFUSED: "Refused by the present state, or by a check; nothing has changed.",
}
# What every command with a data directory takes; said once.
_COMMON = ("--data", "--json", "--help")


def commands() -> str:
    """Describe every command, in the order in which the command line lists them."""
    root: Any = typer.main.get_command(build_app())
    return (
        NOTE + "# Commands\n\n"
        "`--data DIR` names the data directory (or `REBOND_DATA` does; without either it is `./rebond-data`).\n"
        "Commands that print a result draw tables on a terminal; `--json`, or `REBOND_JSON=1`, asks for JSON there\n"
        "too, and into a file or a pipe they always print JSON: one object, or one a line for lists. `--help`\n"
        "explains any command.\n\n" + "\n".join(_described(root, "rebond"))
    )


def _described(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield f"### {name}\n"
        yield from _command(command, name)
        return
    alone = {key: one for key, one in inner.items() if not hasattr(one, "commands")}
    groups = {key: one for key, one in inner.items() if hasattr(one, "commands")}
    if name != "rebond":
        yield f"## {name}\n\n{command.help}\n"
    elif alone:
        yield "## Commands that stand alone\n"
    for key, one in (*alone.items(), *groups.items()):
        yield from _described(one, f"{name} {key}")


def _command(command: Any, name: str) -> Iterator[str]:
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    options = [one for one in command.params if one.opts[0].startswith("-")]
    words = [_usage(one) for one in (*arguments, *(one for one in options if one.required))]
    others = ["[OPTIONS]"] if any(not one.required for one in options) else []
    yield f"```\n{' '.join((name, *words, *others))}\n```\n"
    yield f"{command.help}\n"
    rows = [_row(one) for one in (*arguments, *options) if one.opts[0] not in _COMMON]
    if rows:
        yield "\n".join(("| argument or option | default | meaning |", "|---|---|---|", *rows)) + "\n"


def _usage(one: Any) -> str:
    if one.opts[0].startswith("-"):
        return f"{one.opts[0]} {_value(one)}".rstrip()
    word = _value(one)
    return word if one.required or word.startswith("[") else f"[{word}]"


def _value(one: Any) -> str:
    if one.metavar:
        return str(one.metavar)
    if not one.opts[0].startswith("-"):
        return str(one.name).upper() + ("…" if one.nargs == -1 else "")
    if getattr(one, "is_flag", False):
        return ""
    annotation = one.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(word) for word in annotation) if len(annotation) <= _MOST_WORDS else one.name.upper()
    return _VALUES.get(annotation, str(one.name).upper())


_MOST_WORDS = 6


def _row(one: Any) -> str:
    named = "/".join((one.opts[0], *one.secondary_opts))
    written = f"{named} {_value(one)}".rstrip() if named.startswith("-") else _value(one)
    flag = getattr(one, "is_flag", False)
    default = "required" if one.required else "" if flag or one.default in (None, "") else f"`{one.default}`"
    return f"| `{_cell(written)}` | {default} | {_cell(one.help or '').replace('<', '&lt;')} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def exit_codes() -> str:
    """List the exit codes; KeyError for one that is not described."""
    rows = [f"| {code.value} | {code.name.lower()} | {_EXITS[code]} |" for code in Exit]
    return (
        NOTE + "# Exit codes\n\n"
        "They are a contract: scripts may rely on them. What happened is said on standard error.\n\n"
        "| code | name | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"`rebond intake stdin` exits with {TRY_AGAIN} whenever the mail is not stored, for whatever reason: a mail\n"
        "server takes that as “keep it and try again later”. Once the mail is stored it exits with 0.\n"
    )
