"""What came back as its page shows it: what the reader makes of it now, and the beginning of it as text."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rebond.console.rules.testing import Judged, judged
from rebond.core.failure import Failure, Report
from rebond.core.qualifier import Qualifier
from rebond.core.read.providers import PROVIDERS, Befell, Told
from rebond.core.read.providers.body import SOURCE, events_in, unpack
from rebond.services.hook_telling import judge
from rebond.store.read.returns import raw_mail
from rebond.web.current import current_site

MOST_SHOWN = 65_536
_MOST_FAILURES = 20
_FAILED = (Befell.FAILED, Befell.DELAYED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReturn:
    """What a mail or a webhook says by the rules in force, and its text; `cut` characters are not shown.

    Of a webhook there is no `report`; `told` counts its events by what they say, and `provider` is who posted it.
    """

    number: int
    report: Report | None = None
    judged: tuple[Judged, ...]
    further: int
    text: str
    cut: int
    provider: str = ""
    told: tuple[tuple[Befell, int], ...] = ()


def read_return(number: int, *, source: str) -> ReadReturn | None:
    """Read again what came by a source; None when its bytes are no longer kept."""
    raw = raw_mail(number)
    if raw is None:
        return None
    qualifier = current_site().rules.renew()
    if source.startswith(SOURCE):
        return _hook(number, raw, qualifier)
    report = qualifier.qualify_mail(raw)
    text = raw[:MOST_SHOWN].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return ReadReturn(
        number=number,
        report=report,
        text=text,
        cut=max(0, len(raw) - MOST_SHOWN),
        judged=_judged(report.failures, qualifier),
        further=max(0, len(report.failures) - _MOST_FAILURES),
    )


def counted(note: str) -> tuple[tuple[Befell, int], ...]:
    """Read what settling noted of a webhook: how many events said what; empty when it noted something else."""
    try:
        pairs = [one.split(" ") for one in note.split(", ")]
        return tuple((Befell(name), int(number)) for name, number in pairs)
    except ValueError:
        return ()


def _hook(number: int, raw: bytes, qualifier: Qualifier) -> ReadReturn:
    provider, body = unpack(raw)
    told = [one for event in _events(provider, body) for one in _read(provider, event)]
    failures = [
        judge(one, provider=provider, recipient=one.address, qualifier=qualifier)
        for one in told
        if one.befell in _FAILED
    ]
    text = _indented(body)
    counts = Counter(one.befell for one in told)
    return ReadReturn(
        number=number,
        provider=PROVIDERS[provider].title,
        told=tuple((befell, counts[befell]) for befell in Befell if counts[befell]),
        text=text[:MOST_SHOWN],
        cut=max(0, len(text) - MOST_SHOWN),
        judged=_judged(failures, qualifier),
        further=max(0, len(failures) - _MOST_FAILURES),
    )


def _judged(failures: Sequence[Failure], qualifier: Qualifier) -> tuple[Judged, ...]:
    return tuple(judged(qualifier, one) for one in failures[:_MOST_FAILURES])


def _events(provider: str, body: bytes) -> Sequence[object]:
    try:
        return events_in(provider, body)
    except ValueError:
        return ()  # its page says so: it is a dead letter


def _read(provider: str, event: object) -> list[Told]:
    try:
        return list(PROVIDERS[provider].read(event)) if isinstance(event, dict) else []
    except ValueError:
        return []


def _indented(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
