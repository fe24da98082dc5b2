"""From the bytes of a mail to Unicode: transfer encodings, charsets, encoded words, HTML."""

import binascii
import codecs
import html
import re
import string

# A bound on one text: what says why a mail came back stands at its beginning.
MAX_TEXT = 256 * 1024
_DETECT_SAMPLE = 1024
# Guessing takes a millisecond, whatever the length: a mail of a thousand small parts would take a second.
MAX_GUESSES = 8
_SHORTEST_GUESSED = 8
# A text with fewer letters beyond ASCII, one in so many, says in ASCII what it says.
_FEW = 50
_ASCII = bytes(range(128))
_CONTINUING = bytes(range(0x80, 0xC0))
_UTF8 = codecs.getincrementaldecoder("utf-8")

# Codecs that are no charset of a mail, or whose time is not linear.
_REFUSED_CODECS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/"))
_ISO_2022_ESCAPES = (b"\x1b$", b"\x1b(J", b"\x1b(I")

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\n]*+)\?=(?:\s+(?==\?))?")
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)(?:[\s/][^<>]*+)?>|<![^<>]*+>|<\?[^<>]*+>")
_BREAKING = """
    address blockquote body br center dd div dl dt h1 h2 h3 h4 h5 h6 head hr html li ol p pre table
    td th title tr ul
"""
_BREAKING_TAGS = frozenset(_BREAKING.split())


def transfer_decode(body: bytes, *, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding; a body that is not in the encoding that it declares is left as it is."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        start = body.lstrip()[:76]
        if any(sign in start for sign in (b" ", b":", b"@", b"<")):
            return body
        return _decode_base64(body)
    return body


def _decode_base64(body: bytes) -> bytes:
    kept = body.translate(None, _NOT_BASE64)
    if len(kept) % 4 == 1:
        kept = kept[:-1]  # half a byte is none
    return binascii.a2b_base64(kept + b"==")


class Guesses:
    """Guesses charsets, a bounded number of times; what comes later is taken for Western European."""

    __slots__ = ("left",)

    def __init__(self, left: int = MAX_GUESSES) -> None:
        self.left = left

    def codec(self, body: bytes) -> str:
        """Name the likeliest codec of a text."""
        sample = body[:_DETECT_SAMPLE]
        if not self.left or len(sample) < _SHORTEST_GUESSED or _is_nearly_ascii(sample):
            return "cp1252"
        if _is_cut_utf8(sample):
            return "utf-8"
        self.left -= 1
        return _detected(sample)


def decode_text(body: bytes, *, charset: str = "", guesses: Guesses | None = None) -> str:
    """Decode a text whatever its charset: the declared one, else UTF-8, else the likeliest."""
    if body.isascii() and b"\x1b" not in body:
        return body.decode("ascii").replace("\0", "")
    codec = _codec(charset)
    tries = [codec, "utf-8"]
    if b"\x1b" in body and any(escape in body for escape in _ISO_2022_ESCAPES):
        tries.insert(0, "iso2022_jp_ext")
    for name in tries:
        if name in ("", "ascii"):
            continue
        try:
            return body.decode(name).replace("\0", "")
        except (UnicodeError, LookupError):
            continue
    if codec in ("", "ascii", "utf-8"):
        codec = "ascii" if body[:_DETECT_SAMPLE].isascii() else (guesses or Guesses()).codec(body)
    return body.decode(codec, "replace").replace("\0", "")


def _codec(charset: str) -> str:
    """Give Python's name of a declared charset; empty when it is none."""
    try:
        name = codecs.lookup(charset.strip().strip("'\"") or "ascii").name
        "a".encode(name)  # refuses the codecs that are not between bytes and text
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if name.replace("-", "_") in _REFUSED_CODECS else name


def _is_nearly_ascii(sample: bytes) -> bool:
    return len(sample.translate(None, _ASCII)) * _FEW < len(sample) and b"\0" not in sample


def _is_cut_utf8(sample: bytes) -> bool:
    """Tell a text in UTF-8 that begins or ends within a letter: encoded words and samples are cut anywhere."""
    try:
        text = _UTF8().decode(sample[:3].lstrip(_CONTINUING) + sample[3:])  # it bears a letter begun
    except UnicodeDecodeError:
        return False
    return not text.isascii()


def _detected(body: bytes) -> str:
    try:
        import charset_normalizer  # slow: the last resort

        best = charset_normalizer.from_bytes(body, steps=1).best()
    except Exception:  # whatever a detector makes of hostile bytes, a mail must be read
        best = None
    name = _codec(best.encoding) if best else ""
    return name or "cp1252"


def decode_words(value: str, *, guesses: Guesses | None = None) -> str:
    """Decode the encoded words (RFC 2047) of a header's value."""
    if "=?" not in value:
        return value
    shared = guesses or Guesses()
    return _ENCODED_WORD.sub(lambda word: _decode_word(word, shared), value)


def _decode_word(word: re.Match[str], guesses: Guesses) -> str:
    charset, encoding, text = word.groups()
    data = text.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        data = _decode_base64(data)
    else:
        data = binascii.a2b_qp(data, header=True)
    return decode_text(data, charset=charset.partition("*")[0], guesses=guesses)


def html_to_text(markup: str) -> str:
    """Give the visible text of an HTML body, a line per block."""
    if "<s" in markup or "<S" in markup:
        for name in ("style", "script"):
            markup = _without_element(markup, name=name)
    pieces = _TAG.split(_one_line(markup))
    pieces[1::2] = ["\n" if name and name.lower() in _BREAKING_TAGS else "" for name in pieces[1::2]]
    text = html.unescape("".join(pieces))
    return text.replace("\xa0", " ")


def _one_line(text: str) -> str:
    """Put one space for each run of spaces and line ends."""
    before, behind = (" " if edge.isspace() else "" for edge in (text[:1], text[-1:]))
    return f"{before}{' '.join(text.split())}{behind}"


def _without_element(markup: str, *, name: str) -> str:
    lowered = markup.lower()
    if f"<{name}" not in lowered or len(lowered) != len(markup):
        return markup
    kept, position = [], 0
    while (start := lowered.find(f"<{name}", position)) >= 0:
        kept.append(markup[position:start])
        end = lowered.find(f"</{name}", start)
        position = end if end >= 0 else len(markup)
    kept.append(markup[position:])
    return "".join(kept)
