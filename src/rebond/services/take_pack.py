"""A signed pack of rules is held against the rules here, and what is new in it is taken (specification 03, section 6).

What people decided here is never overwritten: their rules come first, what contradicts them is listed and not taken,
and what they removed or undid does not come back by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rebond.core.qualify.archive import Manifest, PackError, PackFile
from rebond.core.qualify.exchange import Difference, compare_pack
from rebond.core.qualify.loading import PACK, is_imported
from rebond.core.qualify.normalise import template
from rebond.core.qualify.pack_rules import Document, rules_of
from rebond.core.qualify.rules import RuleError
from rebond.core.said import said, words_of
from rebond.core.words import QualificationStatus
from rebond.services.apply_rules import Practice
from rebond.services.backtest import Backtested
from rebond.services.change_rules import Change, apply_change, effect_of, prepare_rules
from rebond.services.errors import ServiceError
from rebond.services.quarantine_bound import TooManyEnterError, too_many
from rebond.store.read.qualifications import list_qualifications
from rebond.store.read.rules import (
    Operation,
    PackVersion,
    console_documents,
    newest_seen,
    pack_operations,
    removed_by_people,
)
from rebond.store.write.rules import remember_pack

KIND = "update"


class Outcome(StrEnum):
    """What came of a pack."""

    TAKEN = "taken"
    DIFFERENT = "different"
    UNCHANGED = "unchanged"
    OLDER = "older"
    UNDONE = "undone"
    HELD = "held"
    REFUSED = "refused"


FRENCH_OUTCOME: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.TAKEN: "Pris",
        Outcome.DIFFERENT: "À prendre",
        Outcome.UNCHANGED: "Inchangé",
        Outcome.OLDER: "Plus ancien",
        Outcome.UNDONE: "Annulé ici",
        Outcome.HELD: "Retenu",
        Outcome.REFUSED: "Refusé",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a source gave, and what came of it; `effect` is the back-test of what was not taken yet."""

    source: str
    where: str
    outcome: Outcome
    words: str = ""
    pack: PackFile | None = None
    difference: Difference | None = None
    effect: Backtested | None = None
    operation: Operation | None = None


def take_pack(
    practice: Practice,
    pack: PackFile,
    *,
    source: str,
    where: str,
    dry_run: bool = False,
    again: bool = False,
    because: str = "",
    command: str = "",
    on_progress: Callable[[int], None] | None = None,
) -> Looked:
    """Take the rules of a pack that are new here, as one operation that can be undone.

    It is held back when too many addresses would enter quarantine; `command` is what a person can take it with. `again`
    also takes what was undone or removed here, and a version that is no newer than the one that was taken.
    """
    looked = Looked(source=source, where=where, outcome=Outcome.REFUSED, pack=pack)
    try:
        _refuse_strangers(pack, source=source)
        if not again and (passed := _passed_over(pack, source=source)):
            outcome, words = passed
            return replace(looked, outcome=outcome, words=words)
        if not again and not dry_run:
            _remember(pack, source=source, now=practice.now)
        taking = _Taking(practice, pack, rules_of(pack, source=source), source=source, again=again)
        change = taking.prepare()
        if again and not dry_run:  # a person wants this version, whatever was seen before
            _remember(pack, source=source, now=practice.now)
        if not taking.difference.documents:
            return replace(looked, outcome=Outcome.UNCHANGED, difference=taking.difference)
        if dry_run:
            effect = effect_of(practice, change, on_progress=on_progress)
            words = _held_back(practice, effect.total.entering)
            practice.bound.entered += effect.total.entering
            return replace(looked, outcome=Outcome.DIFFERENT, words=words, difference=taking.difference, effect=effect)
        why = because or f"pack {pack.manifest.name} of {pack.manifest.version} from {source}"
        try:
            operation = apply_change(practice, taking.prepare, kind=KIND, because=why, on_progress=on_progress)
        except TooManyEnterError as error:
            by = command or f"rebond rules update {source}"
            words = said(
                "{too_many}: look at {by} --dry-run, then take it with --anyway",
                too_many=too_many(error.entering, most=error.most),
                by=by,
            )
            return replace(looked, outcome=Outcome.HELD, words=words, difference=taking.difference)
        return replace(looked, outcome=Outcome.TAKEN, difference=taking.difference, operation=operation)
    except (PackError, RuleError, ServiceError) as error:
        return replace(looked, words=words_of(error))


