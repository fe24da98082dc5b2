"""Texts made comparable: folded to one line for matching, and reduced to a template (specification 03, section 4).

Everything here is linear in the length of the text and never raises.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache

# The longest text that is matched or made a template; real diagnostics are a tenth of it.
MAX_TEXT = 8192
ADDRESS, VARIABLE = "*", "#xxx#"

_QUOTES = str.maketrans("‘’‛′“”„″`´", "''''\"\"\"\"''")
_WORD = re.compile(r"\S+")
# How a further line of a reply begins: `550-`, with its enhanced code; wrapped replies may have several in a row.
# It begins with a digit, and what stands before is asked later: so it is searched for many times faster.
_CONTINUED = re.compile(r"([245]\d\d-(?<!\S\d\d\d-)(?:[245]\d\d-)*)#?(\d\.\d{1,3}\.\d{1,3})?", re.ASCII)
_LINE_CODE = re.compile(r"([245]\d\d)(?:-|\Z)", re.ASCII)


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text on one line: whitespace folded, quotes plain, the codes that repeat on the lines of one reply left out."""

    text: str
    starts: tuple[int, ...] = ()
    raw_starts: tuple[int, ...] = ()

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Translate a non-empty span of the folded text into one of the text as received."""
        if not self.starts:
            return start, end
        return self._raw(start), self._raw(end - 1) + 1

    def _raw(self, position: int) -> int:
        word = bisect_right(self.starts, position) - 1
        return self.raw_starts[word] + position - self.starts[word]


def fold_text(text: str) -> str:
    """Put a text on one line for matching, as `fold` does, without the way back."""
    plain = _with_plain_quotes(text[:MAX_TEXT])
    # Only a code that stands there twice can begin a further line of its reply.
    repeated = "-" in plain and any(
        plain.count(code) > 1 for lines, _ in _CONTINUED.findall(plain) for code in lines.split("-")[:-1]
    )
    return fold(text).text if repeated else " ".join(plain.split())


def _with_plain_quotes(text: str) -> str:
    return text.replace("`", "'") if text.isascii() else text.translate(_QUOTES)


def fold(text: str) -> FoldedText:
    """Put a text on one line for matching, keeping the way back to the original positions."""
    text = _with_plain_quotes(text[:MAX_TEXT])
    continued = _CONTINUED.findall(text)
    folded = " ".join(text.split())
    if not continued and folded == text:
        return FoldedText(text)
    words = [(match.start(), match.group()) for match in _WORD.finditer(text)]
    if continued:
        words = list(_without_repeats(words, _lines_of_replies(continued)))
        folded = " ".join(word for _, word in words)
    starts, position = [], 0
    for _, word in words:
        starts.append(position)
        position += len(word) + 1
    return FoldedText(folded, tuple(starts), tuple(start for start, _ in words))


def _lines_of_replies(continued: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Give the codes with which lines of replies begin, each with its enhanced codes."""
    lines: dict[str, set[str]] = {}
    for codes, enhanced in continued:
        for code in codes.split("-")[:-1]:
            lines.setdefault(code, {""}).add(enhanced)
    return lines


def _without_repeats(words: Iterable[tuple[int, str]], lines: dict[str, set[str]]) -> Iterator[tuple[int, str]]:
    """Leave out the `550-5.1.1` with which every further line of one reply begins; its first stays."""
    seen: set[str] = set()
    repeated: set[str] = set()
    for start, word in words:
        cut = 0
        while (code := _LINE_CODE.match(word, cut)) and code.group(1) in seen:
            cut, repeated = code.end(), lines[code.group(1)]
        if repeated and word[cut:] in repeated:
            continue
        repeated = set()
        if code and code.group(1) in lines:
            seen.add(code.group(1))
        yield start + cut, word[cut:]


