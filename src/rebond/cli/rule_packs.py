"""`rebond rules keygen|export|import|update|updates`: signed packs of rules, given out and taken."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show, show_rows
from rebond.cli.practice import outdated_row, practice_of
from rebond.cli.settling import counting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rebond.services.apply_rules import Practice
    from rebond.services.export_rules import Collected
    from rebond.services.take_pack import Looked
    from rebond.store.read.rules import Operation

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show the difference; write nothing.")]
TakeAnywayOption = Annotated[bool, typer.Option("--anyway", help="Also what moves very many into quarantine.")]
_BRIEF = ("source", "pack", "version", "outcome", "words", "new", "changed", "gone", "conflicts", "operation")
_BRIEF_UPDATES = ("operation", "at", "pack", "version", "source", "new", "changed", "gone", "undone_at")


def register(app: typer.Typer) -> None:
    """Add the commands of this family to those about rules."""
    group = next(group.typer_instance for group in app.registered_groups if group.name == "rules")
    assert group is not None
    for name, command in (
        ("keygen", keygen),
        ("export", export),
        ("import", import_),
        ("update", update),
        ("updates", updates),
    ):
        group.command(name)(handles_errors(command))


def keygen(data: DataOption = None, json: JsonOption = False) -> None:
    """Make the key that signs this site's packs, and print its public key, which others need to take them."""
    from rebond.config import load_config
    from rebond.pack_keys import make_key, read_key
    from rebond.services.errors import RefusedError

    directory = data_directory(data)
    path = directory / load_config(directory).packs.key
    try:
        public = make_key(path)
    except FileExistsError:
        raise RefusedError(f"{path} holds a key already; its public key is {read_key(path)[1]}") from None
    show({"file": path, "public_key": public}, as_json=json, title="Key")


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; NAME.rebond.zip here when left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be in it; write nothing.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write the texts that rules decided here as a signed pack that others can take.

    Texts to be qualified, ignored ones and those decided by their code alone stay here, and so do addresses.
    """
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.errors import InputError
    from rebond.services.export_rules import collect_rules, export_pack

    if dry_run:
        made_by = site.config.packs.made_by or site.config.packs.name
        show(_collected(collect_rules(site.qualifier, made_by=made_by)), as_json=json, title="Would be exported")
        return
    maker = site.pack_maker
    if maker is None:
        raise InputError("this site's pack has no name: set packs.name in rebond.toml, or REBOND_PACKS__NAME")
    done = export_pack(site.qualifier, maker, now=site.clock.now(), file=file)
    result = {"file": done.path, "written": done.written, "public_key": maker.public, **_collected(done.collected)}
    show(result, as_json=json, title="Exported")


def _collected(found: "Collected") -> dict[str, Any]:
    left_out = [f"{one.rule}: {one.words}" for one in found.left_out]
    return {"rules": found.rules, "texts": found.texts, "left_out": left_out}


def import_(
    file: Annotated[Path, typer.Argument(help="The pack.")],
    dry_run: DryRunOption = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also what was undone or removed here, and a version that is no newer.")
    ] = False,
    anyway: TakeAnywayOption = False,
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with the change.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Take what is new in a pack that one of the configured keys signed; `rebond rules undo` takes it back.

    Rules of this site always win. What contradicts them is listed and not taken.
    """
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.pack_sources import read_pack_file
    from rebond.services.errors import InputError
    from rebond.services.take_pack import take_pack
    from rebond.services.update_rules import FAILED, open_by_any

    given = read_pack_file(file)
    if given.problem:
        raise InputError(f"{file} cannot be read: {given.problem}")
    practice = practice_of(site, anyway=anyway)
    looked = open_by_any(given, {name: section.keys for name, section in site.config.update.items()})
    if looked.pack is not None:
        with counting("Failures", as_json=json) as on_progress:
            looked = take_pack(
                practice,
                looked.pack,
                source=looked.source,
                where=looked.where,
                dry_run=dry_run,
                again=again,
                because=because,
                command=f"rebond rules import {file}",
                on_progress=on_progress,
            )
    show(looked_row(looked), as_json=json, title="Pack")
    _tell_outdated(practice, [looked])
    return Exit.REFUSED if looked.outcome in FAILED else Exit.DONE


