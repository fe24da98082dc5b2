"""`rebond intake events`: what somebody else's sender tells."""

from collections.abc import Iterator
from typing import Annotated, BinaryIO

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, cell, data_directory, opened, say, show, wants_json
from rebond.cli.settling import counting

_MOST_LINE = 1024 * 1024 + 2
_TOLD = 20


def events(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON Lines; - for standard input.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Take what somebody else's sender tells: failures, successes, complaints, STOP and START; bad lines are listed."""
    with opened(file) as stream:
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        from rebond.services.events import take_events

        with counting("Events", as_json=json) as progress:
            taken = take_events(
                bounded_lines(stream),
                policy=site.policy,
                qualifier=site.qualifier,
                now=site.clock.now(),
                region=site.config.site.default_region,
                allow_undotted=site.config.email.allow_undotted,
                often=site.often_unqualified,
                on_progress=progress,
            )
    rejected = [{"line": bad.line, "reason": bad.reason} for bad in taken.rejected]
    counts = {"read": taken.read, "stored": taken.stored, "duplicates": taken.duplicates}
    drawn = not wants_json(json)
    show({**counts, "rejected": len(rejected) if drawn else rejected}, as_json=json, title="Taken in")
    if not rejected:
        return Exit.DONE
    for bad in taken.rejected[:_TOLD] if drawn else ():
        say(cell(f"line {bad.line}: {bad.reason}").plain)
    say(f"rebond: {len(rejected)} of {taken.read} lines were rejected, the others are kept")
    return Exit.PARTLY


def bounded_lines(stream: BinaryIO, *, most: int = _MOST_LINE) -> Iterator[bytes]:
    """Yield lines, each cut at `most` bytes: what is longer is no event, and must not fill the memory."""
    while line := stream.readline(most):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(most)
        yield line
