"""The usual report (RFC 3464), opened in one go: words, one status part, and the message or its headers.

Nearly all reports are made so. Any other, and all that is not a report, is opened by `open_letter`, which makes the
same of this one but looks for much that it does not hold.
"""

from functools import lru_cache

from rebond.core.read.decode import MAX_TEXT, Guesses, decode_text
from rebond.core.read.headers import Headers
from rebond.core.read.letter import MAX_NOTICE, RETURNED_TYPES, Letter, make_letter, returned_headers, tell_apart
from rebond.core.read.mail import LAST_MISSING, MAX_KEPT_HEAD, Mail, Part, kept_head, split_further, split_part
from rebond.core.read.status_fields import Group, groups_in

_ENCODED = ("quoted-printable", "base64")
# What the words to a person may be made of: any other part may be something that other readers know.
_WORDY = ("text/plain", "text/html", "image/png", "image/gif", "image/jpeg")
# A part: its content type, its charset, its body; without a type what has yet to be decoded or split, head and all.
_Part = tuple[str, str, bytes]


def open_report(mail: Mail, body: bytes) -> tuple[Letter, list[Group]] | None:
    """Open a mail that is the usual report, with the groups of its status part; None for any other mail."""
    parameters = mail.parameters
    if mail.content_type != "multipart/report" or parameters.get("report-type", "").lower() != "delivery-status":
        return None
    parts, closed = _parts(body, boundary=parameters.get("boundary", "").strip())
    if not parts or parts[1][0] != "message/delivery-status":
        return None
    if len(parts) == 2:
        original = Headers()
    elif parts[2][0] in RETURNED_TYPES:
        original = returned_headers(parts[2][2], even=True)
    else:
        return None
    if not closed:
        mail.note(LAST_MISSING)
    groups = _groups(parts[1], mail)
    if not groups or (words := _words(parts[0], mail)) is None:
        return None
    letter = make_letter(mail, words=words, original=original)
    # Complaints may be reports too.
    if "x-hmxmroriginalrecipient" in letter.original or letter.subject.lower().startswith("complaint about"):
        return None
    return letter, groups


def _parts(body: bytes, *, boundary: str) -> tuple[list[_Part], bool]:
    """Give the two or three parts of a body (nothing where anything is unusual), and whether the last one is closed."""
    if not boundary:
        return [], False
    _, *pieces = (b"\n" + body).split(b"\n--" + boundary.encode("utf-8", "replace"))
    closed = bool(pieces) and pieces[-1].startswith(b"--")
    if closed and pieces.pop().partition(b"\n")[0].rstrip() != b"--":
        return [], closed
    if len(pieces) not in (2, 3):
        return [], closed
    parts = [_part(piece) for piece in pieces if piece.startswith(b"\n")]
    return (parts if len(parts) == len(pieces) else []), closed


def _part(piece: bytes) -> _Part:
    """Read what stands between two delimiters, from the end of the first one's line on."""
    if piece.startswith(b"\n\n"):
        return "text/plain", "", piece[2:]
    end = piece.find(b"\n\n", 1, MAX_KEPT_HEAD + 1)
    kind = _kind(piece[1 : end + 1]) if end >= 0 else None
    return (*kind, piece[end + 2 :]) if kind else ("", "", piece[1:])


@lru_cache(512)
def _kind(head: bytes) -> tuple[str, str] | None:
    """Give the content type and the charset that a part's head declares; None when its body is yet to be read."""
    if not (kept := kept_head(head)):
        return None
    headers, content_type, parameters = kept
    if headers.first("content-transfer-encoding").strip().lower() in _ENCODED:
        return None
    if content_type == "text/html" or content_type.startswith("multipart/"):
        return None
    return content_type or "text/plain", parameters.get("charset", "")


def _words(part: _Part, mail: Mail) -> str | None:
    content_type, charset, body = part
    if content_type == "text/plain" and len(body) <= min(MAX_TEXT, MAX_NOTICE):
        words = decode_text(body, charset=charset)
        return "" if words.isspace() else words
    return _words_of_parts(body, mail) if not content_type else None


def _words_of_parts(raw: bytes, mail: Mail) -> str | None:
    """Decode the words, or split them in their parts; None when there are others than words among these."""
    (headers, content_type, parameters), body = split_part(raw)
    whole = Part(headers, content_type, body, parameters.get("charset", ""), mail.content_type, 1, 1, Guesses())
    apart = Mail(mail.headers, notes=mail.notes.copy())
    split_further(apart, whole, parameters)
    if not all(part.content_type in _WORDY for part in apart.parts):
        return None
    words, _ = tell_apart(apart)
    mail.parts, mail.notes = apart.parts, apart.notes
    return words


def _groups(part: _Part, mail: Mail) -> list[Group]:
    body = part[2]
    if not body.isascii() or b"\x1b" in body or b"\0" in body or len(body) > MAX_TEXT:
        return []
    return groups_in(body.decode(), note=mail.note)
