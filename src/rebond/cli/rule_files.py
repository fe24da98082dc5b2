"""Rule files that a command is given: what cannot be read, or cannot stand beside other rules, is said in words."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebond.services.errors import InputError

if TYPE_CHECKING:
    from rebond.core.qualify.rules import Rule


def read_rules(paths: Iterable[Path]) -> "list[Rule]":
    """Read files as rules of this site; InputError for one that cannot be read, RuleError for a rule."""
    from rebond.packs import read_rule_file

    found: list[Rule] = []
    for path in paths:
        try:
            found += read_rule_file(path, console=True)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    return found


def read_documents(paths: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Read the tables of rule files, by id, as they are kept; InputError when a rule or an id is refused."""
    from rebond.core.qualify.rules import Pack, RuleError
    from rebond.packs import default_qualifier

    paths = list(paths)
    try:
        rules = read_rules(paths)
        Pack.of([*rules, *default_qualifier().engine.pack.rules])
    except RuleError as error:
        raise InputError(str(error)) from None
    return {name: table for path in paths for name, table in _tables(path).items()}


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    if not document.get("rule"):
        raise InputError(f"{path} holds no rule: begin each with [[rule]]")
    common = {"reads": document["reads"]} if "reads" in document else {}
    return {table["id"]: {**common, **table, "since": str(table["since"])} for table in document["rule"]}
