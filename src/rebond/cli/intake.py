"""`rebond intake`: the ways in which returns and events come in."""

import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from rebond.cli.hook_sources import sources
from rebond.cli.listen import listen_unless_told, lmtp
from rebond.cli.output import DataOption, Exit, JsonOption, handles_errors, say, show
from rebond.cli.settling import counting, make_settler, settled_json
from rebond.cli.take_events import events
from rebond.cli.taking import NoSettleOption, TrustOption, open_for, refuse, trust_for
from rebond.core.words import Trust

if TYPE_CHECKING:
    from rebond.intake.files import Found
    from rebond.wiring import Site

# What a pipe of Postfix or a .forward takes as "keep the mail and try again later" (sysexits.h).
TRY_AGAIN = 75


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    intake = typer.Typer(invoke_without_command=True)
    intake.callback()(listen_unless_told)
    app.add_typer(intake, name="intake")
    for command in (lmtp, maildir, mbox, files, stdin, events, sources):
        intake.command()(handles_errors(command))


def maildir(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A Maildir; its mails stay where they are.")],
    trust: TrustOption = None,
    no_settle: NoSettleOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Read the mails in a Maildir's new and cur; reading it again has no second effect."""
    from rebond.intake.files import count_maildir, is_maildir, read_maildir

    if not is_maildir(folder):
        refuse(f"{folder} is no Maildir: it has no folders new and cur")
    found, total = read_maildir(folder), count_maildir(folder)
    return _bring_in(found, source="maildir", total=total, trust=trust, no_settle=no_settle, data=data, json=json)


def mbox(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An mbox.")],
    trust: TrustOption = None,
    no_settle: NoSettleOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Read the mails of an mbox, of any size; reading it again has no second effect."""
    from rebond.intake.files import read_mbox

    if not file.is_file():
        folder = f"{file} is a folder: rebond intake maildir, or intake files"
        refuse(folder if file.is_dir() else f"there is no file {file}")
    return _bring_in(read_mbox(file), source="mbox", trust=trust, no_settle=no_settle, data=data, json=json)


def files(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files and folders; an mbox among them too.")],
    trust: TrustOption = None,
    no_settle: NoSettleOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Read mails from files and folders; reading them again has no second effect."""
    from rebond.intake.files import read_files

    return _bring_in(read_files(paths), source="files", trust=trust, no_settle=no_settle, data=data, json=json)


def stdin(
    recipient: Annotated[str, typer.Option("--recipient", help="The envelope's recipient, when it is known.")] = "",
    sender: Annotated[
        str | None, typer.Option("--sender", help="The envelope's sender, when it is known; '' is the null sender.")
    ] = None,
    trust: TrustOption = None,
    no_settle: NoSettleOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Read one mail from standard input, as a pipe of Postfix or a .forward gives it.

    Exit code 75 whenever it is not stored, so that the mail server keeps it and tries again.
    """
    try:
        stored, site = _store_one(sys.stdin.buffer, recipient=recipient, sender=sender, trust=trust, data=data)
    except Exception as error:  # whatever it is, the mail must not be given up
        say(f"rebond: the mail is not stored, try again later: {error}")
        return TRY_AGAIN
    try:
        settled = None if no_settle else make_settler(site).settle_all(site.clock.now)
    except Exception as error:  # it is stored: sending it once more would not help
        say(f"rebond: the mail is stored, but not settled yet: {error}")
        settled = None
    result = {"read": 1, "stored": int(stored), "duplicates": int(not stored), **settled_json(settled), "rejected": []}
    show(result, as_json=json, title="Taken in")
    return Exit.DONE


def _bring_in(
    found: "Iterable[Found]",
    *,
    source: str,
    trust: Trust | None,
    no_settle: bool,
    data: Path | None,
    json: bool,
    total: int | None = None,
) -> int:
    site = open_for(data)
    from rebond.intake.carry import carry
    from rebond.services.accept import Accepted, Incoming, accept_many
    from rebond.store.read.returns import count_unaccepted

    stuck = 0

    def accept(batch: "Sequence[Incoming]") -> "Sequence[Accepted]":
        nonlocal stuck
        answers = accept_many(batch, now=site.clock.now())
        stuck += count_unaccepted([answer.identity for answer in answers if answer.duplicate])
        return answers

    with counting("Stored", as_json=json, total=total) as progress:
        carried = carry(
            found,
            accept=accept,
            source=source,
            required_trust=trust_for(site, source=source, asked=trust),
            on_progress=progress,
        )
    settled = None
    if not no_settle:
        with counting("Settled", as_json=json) as progress:
            settled = make_settler(site).settle_all(site.clock.now, on_progress=progress)
    counts = {"read": carried.read, "stored": carried.stored, "duplicates": carried.duplicates}
    _hint(new=settled.unattributed if settled else 0, known=stuck, source=source)
    rejected = [{"path": one.path, "reason": one.reason} for one in carried.rejected]
    show({**counts, **settled_json(settled), "rejected": rejected}, as_json=json, title="Taken in")
    return Exit.PARTLY if rejected else Exit.DONE


def _hint(*, new: int, known: int, source: str) -> None:
    """Say what to do about returns that act on nothing, as those of another sender do."""
    accept = f"rebond returns accept --all --source {source} --because …"
    if new:
        say(f"rebond: {new} could not be attributed to what this site sent, or not wholly; the rest acts on nothing")
        say("(rebond returns unattributed).")
        say(f"Say --trust unverified for a sender that is not this site, or accept them: {accept}")
    if known:
        say(f"rebond: {known} that came before still act on nothing, and reading them again changes nothing.")
        say(f"Accept them: {accept}")


def _store_one(
    stream: BinaryIO, *, recipient: str, sender: str | None, trust: Trust | None, data: Path | None
) -> "tuple[bool, Site]":
    from rebond.intake.files import without_from_line
    from rebond.intake.mbox import MAX_MAIL

    raw = without_from_line(stream.read(MAX_MAIL))
    while stream.read(io.DEFAULT_BUFFER_SIZE):
        pass  # a pipe that is not read to its end would be a failure to who writes to it
    if not raw.strip():
        raise ValueError("there is nothing on standard input")
    site = open_for(data)
    from rebond.services.accept import Incoming, accept_many

    incoming = Incoming(
        source="stdin",
        raw=raw,
        envelope_from=sender,
        envelope_to=recipient,
        required_trust=trust_for(site, source="stdin", asked=trust),
    )
    (accepted,) = accept_many([incoming], now=site.clock.now())
    return not accepted.duplicate, site