def _held_back(practice: Practice, entering: int) -> str:
    """Warn that a pack will be held back; empty when it will not."""
    if practice.anyway or not practice.bound.exceeded_by(entering):
        return ""
    return said(
        "{too_many}: --anyway takes it", too_many=too_many(practice.bound.entered + entering, most=practice.bound.most)
    )


def _refuse_strangers(pack: PackFile, *, source: str) -> None:
    """Let nobody but the source that gave a pack replace its rules."""
    name = pack.manifest.name
    for document in console_documents().values():
        if is_imported(document) and document[PACK]["name"] == name and document[PACK]["source"] != source:
            owner = document[PACK]["source"]
            raise PackError(
                said(
                    "the pack {name} comes from the source {owner} here; another cannot replace its rules",
                    name=name,
                    owner=owner,
                )
            )


def _passed_over(pack: PackFile, *, source: str) -> tuple[Outcome, str] | None:
    """Tell why a pack is not looked at: it was undone here, or is no newer than what was taken or seen."""
    manifest = pack.manifest
    taken = [operation for operation in pack_operations() if operation.pack and operation.pack["name"] == manifest.name]
    for operation in taken:
        assert operation.pack is not None
        if operation.undone_at is None:
            known = PackVersion(version=operation.pack["version"], digest=operation.pack["digest"])
            if words := _outdated(manifest, known, what="taken"):
                return Outcome.OLDER, words
            break
        if operation.pack["digest"] == manifest.digest:
            words = said(
                "it was undone by {undone_by}, operation {operation}",
                undone_by=operation.undone_by,
                operation=operation.number,
            )
            return Outcome.UNDONE, said("{words}: rebond rules import --again takes it after all", words=words)
    # Also a version of which nothing was new here says that those before it are no longer what its makers say.
    seen = newest_seen(manifest.name, source=source)
    words = _outdated(manifest, seen, what="seen") if seen else ""
    return (Outcome.OLDER, words) if words else None


def _outdated(manifest: Manifest, known: PackVersion, *, what: str) -> str:
    version = manifest.version.isoformat()
    seen = what == "seen"
    if version < known.version:
        if seen:
            return said("version {version} was seen already", version=known.version)
        return said("version {version} was taken already", version=known.version)
    # Of two of one day nobody knows the newer: each would replace the other for ever.
    if version == known.version and manifest.digest != known.digest:
        if seen:
            return said(
                "another pack of version {version} was seen already: rebond rules import --again takes this one",
                version=version,
            )
        return said(
            "another pack of version {version} was taken already: rebond rules import --again takes this one",
            version=version,
        )
    return ""


def _remember(pack: PackFile, *, source: str, now: datetime) -> None:
    manifest = pack.manifest
    seen = PackVersion(version=manifest.version.isoformat(), digest=manifest.digest)
    remember_pack(manifest.name, source=source, seen=seen, now=now)


class _Taking:
    """A pack on its way in: compared anew whenever the rules here changed meanwhile."""

    difference: Difference

    def __init__(
        self, practice: Practice, pack: PackFile, rules: Mapping[str, Document], *, source: str, again: bool
    ) -> None:
        self._practice = practice
        self._pack = pack
        self._rules = rules
        self._source = source
        self._again = again

    def prepare(self) -> Change:
        site, name = console_documents(), self._pack.manifest.name
        self.difference = compare_pack(
            self._rules,
            pack=name,
            site=site,
            make=lambda rules: self._practice.make(rules).engine,
            removed=frozenset() if self._again else removed_by_people(),
            ignored=_ignored(),
        )
        change = prepare_rules(self._practice, self.difference.documents, with_examples=False, seen=site)
        return replace(change, pack=self._told())

    def _told(self) -> dict[str, Any]:
        manifest, found = self._pack.manifest, self.difference
        return {
            "name": manifest.name,
            "version": manifest.version.isoformat(),
            "digest": manifest.digest,
            "made_by": manifest.made_by,
            "signer": self._pack.signer,
            "source": self._source,
            "new": list(found.new),
            "changed": list(found.changed),
            "gone": list(found.gone),
            "conflicts": [{"rule": one.rule, "here": one.here, "words": one.words} for one in found.conflicts],
        }


def _ignored() -> set[tuple[str, str]]:
    rows = [row for row in list_qualifications() if row.status is QualificationStatus.IGNORE]
    return {(row.channel.value, text) for row in rows for text in (row.template, template(row.template))}
