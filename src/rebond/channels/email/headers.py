"""Header lines: encoded (RFC 2047), folded (RFC 5322 2.2.3), and impossible to break out of."""

import base64
import re
from dataclasses import dataclass

from rebond.channels.content import ContentError
from rebond.core.address import parse_address
from rebond.core.said import said
from rebond.core.words import Channel

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What can stand in a header as it is; more than one space in a row would not survive folding.
_PLAIN = re.compile(r"(?!.*=\?)[!-~]+(?: [!-~]+)*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_BRACKETED = re.compile(r"(?P<name>[^<>]*|\s*\"(?:[^\"\\]|\\.)*\"\s*)<(?P<address>[^<>]+)>\s*")
_LINE, _ENCODED_LINE, _ENCODED_WORD = 78, 76, 75
_BEFORE, _AFTER = b"=?utf-8?B?", b"?="
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a message is from: a name, which may be empty, and an address whose domain is ASCII."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The address's domain."""
        return self.address.rpartition("@")[2]


def has_control(text: str) -> bool:
    """Tell whether a text holds a line break or another control character, which no header may."""
    return bool(_CONTROL.search(text))


def parse_from(header: str, *, allow_undotted: bool = False) -> Mailbox:
    """Read `Name <address>` or an address; raises ContentError that says what is wrong with it."""
    if has_control(header):
        raise ContentError(said("the sender {header!r} holds a line break or another control character", header=header))
    bracketed = _BRACKETED.fullmatch(header)
    name, address = (bracketed["name"].strip(), bracketed["address"]) if bracketed else ("", header.strip())
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if len(name) > _LONGEST_NAME:
        raise ContentError(
            said("the sender's name has more than {longest_name} characters", longest_name=_LONGEST_NAME)
        )
    mailbox = sendable(address, allow_undotted=allow_undotted)
    if mailbox is None:
        raise ContentError(said("the sender {header!r} is not of the form: Name <address@domain>", header=header))
    return Mailbox(name, mailbox)


def sendable(address: str, *, allow_undotted: bool = False) -> str | None:
    """Return an address as it can be written in an envelope and a header, its domain in ASCII; None: there is none."""
    parsed = parse_address(address, channel=Channel.EMAIL, allow_undotted=allow_undotted)
    if parsed.key is None or has_control(parsed.text):
        return None
    local, _, domain = parsed.text.rpartition("@")
    return parsed.text if domain.isascii() else f"{local}@{parsed.domain}"


def from_header(mailbox: Mailbox) -> bytes:
    """Make the From line. A local part that is not ASCII is written in UTF-8 (RFC 6532)."""
    address = mailbox.address.encode()
    if not mailbox.name:
        return b"From: " + address + b"\r\n"
    if not mailbox.name.isascii() or "=?" in mailbox.name:
        name = _encoded_words(mailbox.name, used=len("From: "))
    elif _ATOMS.fullmatch(mailbox.name):
        name = mailbox.name.encode()
    else:
        name = b'"' + re.sub(r'(["\\])', r"\\\1", mailbox.name).encode() + b'"'
    fold = b"\r\n " if len(name) + len(address) + 9 > _LINE else b" "
    return b"From: " + name + fold + b"<" + address + b">\r\n"


def text_header(name: str, text: str) -> bytes:
    """Make a header line of free text (without control characters; see has_control), encoded where needed."""
    used = len(name) + 2
    if _PLAIN.fullmatch(text):
        if used + len(text) <= _LINE:
            return f"{name}: {text}\r\n".encode()
        words = text.split(" ")
        if max(map(len, words)) < _LINE - used:
            return f"{name}: {_folded(words, used=used)}\r\n".encode()
    if not text:
        return f"{name}: \r\n".encode()
    return f"{name}: ".encode() + _encoded_words(text, used=used) + b"\r\n"


def _folded(words: list[str], *, used: int) -> str:
    lines, line = [], words[0]
    for word in words[1:]:
        if used + len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}"
    return "\r\n ".join([*lines, line])


def _encoded_words(text: str, *, used: int) -> bytes:
    data, words, start = text.encode(), [], 0
    room = min(_ENCODED_WORD, _ENCODED_LINE - used)
    while start < len(data):
        end = start + (room - len(_BEFORE) - len(_AFTER)) // 4 * 3
        while end < len(data) and data[end] & 0xC0 == 0x80:  # not within a character
            end -= 1
        words.append(_BEFORE + base64.b64encode(data[start:end]) + _AFTER)
        start, room = end, _ENCODED_WORD
    return b"\r\n ".join(words)
