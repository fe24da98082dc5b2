"""The fields of a report (RFC 3464) in a text: those of the whole report, and each recipient's."""

import re
from collections.abc import Callable, Iterable
from itertools import chain

from rebond.core.read.headers import FIELD, MAX_VALUE, Headers, plain_fields

# A report on a thousand recipients has a thousand blocks, of ten fields or so.
MAX_BLOCKS = 5000
MAX_LINES = 12_000
CUT = "cut: of a report's many fields only the first are read"

_NAMING = ("final-recipient", "original-recipient")
_RECIPIENTS_OWN = """
    final-recipient original-recipient action status diagnostic-code remote-mta last-attempt-date
    will-retry-until
"""
_RECIPIENT_FIELDS = frozenset(_RECIPIENTS_OWN.split())
_BLANK_LINES = re.compile(r"\n\s*\n")
# The fields of a whole report, and those of one recipient.
Group = tuple[Headers, Headers]


def groups_in(text: str, *, note: Callable[[str], None]) -> list[Group]:
    """Give each recipient's fields in a text, with its report's common ones; `note` is told what is cut."""
    common = Headers()
    groups: list[Headers] = []
    for fields in _field_blocks(text, note):
        naming = fields.any_of(_NAMING)
        if naming or (groups and _completes(groups[-1], fields)):
            if naming:
                groups.append(fields)
            else:
                groups[-1].merge(fields)
        elif not groups or "reporting-mta" in fields:
            if common:
                common.merge(fields)
            else:
                common = fields
    if not groups and "action" in common and "status" in common:
        groups.append(common)
    return [(common, group) for group in groups]


def _plain_blocks(text: str) -> list[Headers] | None:
    """Split a text that holds fields and blank lines only, as it should; None for any other."""
    text = text.strip()
    if text.startswith(">") or "\n>" in text:
        return None
    blocks: list[Headers] = []
    for lines in _BLANK_LINES.split(text, MAX_BLOCKS):
        fields = plain_fields(lines)
        if fields is None:
            return None
        names, values = fields
        if "\n" in lines:
            values = [value.strip() if "\n" not in value else _one_line(value) for value in values]
        block = Headers(names, values)
        if block.repeats(_NAMING):
            return None
        if names:
            blocks.append(block)
    return blocks


def _one_line(value: str) -> str:
    return " ".join([line.strip() for line in value.split("\n")])


def _field_blocks(text: str, note: Callable[[str], None]) -> list[Headers]:
    """Split a text in blocks of fields: at blank lines, and where a second recipient is named without one."""
    blocks = _plain_blocks(text)
    if blocks is not None:
        return blocks
    lines = text.split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        lines.pop()
        note(CUT)
    blocks = _loose_blocks(lines)
    if len(blocks) > MAX_BLOCKS:
        note(CUT)
    return blocks[:MAX_BLOCKS]


def _loose_blocks(lines: Iterable[str]) -> list[Headers]:
    """Make blocks of lines of which not all are fields, or not apart as they should be."""
    blocks: list[Headers] = []
    names: list[str] = []
    values: list[list[str]] = []
    last = ""
    for line in chain(lines, ("",)):
        bare = line.strip()
        if not bare:
            if names:
                blocks.append(_block(names, values))
                names, values = [], []
            last = ""
        elif line[0] in " \t" and last:
            values[-1].append(bare)
        elif found := FIELD.match(line.lstrip("> \t")):
            last = found.group(1).lower()
            if last in _NAMING and last in names:
                blocks.append(_block(names, values))
                names, values = [], []
            names.append(last)
            values.append([found.group(2).rstrip()])
        elif last == "diagnostic-code":  # a fold that lost its spaces
            values[-1].append(bare)
    return blocks


def _block(names: list[str], values: list[list[str]]) -> Headers:
    return Headers(names, [" ".join(pieces)[:MAX_VALUE].rstrip() for pieces in values])


def _completes(group: Headers, fields: Headers) -> bool:
    """Tell whether a block holds what the recipient's group before it lacks (a blank line too many)."""
    names = [name for name in fields.names() if name in _RECIPIENT_FIELDS]
    return bool(names) and not any(name in group for name in names)
