"""Email addresses in free text and in the fields of reports."""

import re
from functools import cache

# A token is tried once (possessive, and only where it begins), so that no text takes more than linear time.
_LOCAL = r"[^\s\"(),:;<>@\[\\\]{}\x00-\x1f]"
_DOMAIN = r"[\w](?:[\w.-]{0,252}[\w])?|\[[0-9A-Fa-f.:]{3,60}\]"
# What may be an address in a text, yet to be tidied; it never crosses a line end.
ADDRESS = re.compile(rf"(?:(?<!{_LOCAL}){_LOCAL}{{1,200}}+|\"[^\"\n]{{1,64}}\")@(?:{_DOMAIN})")
# A field as it mostly is, `Name <a@b.example>` or the address alone: there is nothing to look for or to tidy.
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,190}[A-Za-z0-9])?"
_SIMPLE = re.compile(rf"(?:[^@<]*+<)?({_NAME}@[A-Za-z0-9](?:[A-Za-z0-9.-]{{0,250}}[A-Za-z0-9])?)>?")
_SCHEME = re.compile(r"^(?:mailto|smtp|rfc822|to|from|rcpt|t|f)[:=]", re.I)
_TYPED = re.compile(r"\s*(?:[A-Za-z0-9-]{1,20})?\s*;\s*(?:rfc822\s*;)?\s*", re.I)
# Languages without spaces write on right before and behind an address.
_WIDE = "\u3000-\u9fff\uac00-\ud7af\uff00-\uffef"
_UNICODE_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ORDINARY = re.compile(r"[a-z]\w*(?:[.-][a-z]\w*)*@[a-z]\w*(?:[.-][a-z]\w*)*", re.I | re.A)
_MARK = "\0"  # no text that was decoded holds one
_LEFT = "'`*.,;:!|&#‘’“”"
_RIGHT = _LEFT + "?="


def addresses_in(text: str, *, limit: int = 1000) -> list[str]:
    """Give the distinct addresses of a text in their order, as written, at most `limit`."""
    if "@" not in text:
        return []
    if simple := _SIMPLE.fullmatch(text):
        return [simple.group(1)]
    found: dict[str, str] = {}
    for match in ADDRESS.finditer(text):
        address = tidy_address(match.group())
        if address:
            found.setdefault(address.lower(), address)
            if len(found) >= limit:
                break
    return list(found.values())


def first_address(text: str) -> str:
    """Give the first address of a text, empty when there is none."""
    if "@" not in text:
        return ""
    if simple := _SIMPLE.fullmatch(text):
        return simple.group(1)
    match = ADDRESS.search(text)
    return tidy_address(match.group()) if match else ""


def tidy_address(text: str) -> str:
    """Take quotes, angle brackets and punctuation off an address; empty when none is left."""
    address = text.strip().lstrip("<" + _LEFT).rstrip(">" + _RIGHT)
    if ":" in address or "=" in address:
        address = _SCHEME.sub("", address)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or local.startswith("//"):  # an address that a link carries
        return ""
    if not address.isascii():
        before, behind = _wide_neighbours()
        local, domain = before.sub("", local), behind.sub("", domain)
    return f"{local}@{domain}"


@cache
def _wide_neighbours() -> tuple[re.Pattern[str], re.Pattern[str]]:
    # Compiled when first needed: such wide classes take longer than all else that a short command loads.
    return re.compile(rf"\A.*[{_WIDE}](?=[!-~]++\Z)"), re.compile(rf"(?<=[a-z])[{_WIDE}].*+\Z", re.I)


def without_name(text: str, name: str) -> str:
    """Put a mark for an address in a text, if nothing in the address can look like a code; else give the text itself.

    Of many recipients most are told the same, and what is told in the same words need not be read again.
    """
    return text.replace(name, _MARK) if _ORDINARY.fullmatch(name) else text


def with_name(text: str, name: str) -> str:
    """Put the address where `without_name` put its mark."""
    return text.replace(_MARK, name)


def field_address(value: str) -> str:
    """Read a typed address field of a report (`rfc822; <a@b>`, RFC 3464, RFC 6533).

    Gives the bare name when the field names a user without a domain; empty for none.
    """
    if "\\x{" in value:
        value = _UNICODE_ESCAPE.sub(lambda found: _character(found.group(1)), value)
    bare = value[match.end() :] if (match := _TYPED.match(value)) else value
    address = first_address(bare)
    if address:
        return address
    words = bare.replace("<", " ").replace(">", " ").split()
    return words[0].strip("\"'") if len(words) == 1 and "/" not in words[0] else ""


def _character(digits: str) -> str:
    code = int(digits, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
