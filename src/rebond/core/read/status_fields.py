"""The fields of a report (RFC 3464) in a text: those of the whole report, and each recipient's."""

import re

from rebond.core.read.headers import Headers, parse_headers, plain_fields

MAX_PLAIN = 64 * 1024

_NAMING = ("final-recipient", "original-recipient")
_RECIPIENTS_OWN = """
    final-recipient original-recipient action status diagnostic-code remote-mta last-attempt-date
    will-retry-until
"""
_RECIPIENT_FIELDS = frozenset(_RECIPIENTS_OWN.split())
_BLANK_LINES = re.compile(r"\n\s*\n")
# The fields of a whole report, and those of one recipient.
Group = tuple[Headers, Headers]


def groups_in(text: str) -> list[Group]:
    """Give each recipient's fields in a text, with its report's common ones."""
    common = Headers()
    groups: list[Headers] = []
    for fields in _field_blocks(text):
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
    if len(text) > MAX_PLAIN or text.startswith(">") or "\n>" in text:
        return None
    blocks: list[Headers] = []
    for lines in _BLANK_LINES.split(text):
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


def _field_blocks(text: str) -> list[Headers]:
    """Split a text in blocks of fields: at blank lines, and where a second recipient is named without one."""
    blocks = _plain_blocks(text)
    if blocks is not None:
        return blocks
    blocks = [Headers()]
    last = ""
    for line in text.split("\n"):
        if not line.strip():
            if blocks[-1]:
                blocks.append(Headers())
            last = ""
        elif line[0] in " \t" and last:
            blocks[-1].extend(line.strip())
        else:
            fields, _ = parse_headers(line.lstrip("> \t"))
            name = next(fields.names(), "")
            if name and " " not in name:
                if name in _NAMING and name in blocks[-1]:
                    blocks.append(Headers())
                blocks[-1].add(name, fields.first(name))
                last = name
            elif last == "diagnostic-code":  # a fold that lost its spaces
                blocks[-1].extend(line.strip())
    return [block for block in blocks if block]


def _completes(group: Headers, fields: Headers) -> bool:
    """Tell whether a block holds what the recipient's group before it lacks (a blank line too many)."""
    names = [name for name in fields.names() if name in _RECIPIENT_FIELDS]
    return bool(names) and not any(name in group for name in names)
