"""Damage that knows what a mail is made of: one function each, bytes in, bytes out, by chance alone."""

import base64
import quopri
import re
from collections.abc import Callable, Sequence
from random import Random

from fuzz import synthetic

# No mutated mail grows past this but by a part that is larger itself.
LARGEST = 3 << 20
_CHARSET = re.compile(rb"charset=\"?[\w.:-]+\"?", re.I)
_BOUNDARY = re.compile(rb"boundary=\"?([^\s\";]+)\"?", re.I)
_HEADER = re.compile(rb"^([A-Za-z][\w-]*):([^\n]*(?:\n[ \t][^\n]*)*)\n", re.M)
_GROUP = re.compile(rb"Final-Recipient:.*?\n\n", re.S | re.I)
_CHARSETS = (
    b"utf-8", b"utf-16", b"utf-7", b"iso-2022-jp", b"idna", b"punycode", b"rot13", b"zip", b"hex", b"x-unheard-of",
    b"us-ascii", b"unicode_escape", b"undefined", b"big5", b"koi8-r", b"shift_jis", b"utf-32", b"\0", b"a" * 300,
    b"cp037", b"utf-8-sig", b"mbcs",
)  # fmt: skip
_NAMES = (
    b"From", b"To", b"Subject", b"Date", b"Content-Type", b"Content-Transfer-Encoding", b"Message-ID", b"Received",
    b"Return-Path", b"X-Failed-Recipients", b"Auto-Submitted", b"Status", b"Action", b"Final-Recipient",
    b"Original-Recipient", b"Diagnostic-Code", b"Feedback-Type", b"Remote-MTA", b"In-Reply-To", b"List-Unsubscribe",
    b"Precedence", b"X-Rebond-Token", b"Disposition",
)  # fmt: skip
_VALUES = (
    b"", b" ", b"<>", b"<<<<>>>>", b"a@b@c@d", b"\"", b"(((((", b"rfc822;", b"rfc822; ", b"smtp; 550", b"failed",
    b"delayed", b"Mon, 99 Foo 20000 99:99:99 +9999", b"Mon, 2 Mar 0000 00:00:00 +2400", b"1 Jan 9999 23:59:59 -2359",
    b"=?utf-7?Q?+AAA?=", b"=?zip?B?AAAA?=", b"multipart/report; boundary=", b"multipart/mixed; boundary=\"\n\"",
    b"message/rfc822", b"text/html", b"message/delivery-status", b"multipart/", b"/", b"base64", b"quoted-printable",
    b"uuencode", b"auto-replied", b"5.1.1", b"\xff\xfe\xfd", b"\xed\xa0\x80",
    "\u202e\u200b\ufeff＠ａ．ｅｘａｍｐｌｅ".encode(), "İıſK".encode(), b"undeliverable", b"999 99.999.999",
    b"550-5.1.1 a\n 550 5.1.1 b", b"unknown;", b"utf-8; a@b", b"x400;/C=FR/", b"postmaster", b"MAILER-DAEMON", b"\\",
    b"a@[1.2.3.4]",
)  # fmt: skip
_PIECES = (
    b"\0", b"\r", b"\r\r\n", b"\n\n", b"\n", b"\x1b$B", b"\x1b(B", b"\xff", b"\xc3", b"\xe2\x80\xae",
    b"\xf4\x90\x80\x80", b"\x85", "\u2028\u2029".encode(), "e\u0301".encode() * 20, "ﬁ\u00ad\u200d".encode(), b"--",
    b"--b--\n", b"\n.\n", b"From x\n", b">From x\n", b"=3D=\n=", b"=00=FF", b"<a href=", b"</", b"<!--", b"<script>",
    b"&#0;&#1114112;", b"550 5.1.1 ", b"421-4.7.0 ", b"<x@y.example>", b"\\x{110000}", b"%s%n",
    b"Content-Type: message/rfc822\n\n", b"--- Below this line is a copy of the message.\n", b"\n\n\tTo: \n",
    b"Hi. This is the qmail-send program at", b"said: 550", b"\t", b" " * 200, b"'\";", b"{\"a\":[", b"user unknown",
    b"over quota",
)  # fmt: skip


def header_dropped(mail: bytes, random: Random) -> bytes:
    found = _one(_HEADER, mail, random)
    return mail[: found.start()] + mail[found.end() :] if found else mail


def header_repeated(mail: bytes, random: Random) -> bytes:
    found = _one(_HEADER, mail, random)
    return mail[: found.end()] + found.group() * random.choice((1, 2, 40)) + mail[found.end() :] if found else mail


def header_value_changed(mail: bytes, random: Random) -> bytes:
    found = _one(_HEADER, mail, random)
    return mail[: found.start(2)] + b" " + random.choice(_VALUES) + mail[found.end(2) :] if found else mail


