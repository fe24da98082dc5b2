"""What a pack of somebody else holds as rules, refused where it could not be used (specification 03, section 6)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rebond.core.qualify.archive import PackError, PackFile
from rebond.core.qualify.loading import PACK, load_console_rules
from rebond.core.qualify.pattern_size import pattern_size
from rebond.core.qualify.rule_form import parse_rules, unfit
from rebond.core.qualify.rules import RuleError
from rebond.core.said import said

Document = Mapping[str, Any]
MOST_RULES = 10_000
# What compiling costs at most: some seconds for a pattern, some minutes for a pack.
LARGEST_PATTERN = 2_000
LARGEST_PACK = 400_000
_MOST_PROBLEMS = 3
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}")
_LONGEST_PROBLEM = 500


def is_rule_name(name: object) -> bool:
    """Tell what a rule of a pack can be called."""
    return isinstance(name, str) and _ID.fullmatch(name) is not None


def is_own_name(name: str) -> bool:
    """Tell what a rule of a site can be called: `pack/name` is a rule that came in a pack."""
    return is_rule_name(name) and "/" not in name


def rules_of(pack: PackFile, *, source: str) -> dict[str, Document]:
    """Read the rules of a pack as this site keeps them, by their names here; PackError when one cannot be taken."""
    manifest = pack.manifest
    found: dict[str, Document] = {}
    for path, text in sorted(pack.files.items()):
        for table in _tables(path, text):
            if words := unfit(table):
                raise PackError(
                    said(
                        "{path} holds a rule{called} with {words}",
                        path=path,
                        called=_called(table.get("id")),
                        words=words,
                    )
                )
            name = table.get("id")
            if not is_rule_name(name):
                raise PackError(
                    said(
                        "{path} holds a rule whose id is {name!r}: it is no name of a rule",
                        path=path,
                        name=str(name)[:80],
                    )
                )
            mine = f"{manifest.name}/{name}"
            if mine in found:
                raise PackError(said("two of its rules are called {name}", name=name))
            origin = {"name": manifest.name, "source": source, "version": manifest.version.isoformat()}
            found[mine] = {
                "channel": path.split("/")[1],
                **table,
                "id": mine,
                "since": str(table.get("since", "")),
                PACK: {**origin, "place": len(found)},
            }
            if len(found) > MOST_RULES:
                raise PackError(said("it holds more than {most_rules:,} rules", most_rules=MOST_RULES))
    return _checked(found)


def _called(name: object) -> str:
    return said(" called {name!r}", name=name[:80]) if isinstance(name, str) else ""


def _tables(path: str, text: str) -> Iterable[dict[str, Any]]:
    try:
        document = parse_rules(text)
    except ValueError as error:
        raise PackError(said("{path} is not valid TOML: {error}", path=path, error=error)) from None
    tables = document.get("rule", [])
    only = set(document) <= {"rule", "reads"} and isinstance(tables, list)
    if not only or not all(isinstance(table, dict) for table in tables):
        raise PackError(said("{path} holds something else than [[rule]] tables", path=path))
    return [{"reads": document.get("reads", "text"), **table} for table in tables]


def _checked(rules: dict[str, Document]) -> dict[str, Document]:
    whole = 0
    for name, document in rules.items():
        size = pattern_size(str(document.get("text", "")))
        whole += size
        if size > LARGEST_PATTERN:
            raise PackError(
                said(
                    "the pattern of rule {name} is larger than {largest_pattern:,} signs, repeats written out",
                    name=name,
                    largest_pattern=LARGEST_PATTERN,
                )
            )
        if whole > LARGEST_PACK:
            raise PackError(
                said(
                    "its patterns are larger than {largest_pack:,} signs, repeats written out",
                    largest_pack=LARGEST_PACK,
                )
            )
    try:
        load_console_rules(rules.values(), with_examples=True)
    except RuleError as error:
        raise PackError(first_problems(error)) from None
    return rules


def first_problems(error: RuleError) -> str:
    """Say why rules are refused: the first few problems."""
    words = "; ".join(_cut(str(problem)) for problem in error.problems[:_MOST_PROBLEMS])
    more = len(error.problems) - _MOST_PROBLEMS
    if more > 0:
        return said("its rules are refused: {words}; and {more} more", words=words, more=more)
    return said("its rules are refused: {words}", words=words)


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST_PROBLEM else words[: _LONGEST_PROBLEM - 1] + "…"
