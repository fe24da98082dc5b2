"""What commands print: JSON for programs, tables for people; and how errors become exit codes (specification 09)."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, ParamSpec

import typer

if TYPE_CHECKING:
    from rich.text import Text

DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="REBOND_DATA", help="Data directory.", show_default="./rebond-data"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON even to a terminal (it always is when the output is no terminal).")
]
# Control characters could act on the terminal that shows them, others turn or break the line that they stand in.
_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
DEFAULT_DATA = Path("rebond-data")
P = ParamSpec("P")


class Exit(IntEnum):
    """Exit codes: a contract."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    PARTLY = 3
    REFUSED = 4


def wants_json(as_json: bool) -> bool:
    """Programs get JSON: asked for, or because nobody looks at the output."""
    return as_json or bool(os.environ.get("REBOND_JSON")) or not sys.stdout.isatty()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def to_json(value: object) -> str:
    """Write a value as one line of JSON; times as RFC 3339, and what could act on a terminal as \\uXXXX."""
    written = json.dumps(value, ensure_ascii=False, default=_plain)
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def visible(text: str) -> str:
    """Write out what could act on the terminal, or turn the line that it stands in."""
    return _ACTING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def say(text: str) -> None:
    """Tell the person something that is not the result: on standard error."""
    typer.echo(visible(text), err=True)


def cell(value: object) -> "Text":
    """Write a value for a table: as it is, never as markup, and without what could act on the terminal."""
    from rich.text import Text

    return Text(visible(_in_words(value)))


def _in_words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(map(_in_words, value))
    return to_json(value)


def show(result: Mapping[str, Any], *, as_json: bool, title: str = "") -> None:
    """Print one result: a line of JSON, or a table of names and values."""
    if wants_json(as_json):
        typer.echo(to_json(result))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=cell(title) if title else None, show_header=False)
    for name, value in result.items():
        table.add_row(name, cell(value))
    Console().print(table)


def show_rows(rows: Iterable[Mapping[str, Any]], *, as_json: bool, title: str = "", brief: Sequence[str] = ()) -> int:
    """Print rows as they come: JSON Lines, or one table (of the columns in `brief` alone); returns how many."""
    count = 0
    if wants_json(as_json):
        for row in rows:
            sys.stdout.write(to_json(row) + "\n")
            count += 1
        return count
    from rich.console import Console
    from rich.table import Table

    listed = list(rows)
    names = brief or tuple(listed[0] if listed else ())
    table = Table(title=cell(title) if title else None)
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")  # whole: an address is there to be copied
    for row in listed:
        table.add_row(*(cell(row[name]) for name in names))
    Console().print(table if listed else "Nothing to show.")
    if brief and listed:
        say("More about each with --json.")
    return len(listed)


def handles_errors(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn what a command's services refuse into a sentence on standard error and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from rebond.config import ConfigError
        from rebond.services.errors import InputError, NotFoundError, RefusedError

        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except RefusedError as error:
            say(f"rebond: {error}")
            code = Exit.REFUSED
        except (InputError, NotFoundError, ConfigError) as error:
            say(f"rebond: {error}")
            code = Exit.USAGE
        except BrokenPipeError:
            # The reader of our output has gone: nothing more to say to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = Exit.DONE
        except (OSError, _database_error()) as error:
            from rebond.cli.advice import with_advice

            say(f"rebond: {with_advice(error)}")
            code = Exit.FAULT
        raise typer.Exit(code or 0)

    return run


def _database_error() -> type[Exception]:
    from django.db import Error

    return Error


def data_directory(data: Path | None) -> Path:
    """Return the data directory asked for, or the default one in the current folder."""
    return data or DEFAULT_DATA


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file that a command was given to read, or standard input for `-`."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115
    except OSError as error:
        from rebond.services.errors import InputError

        raise InputError(f"{name}: {error.strerror}") from None
    with file:
        yield file