def update(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]…", help="Names of [update.NAME] sections; all, if none.")
    ] = None,
    dry_run: DryRunOption = False,
    anyway: TakeAnywayOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Take what is new in the packs of the configured sources; each pack is one operation that can be undone.

    Ends with 3 when a source failed or a pack was held back; the others are taken all the same.
    """
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.errors import NotFoundError
    from rebond.services.update_rules import FAILED, update_rules

    known = {source.name: source for source in site.pack_sources}
    if unknown := sorted(set(sources or ()) - set(known)):
        told = ", ".join(known) or "none"
        raise NotFoundError(f"there is no source {unknown[0]!r} in [update.NAME]: known are {told}")
    wanted = [source for name, source in known.items() if not sources or name in sources]
    practice = practice_of(site, anyway=anyway)
    with counting("Failures", as_json=json) as on_progress:
        looked = update_rules(practice, wanted, dry_run=dry_run, on_progress=on_progress)
    show_rows(map(looked_row, looked), as_json=json, title="Deliverability update", brief=_BRIEF)
    _tell_outdated(practice, looked)
    return Exit.PARTLY if any(one.outcome in FAILED for one in looked) else Exit.DONE


def _tell_outdated(practice: "Practice", looked: "Iterable[Looked]") -> None:
    for one in looked:
        if one.operation is not None:
            outdated_row(practice, one.operation)


def updates(data: DataOption = None, json: JsonOption = False) -> None:
    """List the packs that were taken, the latest first; the operation's number undoes it."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.store.read.rules import pack_operations

    show_rows(map(_taken_row, pack_operations()), as_json=json, title="Packs taken", brief=_BRIEF_UPDATES)


def looked_row(looked: "Looked") -> dict[str, Any]:
    """Show what came of a pack."""
    from rebond.services.take_pack import FRENCH_OUTCOME

    row: dict[str, Any] = {
        "source": looked.source,
        "where": looked.where,
        "outcome": looked.outcome,
        "outcome_french": FRENCH_OUTCOME[looked.outcome],
        "words": looked.words,
        **dict.fromkeys(("pack", "version", "made_by", "signer"), ""),
        **dict.fromkeys(("new", "changed", "gone", "known", "conflicts"), ()),
        "instead": {},
        **dict.fromkeys(("operation", "failures_changed", "leaving_quarantine", "entering_quarantine")),
    }
    if looked.pack:
        manifest = looked.pack.manifest
        row |= {"pack": manifest.name, "version": manifest.version.isoformat(), "made_by": manifest.made_by}
        row["signer"] = looked.pack.signer
    if found := looked.difference:
        row |= {"new": found.new, "changed": found.changed, "gone": found.gone, "known": found.known}
        row["conflicts"] = [{"rule": one.rule, "here": one.here, "words": one.words} for one in found.conflicts]
        row["instead"] = dict(found.instead)
    if effect := looked.effect:
        row["failures_changed"] = effect.total.failures
        row["leaving_quarantine"], row["entering_quarantine"] = effect.total.leaving, effect.total.entering
    if operation := looked.operation:
        row |= {"operation": operation.number, "failures_changed": operation.failures}
    return row


def _taken_row(operation: "Operation") -> dict[str, Any]:
    pack = dict(operation.pack or {})
    return {
        "operation": operation.number,
        "at": operation.at,
        "actor": operation.actor,
        "pack": pack.pop("name", ""),
        **pack,
        "failures": operation.failures,
        "undone_at": operation.undone_at,
        "undone_by": operation.undone_by,
    }
