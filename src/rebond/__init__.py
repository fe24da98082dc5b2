"""Rebond: understand what comes back from campaigns, and keep out of the next send what must not be written to.

    import rebond

    report = rebond.qualify(raw_bytes)                     # a returned mail
    report = rebond.qualify_reply("550 5.1.1 user unknown")  # an answer to an attempt
    for failure in report.failures:
        print(failure.recipient, failure.verdict.type, failure.verdict.reason)

Importing this needs neither Django nor a database, and nothing is loaded before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rebond.core import tokens
    from rebond.core.failure import Report
    from rebond.core.quarantine import fold
    from rebond.core.words import Channel

__all__ = ["fold", "qualify", "qualify_reply", "tokens"]

_LAZY = {"fold": ("rebond.core.quarantine", "fold"), "tokens": ("rebond.core.tokens", "")}


def qualify(raw: bytes) -> "Report":
    """Read a returned mail and judge it by the shipped rules; never raises, whatever the bytes.

    The report's `kind` says what the mail is, `failures` hold a verdict for each recipient (none for complaints,
    whose `complainants` are named apart, and for ordinary mail).
    """
    from rebond.packs import default_qualifier

    return default_qualifier().qualify_mail(raw)


def qualify_reply(
    text: str,
    *,
    channel: "Channel | str" = "email",
    provider: str = "",
    phase: str = "rcpt",
    recipient: str = "",
    code: int = 0,
    enhanced: str = "",
) -> "Report":
    """Judge the answer to an attempt: an SMTP reply, a status report's key or a push answer.

    Codes not given are read from the text. `provider` is who runs the receiving side, as in `data/providers.toml`;
    `phase` is where the answer was given. Raises ValueError for a channel or phase that does not exist.
    """
    from rebond.core.failure import Report
    from rebond.core.words import Channel, Phase, ReturnKind
    from rebond.packs import default_qualifier

    failure = default_qualifier().qualify_reply(
        text,
        channel=Channel(channel),
        provider=provider,
        phase=Phase(phase),
        recipient=recipient,
        code=code,
        enhanced=enhanced,
    )
    return Report(kind=ReturnKind.BOUNCE, failures=(failure,))


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'rebond' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
