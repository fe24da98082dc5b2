"""This site's qualified texts as a signed pack that others can take (specification 03, section 6).

Only texts with status `keep` that a rule decided leave the site: as examples of that rule, as templates, without
anything that names somebody. What others gave is theirs to give.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rebond.core.qualifier import Qualifier
from rebond.core.qualify.archive import MOST_BYTES, Manifest, PackError, digest_of, read_pack, write_pack
from rebond.core.qualify.loading import load_rules
from rebond.core.qualify.normalise import fold
from rebond.core.qualify.pack_rules import is_rule_name
from rebond.core.qualify.rule_form import is_storable
from rebond.core.qualify.rule_text import rule_table, rules_text
from rebond.core.qualify.rules import Example, Level, Rule
from rebond.core.said import said
from rebond.core.words import QualificationStatus
from rebond.services.errors import InputError
from rebond.store.read.qualifications import Circumstance, QualificationRow, count_circumstances, list_qualifications

_MOST_EXAMPLES = 5
_WORD = re.compile(r"[^\W_]{3,}")
_ESCAPE = re.compile(r"\\[a-zA-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackMaker:
    """Who gives a pack out: what it is called, who made it, and the private key that signs it."""

    name: str
    made_by: str
    key: bytes
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A rule that is not given out, and why."""

    rule: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What would be given out: the rule files, how many rules and texts they hold, and what is left out."""

    files: Mapping[str, str]
    rules: int
    texts: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The pack that was written; `written` is false when the one that stood there says the same."""

    path: Path
    collected: Collected
    written: bool


def export_pack(
    qualifier: Qualifier, maker: PackMaker, *, now: datetime, folder: Path | None = None, file: Path | None = None
) -> Exported:
    """Write this site's pack to a file, or to NAME.rebond.zip in a folder; one that says the same is left as it is."""
    path = file or (folder or Path()) / f"{maker.name}.rebond.zip"
    collected = collect_rules(qualifier, made_by=maker.made_by)
    if not collected.rules:
        raise InputError(said("there is nothing to export: no text was decided by a rule here"))
    standing, version = _standing(path, maker=maker), now.date()
    if standing and standing.version >= version and standing.digest != digest_of(collected.files):
        # Of two packs of one day others take only the one that they saw first.
        version = standing.version + timedelta(days=1)
    data = write_pack(collected.files, name=maker.name, version=version, made_by=maker.made_by, key=maker.key)
    if len(data) > MOST_BYTES:
        raise InputError(
            said("the pack would be larger than the {most_bytes} MiB that others take", most_bytes=MOST_BYTES >> 20)
        )
    made = read_pack(data, keys=[maker.public]).manifest
    written = standing is None or replace(standing, version=made.version) != made
    if written:
        _put(path, data)
    return Exported(path=path, collected=collected, written=written)


def _standing(path: Path, *, maker: PackMaker) -> Manifest | None:
    """Read what stands where a pack is written to; nothing that is no pack of this site."""
    try:
        return read_pack(path.read_bytes(), keys=[maker.public]).manifest
    except (FileNotFoundError, PackError):
        return None


def _put(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def collect_rules(qualifier: Qualifier, *, made_by: str) -> Collected:
    """Collect the rules that decided texts here, each with some of these texts as its examples."""
    decided = _by_rule(list_qualifications())
    main = _main_circumstances([row.number for rows in decided.values() for row in rows])
    tables: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    for rule in qualifier.engine.pack.rules:
        rows = decided.get(rule.id, ())
        if not rows or rule.level is Level.IMPORTED or rule.review:
            continue
        if rule.level is Level.CONSOLE and (word := _private_word(rule, rows)):
            left_out.append(
                LeftOut(rule=rule.id, words=said("its pattern holds {word!r}, which names somebody", word=word))
            )
        elif not is_rule_name(rule.id):
            left_out.append(LeftOut(rule=rule.id, words=said("its id is none that a pack can hold")))
        else:
            source = f"decided by {made_by}" if rule.level is Level.CONSOLE else rule.source
            tables.append(rule_table(rule, source=source, examples=_examples(rows, main)))
    held = _hold(tables, qualifier)
    lost = [LeftOut(rule=one["id"], words=said("it does not win its texts once what names somebody is taken out"))
            for one in tables if one["id"] not in held]  # fmt: skip
    kept = [{**table, "examples": held[table["id"]]} for table in tables if table["id"] in held]
    return Collected(
        files=_files(kept),
        rules=len(kept),
        texts=sum(len(decided[table["id"]]) for table in kept),
        left_out=(*left_out, *lost),
    )


def _by_rule(rows: Iterable[QualificationRow]) -> dict[str, list[QualificationRow]]:
    decided: dict[str, list[QualificationRow]] = {}
    for row in rows:
        if row.status is QualificationStatus.KEEP and not row.by_code:
            decided.setdefault(row.verdict.rule, []).append(row)
    return decided


def _main_circumstances(numbers: Sequence[int]) -> dict[int, Circumstance]:
    main: dict[int, tuple[int, Circumstance]] = {}
    for about, count in count_circumstances(numbers).items() if numbers else ():
        if count > main.get(about.qualification, (0, about))[0]:
            main[about.qualification] = (count, about)
    return {number: about for number, (_, about) in main.items()}


def _examples(rows: Sequence[QualificationRow], main: Mapping[int, Circumstance]) -> list[dict[str, Any]]:
    """Make examples of the most frequent texts: their templates, with the codes that came with them."""
    examples: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.template in examples or not row.template or not is_storable(row.template):
            continue
        about = main.get(row.number)
        told = {"phase": about.phase.value, "code": about.code, "enhanced": about.enhanced} if about else {}
        examples[row.template] = {"text": row.template, **{name: value for name, value in told.items() if value}}
    return list(examples.values())[:_MOST_EXAMPLES]


def _private_word(rule: Rule, rows: Sequence[QualificationRow]) -> str:
    """Find a word of the pattern that stands in the texts only where something is named: an address, a host."""
    shown = {word for row in rows for word in _words(row.template)}
    hidden = {word for row in rows for word in _words(row.text)} - shown
    return next(iter(sorted(hidden & _words(_ESCAPE.sub(" ", rule.text)))), "")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _hold(tables: Sequence[dict[str, Any]], qualifier: Qualifier) -> dict[str, list[dict[str, Any]]]:
    """Keep of each rule the examples that it wins among all that are given out; a rule without one is left out."""
    given = [table for table in tables if table["examples"]]
    # In the order in which they will be tried where they are taken; their patterns are compiled here already.
    rules = {rule.id: rule for rule in load_rules({"rule": given}, file="export", imported=True)}

    def winner(example: Example) -> Rule | None:
        found = qualifier.engine.matching(fold(example.text), example.situation)
        return min((rules[rule.id] for rule in found if rule.id in rules), key=lambda rule: rule.order, default=None)

    held = {}
    for table, rule in zip(given, rules.values(), strict=True):
        pairs = zip(rule.examples, table["examples"], strict=True)
        if won := [told for example, told in pairs if winner(example) is rule]:
            held[rule.id] = won
    return held


def _files(tables: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    channels: dict[str, list[Mapping[str, Any]]] = {}
    for table in tables:
        channels.setdefault(table["channel"].value, []).append(table)
    return {f"rules/{channel}/kept.toml": rules_text(rules) for channel, rules in channels.items()}
