"""The deliverability update: takes the packs of all sources, gives out this site's own (specification 03, section 6).

A source that fails is reported and does not stop the others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rebond.core.qualify.archive import PackError, PackFile, read_pack
from rebond.core.said import said, words_of
from rebond.services.alerts import alert_about_update, end_for_sources_gone
from rebond.services.apply_rules import Practice, carry_on_all
from rebond.services.errors import ServiceError
from rebond.services.export_rules import PackMaker, export_pack
from rebond.services.take_pack import Looked, Outcome, take_pack
from rebond.store.read.rules import console_documents
from rebond.store.trouble import trouble
from rebond.store.write.jobs import finish_job, start_job

JOB = "deliverability-update"
FAILED = frozenset({Outcome.REFUSED, Outcome.HELD})
_LONGEST_WORDS = 300
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a source gave: the bytes of a pack, or why there are none."""

    where: str
    data: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSource:
    """Where packs come from, and whose signatures are believed there."""

    name: str
    keys: frozenset[str]
    read: Callable[[], Iterable[Given]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What a run of the job did; `exported` is the pack that was written, `problem` says what failed."""

    looked: tuple[Looked, ...]
    exported: str
    problem: str


def update_rules(
    practice: Practice,
    sources: Iterable[PackSource],
    *,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> list[Looked]:
    """Hold the packs of all sources against the rules here, and take what is new unless it is a `dry_run`.

    A source that fails, or whose pack is held back, raises an alert, which ends when that is over.
    """
    if not dry_run:
        carry_on_all(practice)
    found: list[Looked] = []
    for source in sources:
        try:
            packs = _newest(_opened(source))
        except Exception as error:  # whatever a source can do, the others are taken
            packs = [_failed(error, source=source.name)]
        mine = [
            _taken(practice, looked, looked.pack, dry_run=dry_run, on_progress=on_progress) if looked.pack else looked
            for looked in packs
        ]
        if not dry_run:
            failed, held = (_told(mine, outcome) for outcome in (Outcome.REFUSED, Outcome.HELD))
            alert_about_update(source.name, failed=failed, held=held, now=practice.now)
        found += mine
    return found


def _told(looked: Iterable[Looked], *outcomes: Outcome) -> str:
    """Say what is the matter with the packs that came to this."""
    return "; ".join(f"{one.source} ({one.where}): {one.words}" for one in looked if one.outcome in outcomes)


def _taken(
    practice: Practice, looked: Looked, pack: PackFile, *, dry_run: bool, on_progress: Progress | None
) -> Looked:
    source, where = looked.source, looked.where
    try:
        return take_pack(practice, pack, source=source, where=where, dry_run=dry_run, on_progress=on_progress)
    except Exception as error:  # whatever a pack can hold, the others are taken
        if trouble(error).passes:
            raise
        return replace(_failed(error, source=source, where=where), pack=pack)


def _failed(error: Exception, *, source: str, where: str = "") -> Looked:
    words = said(
        "it could not be looked at: {kind}: {error}", kind=type(error).__name__, error=str(error)[:_LONGEST_WORDS]
    )
    return Looked(source=source, where=where, outcome=Outcome.REFUSED, words=words)


def _opened(source: PackSource) -> Iterable[Looked]:
    for given in source.read():
        looked = Looked(source=source.name, where=given.where, outcome=Outcome.REFUSED, words=given.problem)
        if given.problem:
            yield looked
        else:
            yield open_pack(given.data, keys=source.keys, source=source.name, where=given.where)


def open_pack(data: bytes, *, keys: frozenset[str], source: str, where: str) -> Looked:
    """Read a pack that a source gave; what is refused has words instead of a `pack`."""
    refused = Looked(source=source, where=where, outcome=Outcome.REFUSED)
    try:
        return replace(refused, pack=read_pack(data, keys=keys))
    except PackError as error:
        return replace(refused, words=words_of(error))


def open_by_any(given: Given, keys: Mapping[str, Iterable[str]]) -> Looked:
    """Read a pack that somebody brought: it comes from the source, by name, one of whose keys signed it."""
    refused = Looked(source="", where=given.where, outcome=Outcome.REFUSED, words=given.problem)
    if given.problem:
        return refused
    sources = {key: name for name, every in reversed(list(keys.items())) for key in every}
    looked = open_pack(given.data, keys=frozenset(sources), source="", where=given.where)
    return replace(looked, source=sources[looked.pack.signer]) if looked.pack else looked


def _newest(looked: Iterable[Looked]) -> list[Looked]:
    """Keep of each pack its newest version (of two of one day, the one whose name comes last), and all that failed."""
    found: list[Looked] = []
    newest: dict[str, tuple[str, str, Looked]] = {}
    for one in looked:
        if one.pack is None:
            found.append(one)
        else:
            manifest = one.pack.manifest
            best = newest.setdefault(manifest.name, (manifest.version.isoformat(), one.where, one))
            newest[manifest.name] = max(best, (manifest.version.isoformat(), one.where, one), key=lambda item: item[:2])
    return found + [one for _, _, one in newest.values()]


def run_update(
    practice: Practice,
    sources: Sequence[PackSource],
    *,
    now: datetime,
    maker: Callable[[], PackMaker | None],
    folder: Path | None = None,
    on_progress: Progress | None = None,
) -> Updated:
    """Do the nightly job: take what is new, then leave this site's own pack in a folder, when it is given out."""
    job = start_job(JOB, now=now)
    try:
        looked = update_rules(practice, sources, on_progress=on_progress)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        finish_job(job, result={}, now=practice.now, problem=problem)
        alert_about_update(JOB, failed=problem, now=practice.now)
        raise
    end_for_sources_gone([*(source.name for source in sources), JOB], now=practice.now)
    exported = problem = ""
    try:
        if (made_by := maker()) is not None and folder is not None:
            done = export_pack(practice.make(console_documents()), made_by, folder=folder, now=now)
            exported = str(done.path)
    except (ServiceError, ValueError, OSError) as error:
        problem = f"export: {error}"
    alert_about_update(JOB, failed=problem, now=practice.now)
    problems = "; ".join(filter(None, (_told(looked, *FAILED), problem)))
    updated = Updated(looked=tuple(looked), exported=exported, problem=problems)
    result = {
        "packs": [{"source": one.source, "where": one.where, "outcome": one.outcome.value} for one in looked],
        "exported": exported,
    }
    finish_job(job, result=result, now=practice.now, problem=updated.problem)
    return updated
