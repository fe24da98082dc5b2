"""A returned mail as its page shows it: what the reader makes of it now, and the beginning of it as text."""

from dataclasses import dataclass

from rebond.console.rules.testing import Judged, judged
from rebond.core.failure import Report
from rebond.store.read.returns import raw_mail
from rebond.web.current import current_site

MOST_SHOWN = 65_536
_MOST_FAILURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReturn:
    """What a mail says by the rules in force, and its text; `cut` bytes are not shown."""

    number: int
    report: Report
    judged: tuple[Judged, ...]
    further: int
    text: str
    cut: int


def read_return(number: int) -> ReadReturn | None:
    """Read a returned mail again; None when its bytes are no longer kept."""
    raw = raw_mail(number)
    if raw is None:
        return None
    qualifier = current_site().rules.renew()
    report = qualifier.qualify_mail(raw)
    failures = report.failures[:_MOST_FAILURES]
    return ReadReturn(
        number=number,
        report=report,
        judged=tuple(judged(qualifier, one) for one in failures),
        further=len(report.failures) - len(failures),
        text=raw[:MOST_SHOWN].decode("utf-8", "backslashreplace").replace("\r\n", "\n"),
        cut=max(0, len(raw) - MOST_SHOWN),
    )
