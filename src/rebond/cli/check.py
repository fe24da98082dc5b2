"""`rebond check`: which of these addresses may be written to."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring
from typing import IO, Annotated

import typer

from rebond.cli.output import DataOption, JsonOption, data_directory, handles_errors, opened, show_rows, wants_json
from rebond.core.words import Channel, Reason

# Two are under way at once; more at a time takes more memory and no less time.
_BLOCK = 512 * 1024
_MOST_LINE = 4096
_USUAL_LINE = 25


def register(app: typer.Typer) -> None:
    """Add the command of this family."""
    app.command()(check)


@handles_errors
def check(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="One address a line; - for standard input.")],
    channel: Annotated[Channel, typer.Option(help="Channel of the addresses.")] = Channel.EMAIL,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Tell for each address of a file whether it may be written to, and the reason why not, in the order given."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.check import Checker

    with opened(file) as stream:
        checker = Checker(
            channel=channel,
            region=site.config.site.default_region,
            allow_undotted=site.config.email.allow_undotted,
            expected=os.fstat(stream.fileno()).st_size // _USUAL_LINE,
        )
        answers = checker.answer(_checked_lines(stream, channel=channel))
        if not wants_json(json):
            pairs = (pair for batch in answers for pair in zip(*batch, strict=True))
            show_rows(({"address": a, "allowed": r is None, "reason": r} for a, r in pairs), as_json=False)
            return
        for addresses, reasons in answers:
            sys.stdout.write(_answers(addresses, reasons))


def _answers(addresses: Sequence[str], reasons: Sequence[Reason | None]) -> str:
    # Joined by hand: millions of lines, and this is twenty times as fast as dictionaries made into JSON.
    parts = [_BEFORE, "", _ALLOWED] * len(addresses)
    parts[1::3] = addresses if _AS_THEY_ARE.fullmatch("".join(addresses)) else map(_inside, addresses)
    for place, reason in enumerate(reasons):
        if reason is not None:
            parts[place * 3 + 2] = f'", "allowed": false, "reason": "{reason}"}}\n'
    return "".join(parts)


_BEFORE, _ALLOWED = '{"address": "', '", "allowed": true, "reason": null}\n'
_AS_THEY_ARE = re.compile(r'[^"\\\x00-\x1f]*+')


def _inside(text: str) -> str:
    return encode_basestring(text)[1:-1]


def _checked_lines(stream: IO[bytes], *, channel: Channel) -> Iterator[list[str]]:
    from rebond.services.check import refuse_columns

    for number, addresses in enumerate(_address_lines(stream)):
        if not number:
            refuse_columns(addresses[0], channel=channel)
        yield addresses


def _address_lines(stream: IO[bytes]) -> Iterator[list[str]]:
    """Gather the lines of a file, but blank ones, block by block; a line is cut where no address is that long."""
    rest = b""
    while block := stream.read(_BLOCK):
        whole, _, rest = (rest + block).rpartition(b"\n")
        rest = rest[:_MOST_LINE]
        if texts := _lines(whole):
            yield texts
    if texts := _lines(rest):
        yield texts


def _lines(block: bytes) -> list[str]:
    lines = block.split(b"\n")
    if len(max(lines, key=len)) > _MOST_LINE:
        block = b"\n".join([line[:_MOST_LINE] for line in lines])
    text = block.decode("utf-8", "replace")
    if any(mark in text for mark in _UNEVEN) or text[:1] in _AT_AN_END or text[-1:] in _AT_AN_END:
        return list(filter(None, [line.strip("\r\ufeff \t") for line in text.split("\n")]))
    return text.split("\n")


# What surrounds an address, and lines without one.
_UNEVEN = ("\r", "\ufeff", " ", "\t", "\n\n")
_AT_AN_END = ("", "\n")