class KeptCodes:
    """The providers' own codes that stay in templates, given as words in which `?` stands for one digit."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = re.compile("|".join(re.escape(word).replace(r"\?", r"\d") for word in words) or r"(?!)", re.ASCII)

    def __contains__(self, word: str) -> bool:
        return self._words.fullmatch(word) is not None


_NO_CODES = KeptCodes()


class _Kind(Enum):
    PLAIN = auto()
    SEPARATOR = auto()
    VARIABLE = auto()
    NAME = auto()


# A run of letters without spaces between words (Chinese, Japanese, Korean), or a run of anything that is no separator.
_WIDE = "\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_DIGITS = re.compile(r"\d+")
_EDGES = ".:!?-#*/\\&+~_"
_JOINERS = frozenset(" :,./+-_")
_REPLY_PREFIX = re.compile(r"[245][0-5]\d-(?=.)", re.ASCII)
_CODE = re.compile(r"[245][0-5]\d|[245]\.\d{1,3}\.\d{1,3}|[245][0-5]\d-[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_HOST = re.compile(r"(?:[^\W_][\w\-]*\.)+[^\W\d_]{2,24}")
_HEX = frozenset("0123456789abcdefABCDEF:.")
_NAME = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)
_UNFIT = re.compile(rf"[#*]|\A(?:{_CODE.pattern})\Z", re.ASCII)
_LONGEST_WORD, _LONGEST_TOKEN, _CACHED_TOKEN = 40, 320, 64
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_ZONES = "AM PM GMT UTC CET CEST EST EDT CST CDT MST MDT PST PDT BST JST MSK"
_NAMES = frozenset(
    {*_MONTHS.split(), *_DAYS.split(), *_ZONES.split(), "Sept", *(name[:3] for name in (_MONTHS + " " + _DAYS).split())}
)


@cache
def _tokens() -> re.Pattern[str]:
    # Compiled when first needed: such wide classes take longer than all else that a short command loads.
    return re.compile(rf"(?:https?|ftp)://[^\s<>\"]+|[{_WIDE}]+|[^\s<>()\[\]{{}}\"',;|={_WIDE}]+")


@cache
def _wide() -> re.Pattern[str]:
    return re.compile(rf"[{_WIDE}]")


def template(text: str, *, recipient: str = "", codes: KeptCodes | None = None) -> str:
    """Reduce a diagnostic text to what it has in common with others of its kind.

    Addresses, the recipient's and its local part become `*`; hosts, numbers, ids, dates, sizes, paths and links become
    `#xxx#`. Reply codes, enhanced codes and the given provider codes stay.
    """
    line = _without_recipient(fold(text).text, recipient)
    kept = codes if codes is not None else _NO_CODES
    atoms: list[tuple[str, _Kind]] = []
    position = 0
    for match in _tokens().finditer(line):
        if match.start() > position:
            atoms.append((line[position : match.start()], _Kind.SEPARATOR))
        token = match.group()
        atoms += _atoms_of(token, kept) if len(token) <= _CACHED_TOKEN else _atoms(token, kept)
        position = match.end()
    atoms.append((line[position:], _Kind.SEPARATOR))
    return _merged(atoms)


def _without_recipient(line: str, recipient: str) -> str:
    local = recipient.rpartition("@")[0]
    # One that begins or ends with a sign, or is made like our own marks, would eat the template instead of the name.
    words = [word for word in (recipient, local) if _NAME.fullmatch(word) and not _UNFIT.search(word)]
    if not words:
        return line
    if VARIABLE not in line and line.isascii() and recipient.isascii():
        return _without_plain(line, words)
    either = "|".join(map(re.escape, words))
    pattern = re.compile(rf"{VARIABLE}|(?<!{_IN_WORD})(?:{either})(?!{_IN_ADDRESS}|\.\w)", re.IGNORECASE)
    return pattern.sub(lambda match: VARIABLE if match.group() == VARIABLE else ADDRESS, line)


_IN_WORD, _IN_ADDRESS = r"[\w.@+\-#*]", r"[\w@+\-#*]"
_BEFORE, _AFTER = re.compile(_IN_WORD), re.compile(rf"{_IN_ADDRESS}|\.\w")


def _without_plain(line: str, words: Sequence[str]) -> str:
    """Do the same for ASCII without a pattern for each recipient: to compile one costs more than all the rest."""
    folded, wanted = line.lower(), [word.lower() for word in words]
    pieces: list[str] = []
    kept = position = 0
    # Of two at one place the longer is the whole recipient, and where it stands its local part is not alone.
    while found := [(place, -len(word)) for word in wanted if (place := folded.find(word, position)) >= 0]:
        place, length = min(found)
        if _BEFORE.match(line[place - 1 : place]) or _AFTER.match(line, place - length):
            position = place + 1
            continue
        pieces += [line[kept:place], ADDRESS]
        kept = position = place - length
    return "".join([*pieces, line[kept:]])


@lru_cache(4096)
def _atoms_of(token: str, kept: KeptCodes) -> tuple[tuple[str, _Kind], ...]:
    """Take a token apart, once: diagnostics share most of their words."""
    return tuple(_atoms(token, kept))


def _atoms(token: str, kept: KeptCodes) -> Iterator[tuple[str, _Kind]]:
    if not token.isascii() and _wide().match(token):
        yield _DIGITS.sub(VARIABLE, token), _Kind.PLAIN
        return
    if (token.startswith("/") and token.count("/") > 1) or _is_number_group(token):
        yield VARIABLE, _Kind.VARIABLE
        return
    core = token.lstrip(_EDGES)
    if lead := token[: len(token) - len(core)]:
        yield lead, _Kind.SEPARATOR
    whole, core = core, core.rstrip(_EDGES)
    yield from _core_atoms(core, kept)
    if trail := whole[len(core) :]:
        yield trail, _Kind.SEPARATOR


def _core_atoms(core: str, kept: KeptCodes) -> Iterator[tuple[str, _Kind]]:
    if len(core) > _LONGEST_TOKEN:
        yield VARIABLE, _Kind.VARIABLE
    elif not core or _CODE.fullmatch(core) or core in kept:
        yield core, _Kind.PLAIN
    elif prefix := _REPLY_PREFIX.match(core):
        yield prefix.group(), _Kind.PLAIN
        yield from _atoms(core[prefix.end() :], kept)
    elif "@" in core:
        yield ADDRESS, _Kind.PLAIN
    elif "://" in core or len(core) > _LONGEST_WORD:
        yield VARIABLE, _Kind.VARIABLE
    elif separator := next((mark for mark in ":/" if mark in core), ""):
        for index, piece in enumerate(core.split(separator)):
            if index:
                yield separator, _Kind.SEPARATOR
            yield from _atoms(piece, kept)
    elif _DIGITS.search(core) or _is_host(core):
        yield VARIABLE, _Kind.VARIABLE
    else:
        yield core, _Kind.NAME if core in _NAMES else _Kind.PLAIN


def _is_number_group(core: str) -> bool:
    """Tell a time, an IPv6 address or another group of hexadecimal numbers."""
    return core.count(":") > 1 and _HEX.issuperset(core) and core.strip(":.") != ""


def _is_host(core: str) -> bool:
    """Tell a host name, but not a dotted identifier such as RESOLVER.ADR.RecipNotFound."""
    if not _HOST.fullmatch(core):
        return False
    return core.isupper() or core.rpartition(".")[2].islower()


def _merged(atoms: list[tuple[str, _Kind]]) -> str:
    """Make one mark of variable parts that only spaces and light punctuation part, with the names of a date."""
    parts: list[str] = []
    pending: list[str] = []  # a run begun, as it would stand if it held nothing variable
    gap: list[str] = []  # separators after it, which may yet turn out to stand inside it
    variable = False
    for text, kind in atoms:
        if kind is _Kind.VARIABLE or kind is _Kind.NAME:
            pending += [*gap, text]
            gap, variable = [], variable or kind is _Kind.VARIABLE
        elif not pending:
            parts.append(text)
        elif kind is _Kind.SEPARATOR and _JOINERS.issuperset(text):
            gap.append(text)
        else:
            parts += [VARIABLE] if variable else pending
            parts += [*gap, text]
            pending, gap, variable = [], [], False
    parts += [VARIABLE] if variable else pending
    return "".join([*parts, *gap])
