"""The pages about settings: the configuration's keys, and the presets of the policy."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from importlib.resources import files
from typing import Any

from rebond.config import _SHORTCUTS, CONFIG_FILE, Config
from rebond.config_sections import NAMED_SECTIONS
from rebond.core.policy import Counting, Policy, read_policy
from reference import NOTE

_KEY = re.compile(r"# (?P<key>[a-z_]+) = (?P<value>\"[^\"]*\"|\{[^}]*\}|[^#]*?)\s*(?:# (?P<words>.*))?$")
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_ABOUT = {
    "site": "The site as a whole.",
    "database": "Where data lives.",
    "queue": "What calls workers; it holds nothing that the database has not.",
    "email": "Sending by email, and where it comes back to.",
    "content": "What content must have.",
    "web": "The console and the HTTP API.",
    "worker": "Background work.",
    "api": "The HTTP API.",
    "reports": "What the reports reckon with.",
    "oidc": "An identity provider by which people sign in whom `rebond user add` has made, with the same email.",
    "webhooks": "Webhooks that go out.",
    "policy": "What counts against addresses, and when messages are tried again; see [policy presets](policy.md).",
    "retention": "How long things are kept. Cleanup removes what is older.",
    "alerts": "What raises an alert: see `rebond alerts list`.",
    "rules": "What changes of rules may do before a person says that they mean it: decisions, files, packs.",
    "packs": "This site's own pack of rules; see [packs of rules](../how-to/packs-of-rules.md).",
    "update": "One section for each source of [packs of rules](../how-to/packs-of-rules.md), with a name of your own.",
    "intake": "One section for each way in: `[intake.lmtp]`, `maildir`, `mbox`, `files`, `stdin`, and one with a name\n"
    "of your own for each source of [webhooks](../how-to/webhooks-of-providers.md).",
}

_SHOWN = {"intake": "intake.lmtp", "update": "update.acme"}

# What the comments of the file have no room for.
_MORE = {
    "site.public_url": "also where people reach the console; see [unsubscribing](../how-to/unsubscribing.md)",
    "database.url": "sqlite:///folder/file.sqlite3 names another file",
    "email.smtp_url": "also `verify=no`, `ca=FILE` and `hello=NAME`, joined by `&`; `none`: this site sends nothing",
    "email.connections": "how many connections to the relay at once, 1 to 100",
    "email.messages_per_connection": "then it is opened anew",
    "email.timeout": "for one step of the conversation with the relay",
    "policy.validity": "how long a delivery keeps trying",
    "policy.retries": "five times an hour apart, then four times a day apart",
    "policy.full_exit": "full mailboxes leave that long after their last error",
    "policy.cleared_row": "how long the row of a cleared address stays",
    "policy.email": "also `span`; the same for `sms` and `push`",
    "retention.raw_mails": "returned mails as they came",
    "retention.deliveries": "deliveries, their content and counters",
    "retention.audit": "who changed what, when and why",
    "intake.required_trust": "how sure a return must be to act: see [trust](../operating.md#trust)",
}


def configuration() -> str:
    """List every key with its default; ValueError when the commented file and the code do not name the same."""
    told = _told()
    parts = [
        NOTE + "# Configuration\n\n"
        f"`{CONFIG_FILE}` in the data directory; `rebond init` writes it with every key commented at its default. An\n"
        "unknown key is an error that names it, and the nearest known one. Durations are a number and `s`, `m`, `h`\n"
        'or `d`, as in `"24h"`.\n\n'
        "Environment variables override the file: `REBOND_SECTION__KEY`, as in `REBOND_EMAIL__CONNECTIONS=8`, deeper\n"
        "with more double underscores, as in `REBOND_POLICY__EMAIL__THRESHOLD=7`. Shortcuts:\n"
        + ", ".join(f"`{name}` for `{'.'.join(path)}`" for name, path in _SHORTCUTS.items())
        + ".\n"
    ]
    for section in Config.model_fields:
        rows = told[_SHOWN.get(section, section)]
        known = _known(section)
        if known and set(rows) != known:
            raise ValueError(f"[{section}] of {CONFIG_FILE} and of the code differ: {set(rows) ^ known}")
        lines = [f"| `{key}` | `{value}` | {_words(section, key, words)} |" for key, (value, words) in rows.items()]
        head = "| key | default | meaning |\n|---|---|---|\n"
        parts.append(f"## [{section}]\n\n{_ABOUT[section]}\n\n{head}" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _words(section: str, key: str, words: str) -> str:
    more = _MORE.get(f"{section}.{key}", "")
    return "; ".join(filter(None, (words, more)))


def _known(section: str) -> set[str]:
    if section == "policy":
        return set()  # a part of the policy's keys; the page of presets has all of them
    model: Any = NAMED_SECTIONS.get(section) or type(Config.model_fields[section].default)
    return set(model.model_fields)


def _told() -> dict[str, dict[str, tuple[str, str]]]:
    """Read keys, defaults and comments from the commented configuration that `rebond init` writes."""
    told: dict[str, dict[str, tuple[str, str]]] = {}
    rows: dict[str, tuple[str, str]] = {}
    for line in files("rebond.data").joinpath(CONFIG_FILE).read_text("utf-8").splitlines():
        if header := re.fullmatch(r"(?:# )?\[([a-z.]+)\]", line):
            rows = told.setdefault(header[1], {})
        elif told and (found := _KEY.fullmatch(line)):
            rows[found["key"]] = (found["value"].strip(), (found["words"] or "").replace("|", "\\|"))
    return told


def policy_presets() -> str:
    """Show every value of every preset, beside one another."""
    presets = tomllib.loads(files("rebond.data").joinpath("policies.toml").read_text("utf-8"))
    read = {name: read_policy(presets, overrides={"preset": name}) for name in presets}
    lines = ["| key | " + " | ".join(f"`{name}`" for name in read) + " |", "|---|" + "---|" * len(read)]
    lines += [
        f"| `{key}` | " + " | ".join(_shown(getattr(policy, key)) for policy in read.values()) + " |"
        for key, _ in _meanings()
    ]
    return (
        NOTE + "# Policy presets\n\n"
        "A preset is every number that decides about an address or a retry. A site names one, and overrides single\n"
        'values beside it, as in `[policy]`, `preset = "campaign"`, `email = { threshold = 3 }`. After a change, run\n'
        "`rebond quarantine recompute --dry-run`, then without `--dry-run`: nothing is computed anew by itself.\n\n"
        + "\n".join(lines)
        + "\n\n"
        "| key | meaning |\n|---|---|\n" + "\n".join(f"| `{key}` | {words} |" for key, words in _meanings()) + "\n"
    )


_COUNTING = (
    "Quarantined at the `threshold`th counting error; an error counts when the last counted one is at least `gap` old, "
    "and the run of them must span at least `span`."
)
_MEANINGS = {
    "count_owners": "Whose failures count against an address.",
    "retries": "When a message that was refused for now is tried again, counted from the last reply.",
    "retry_permanent": "After a soft answer with a 5xx: `daily` skips the steps shorter than a day, `never` ends the "
    "message, `as_temporary` makes no difference.",
    "validity": "How long a delivery keeps trying.",
    "full_exit": "A full mailbox leaves that long after its last error, at the next cleanup.",
    "cleared_row": "A row made valid by a success or a confirmation stays that long.",
    "reset_after": "That long without a counting error sets an erroneous address back to valid; empty: never.",
    "immediate_causes": "Causes that quarantine at once, as a hard failure does.",
    "email": _COUNTING,
    "sms": _COUNTING,
    "push": _COUNTING,
}


def _meanings() -> Iterator[tuple[str, str]]:
    """Give every key and its meaning; KeyError for one that is not described."""
    for one in fields(Policy):
        if one.name != "preset":
            yield one.name, _MEANINGS[one.name]


def _shown(value: object) -> str:
    if isinstance(value, Counting):
        span = f", span {_duration(value.span)}" if value.span else ""
        return f"threshold {value.threshold}, gap {_duration(value.gap)}{span}"
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, tuple):
        return _calendar(value)
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    return "off" if value is None else str(value)


def _calendar(intervals: tuple[timedelta, ...]) -> str:
    parts: list[tuple[int, timedelta]] = []
    for interval in intervals:
        if parts and parts[-1][1] == interval:
            parts[-1] = (parts[-1][0] + 1, interval)
        else:
            parts.append((1, interval))
    return ", ".join(f"{count} × {_duration(interval)}" for count, interval in parts)


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    # "24h" is how a day is written where errors are told apart.
    if seconds == 86400:
        return "24h"
    return next((f"{seconds // size}{unit}" for unit, size in _UNITS if seconds and seconds % size == 0), "0s")
