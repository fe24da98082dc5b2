"""Reading the settings of a delivery from options, for those who make one and those who edit it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebond.cli.output import say

if TYPE_CHECKING:
    from rebond.delivery_content import ContentProblems
    from rebond.services.deliveries import NewDelivery
    from rebond.wiring import Site


def warn(problems: "ContentProblems") -> None:
    """Say at once what preparation would say: the draft is made all the same."""
    for text in problems.red:
        say(f"rebond: warning, it cannot be prepared like this: {text}")
    for text in problems.yellow:
        say(f"rebond: warning: {text}")


def read_part(path: Path | None) -> str:
    """Read a part's template; empty without a file."""
    from rebond.services.errors import InputError

    if path is None:
        return ""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: byte {error.start + 1} cannot be read") from None


def new_delivery(site: "Site", given: Mapping[str, Any]) -> "NewDelivery":
    """Read the words of all options, the site's settings where they say nothing; InputError names a wrong one."""
    from rebond.services.deliveries import NewDelivery

    policy = site.policy
    defaults = {"validity": policy.validity, "retries": policy.retries, "retry_permanent": policy.retry_permanent}
    return NewDelivery(**{**defaults, **read_settings(given)})


def read_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the words of the options that were given (not None), by the names of `NewDelivery`; InputError."""
    from rebond.core.policy import PolicyError, parse_duration, parse_retries
    from rebond.core.words import Channel, MessageClass
    from rebond.services.errors import InputError

    settings = {name: value for name, value in given.items() if value is not None}
    for name, read in (("validity", parse_duration), ("retries", parse_retries)):
        if name in settings:
            try:
                settings[name] = read(settings[name])
            except PolicyError as error:
                raise InputError(f"--{name}: {error}") from None
    if "channel" in settings:
        settings["channel"] = Channel(_known("--channel", settings["channel"], list(Channel)))
    if "message_class" in settings:
        settings["message_class"] = MessageClass(_known("--class", settings["message_class"], list(MessageClass)))
    if "verify" in settings:
        settings["verify_all"] = _known("--verify", settings.pop("verify"), ["sample", "all"]) == "all"
    return settings


def _known(option: str, word: str, words: list[Any]) -> str:
    from rebond.services.errors import InputError

    known = [str(one) for one in words]
    if word not in known:
        raise InputError(f"{option} {word!r} is unknown: write one of {', '.join(known)}")
    return word
