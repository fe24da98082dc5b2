"""How each receiver words its answers and notices: the tables in `data/simulator/*.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

GENERIC = "generic"
_PHASES = ("rcpt", "data")
_FORMS = ("dsn", "text", "arf", "jmrp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One refusal as it is worded; `phase` is `rcpt` or `data`, `lines` are templates."""

    code: int
    lines: tuple[str, ...]
    enhanced: str = ""
    phase: str = "rcpt"

    def text(self, values: Mapping[str, str]) -> str:
        """Word the whole reply, with its codes on each line (RFC 5321 section 4.2.1, RFC 2034) and CRLF between."""
        code = f"{self.enhanced} " if self.enhanced else ""
        last = len(self.lines) - 1
        return "\r\n".join(
            f"{self.code}{' ' if at == last else '-'}{code}{line.format_map(values)}"
            for at, line in enumerate(self.lines)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How a receiver words one kind of return; every text is a template.

    `form`: `dsn` (RFC 3464), `text` (no machine-readable part), `arf` (RFC 5965), `jmrp` (the message itself,
    attached). `redacted`: a complaint that hides who complained.
    """

    sender: str
    subject: str
    text: str
    form: str = "text"
    headers: Mapping[str, str] = field(default_factory=dict)
    redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A receiver: its hosts (templates), how it accepts, refuses, and reports.

    A `fickle` one chooses among its refusals anew at each attempt. `replies` are by behaviour: those of `delay` and
    `forward` are quoted in their notices only. `notices` are by kind: `bounce`, `delay`, `auto_reply`, `complaint`.
    """

    name: str
    mta: str
    mx: str
    accepted: str
    replies: Mapping[str, Sequence[Reply]]
    notices: Mapping[str, Notice]
    domains: tuple[str, ...] = ()
    adds_original_recipient: bool = False
    fickle: bool = False


@cache
def dialects() -> Mapping[str, Dialect]:
    """Load all dialects, by name; what one does not say is said as the generic one does."""
    tables: dict[str, dict[str, Any]] = {}
    for file in files("rebond.data").joinpath("simulator").iterdir():
        if file.name.endswith(".toml"):
            tables[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text("utf-8"))
    generic = _dialect(GENERIC, tables.pop(GENERIC), fallback=None)
    return {GENERIC: generic} | {name: _dialect(name, tables[name], fallback=generic) for name in sorted(tables)}


def dialect_of(address: str) -> Dialect:
    """Return the dialect of an address's domain, the generic one when none claims it."""
    return dialects()[_by_domain().get(address.rpartition("@")[2].lower(), GENERIC)]


@cache
def _by_domain() -> Mapping[str, str]:
    return {domain: dialect.name for dialect in dialects().values() for domain in dialect.domains}


def _dialect(name: str, table: dict[str, Any], *, fallback: Dialect | None) -> Dialect:
    replies: dict[str, list[Reply]] = {}
    for row in table.get("reply", []):
        reply = Reply(
            code=row["code"],
            enhanced=row.get("enhanced", ""),
            lines=tuple(row["lines"]),
            phase=row.get("phase", "rcpt"),
        )
        if reply.phase not in _PHASES:
            raise ValueError(f"{name}.toml: phase {reply.phase!r} of {row['behaviour']} is neither rcpt nor data")
        replies.setdefault(row["behaviour"], []).append(reply)
    kinds = ("bounce", "delay", "auto_reply", "complaint")
    notices = {kind: _notice(name, kind, table[kind]) for kind in kinds if kind in table}
    return Dialect(
        name=name,
        replies={**fallback.replies, **replies} if fallback else replies,
        notices={**fallback.notices, **notices} if fallback else notices,
        domains=tuple(table["receiver"].pop("domains", ())),
        **table["receiver"],
    )


def _notice(name: str, kind: str, table: dict[str, Any]) -> Notice:
    notice = Notice(**({"form": "dsn"} if kind == "delay" else {}) | table)
    if notice.form not in _FORMS:
        raise ValueError(f"{name}.toml: form {notice.form!r} of {kind} is none of {', '.join(_FORMS)}")
    return notice