def header_added(mail: bytes, random: Random) -> bytes:
    line = random.choice(_NAMES) + random.choice((b": ", b":", b" : ", b"")) + random.choice(_VALUES) + b"\n"
    return line + mail if random.random() < 0.5 else _inserted(mail, _line_start(mail, random), line)


def header_folded(mail: bytes, random: Random) -> bytes:
    found = _one(_HEADER, mail, random)
    if not found:
        return mail
    place = random.randint(found.start(2), found.end(2))
    return _inserted(mail, place, random.choice((b"\n ", b"\n\t", b"\n", b"\r\n ", b"\r", b"\n \n ")))


def boundary_lied_about(mail: bytes, random: Random) -> bytes:
    found = _one(_BOUNDARY, mail, random)
    if not found:
        return mail
    new = random.choice(
        (b"", b"other", found.group(1)[:-1], found.group(1) + b" ", b"-", b"a" * 250, b"\xff", b".*", b"b(b")
    )
    return mail[: found.start(1)] + new + mail[found.end(1) :]


def boundary_line_damaged(mail: bytes, random: Random) -> bytes:
    found = _one(_BOUNDARY, mail, random)
    if not found:
        return mail
    line = b"--" + found.group(1)
    places = [place.start() for place in re.finditer(re.escape(line), mail)]
    if not places:
        return _inserted(mail, _line_start(mail, random), line + b"\n")
    place = random.choice(places)
    new = random.choice((b"", line[:-1], line + b"--", line + b"  ", b" " + line, line + b"\n" + line, line + b"x"))
    return mail[:place] + new + mail[place + len(line) :]


def parts_swapped(mail: bytes, random: Random) -> bytes:
    found = _BOUNDARY.search(mail)
    if not found:
        return mail
    first, *parts = mail.split(b"--" + found.group(1))
    random.shuffle(parts)
    return (b"--" + found.group(1)).join([first, *parts])


def nested_in_another(mail: bytes, random: Random) -> bytes:
    boundary = b"n%x" % random.getrandbits(24)
    kind = random.choice(
        (b"message/rfc822", b"message/partial", b"text/plain", b"message/global", b"application/octet-stream")
    )
    outer = random.choice((b"mixed", b"report", b"digest", b"related"))
    return (
        synthetic.HEAD
        + b"Content-Type: multipart/%s; boundary=%s\n\n--%s\nContent-Type: %s\n\n" % (outer, boundary, boundary, kind)
        + mail
        + b"\n--%s--\n" % boundary
    )


def charset_lied_about(mail: bytes, random: Random) -> bytes:
    found = _one(_CHARSET, mail, random)
    name = b"charset=" + random.choice(_CHARSETS)
    if found:
        return mail[: found.start()] + name + mail[found.end() :]
    return b"Content-Type: text/plain; " + name + b"\n" + mail


def body_recoded(mail: bytes, random: Random) -> bytes:
    """Encode a body for transfer and break the encoding, or only say that it is encoded."""
    head, gap, body = mail.partition(b"\n\n")
    name = random.choice((b"base64", b"quoted-printable", b"BASE64 ", b"x-uuencode", b"8bit", b"binary", b"base64; x"))
    way = random.random()
    if way < 0.35:
        body = base64.encodebytes(body)
    elif way < 0.6:
        body = quopri.encodestring(body)
    if random.random() < 0.5:
        body = piece_inserted(body, random)
    return head + b"\nContent-Transfer-Encoding: " + name + gap + body


def decoded_as(mail: bytes, random: Random) -> bytes:
    """Write the mail in another charset than it says."""
    codec = random.choice(("utf-16", "utf-7", "utf-8-sig", "cp037", "iso2022_jp", "utf-32-be"))
    head, gap, body = mail.partition(b"\n\n")
    return head + gap + body[:20_000].decode("utf-8", "replace").encode(codec, "replace")


def truncated(mail: bytes, random: Random) -> bytes:
    place = random.randint(0, len(mail))
    return mail[:place] if random.random() < 0.8 else mail[place:]


def stretch_dropped(mail: bytes, random: Random) -> bytes:
    place = random.randint(0, len(mail))
    return mail[:place] + mail[place + random.choice((1, 10, 100, 1000)) :]


def stretch_repeated(mail: bytes, random: Random) -> bytes:
    place = random.randint(0, len(mail))
    stretch = mail[place : place + random.choice((1, 10, 100, 1000))]
    return mail[:place] + stretch * random.choice((2, 5, 100)) + mail[place:]


def piece_inserted(mail: bytes, random: Random) -> bytes:
    piece = random.choice(_PIECES) * random.choice((1, 1, 1, 3, 50))
    return _inserted(mail, random.randint(0, len(mail)), piece)


def bytes_flipped(mail: bytes, random: Random) -> bytes:
    changed = bytearray(mail)
    for _ in range(random.choice((1, 4, 30)) if mail else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def line_ends_changed(mail: bytes, random: Random) -> bytes:
    return mail.replace(b"\n", random.choice((b"\r\n", b"\r", b"\r\r\n", b"\n\r", b"\n\n")))


def lines_shuffled(mail: bytes, random: Random) -> bytes:
    lines = mail.split(b"\n")
    place, number = random.randrange(len(lines)), random.choice((2, 5, 30))
    some = lines[place : place + number]
    random.shuffle(some)
    return b"\n".join([*lines[:place], *some, *lines[place + number :]])


def groups_repeated(mail: bytes, random: Random) -> bytes:
    found = _one(_GROUP, mail, random)
    return mail[: found.end()] + found.group() * random.choice((1, 5, 200)) + mail[found.end() :] if found else mail


def address_stretched(mail: bytes, random: Random) -> bytes:
    place = mail.find(b"@", random.randint(0, len(mail)))
    filler = random.choice((b"a", b".", b"a.", b"@", b"-", b"+", b'"', b"\xc3\xa9", b"%", b"\\ "))
    return _inserted(mail, place, filler * random.choice((1, 64, 300, 10_000))) if place >= 0 else mail


def indented(mail: bytes, random: Random) -> bytes:
    head, gap, body = mail.partition(b"\n\n")
    mark = random.choice((b"> ", b" ", b"\t", b"| ", b"- "))
    return head + gap + mark + body.replace(b"\n", b"\n" + mark)


def case_changed(mail: bytes, random: Random) -> bytes:
    return mail.upper() if random.random() < 0.5 else mail.swapcase()


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    header_dropped, header_repeated, header_value_changed, header_added, header_folded, boundary_lied_about,
    boundary_line_damaged, parts_swapped, nested_in_another, charset_lied_about, body_recoded, decoded_as, truncated,
    stretch_dropped, stretch_repeated, piece_inserted, bytes_flipped, line_ends_changed, lines_shuffled,
    groups_repeated, address_stretched, indented, case_changed,
)  # fmt: skip


def mutated_mail(random: Random, samples: Sequence[bytes]) -> bytes:
    """Choose a sample or make a return, and damage it one to six times."""
    chance = random.random()
    if chance < 0.75:
        mail = random.choice(samples)
    elif chance < 0.993:
        mail = random.choice(synthetic.USUAL)(random)
    else:
        mail = random.choice(synthetic.LARGE)(random)
    if random.random() < 0.06:
        mail = _joined(mail, random.choice(samples), random)
    for _ in range(random.choice((1, 1, 2, 2, 3, 4, 6))):
        changed = random.choice(MUTATIONS)(mail, random)
        mail = changed if len(changed) <= LARGEST else mail
    return mail


def mutated_reply(random: Random, replies: Sequence[str]) -> str:
    """Damage the answer of a server."""
    text = random.choice(replies).encode()
    for _ in range(random.choice((1, 1, 2, 3))):
        change = random.choice(
            (piece_inserted, stretch_dropped, stretch_repeated, truncated, bytes_flipped, case_changed, _code)
        )
        text = change(text, random)
    if random.random() < 0.2:
        text += b"\r\n" + random.choice(replies).encode()
    return text.decode("utf-8", random.choice(("replace", "surrogateescape")))


def _code(text: bytes, random: Random) -> bytes:
    codes = (
        b"550",
        b"450-",
        b"250 ",
        b"999",
        b"5.1.1",
        b"4.2.2",
        b"5.999.999",
        b"\xd9\xa5\xd9\xa5\xd9\xa0",
        b"2.0.0",
        b"354",
        b"55",
    )
    return random.choice(codes) + random.choice((b" ", b"-", b"", b"\t")) + text


def _joined(one: bytes, other: bytes, random: Random) -> bytes:
    return one[: random.randint(0, len(one))] + other[random.randint(0, len(other)) :]


def _inserted(mail: bytes, place: int, piece: bytes) -> bytes:
    return mail[:place] + piece + mail[place:]


def _line_start(mail: bytes, random: Random) -> int:
    return mail.find(b"\n", random.randint(0, len(mail))) + 1


def _one(pattern: re.Pattern[bytes], mail: bytes, random: Random) -> re.Match[bytes] | None:
    """Find one occurrence, likelier an early one: there stand the headers that matter."""
    place = int(len(mail) * random.random() ** 3)
    return pattern.search(mail, place) or pattern.search(mail)
