"""Reading the settings of a delivery from options, for those who make one and those who edit it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rebond.cli.output import Exit, say, show
from rebond.cli.people_file import imported_json, told_rejected

if TYPE_CHECKING:
    from rebond.delivery_content import ContentProblems
    from rebond.services.deliveries import Aim, NewDelivery
    from rebond.services.import_people import Imported
    from rebond.services.templates import TemplateRow
    from rebond.wiring import Site

NAME = typer.Option("--name", help="What it is called in lists.")
SUBJECT = typer.Option("--subject", help="A template, like the text.")
CLASS = typer.Option("--class", help="commercial, transactional or confirmation.")
VALIDITY = typer.Option("--validity", help="How long it keeps trying, as in 5d.")
RETRIES = typer.Option("--retries", help="When it tries again, as in 5x1h,4x1d.")
TO = typer.Option(
    "--to", metavar="all|FILE|KIND:NAME", help="Everybody, a file of people, or as in segment:NAME, list:, service:."
)
# What a delivery has that is made from no template; the rest is the site's.
DEFAULTS = {"channel": "email", "message_class": "commercial", "duplicates": False, "verify": "sample"}
VERIFY = typer.Option("--verify", help="Messages built at preparation: sample or all.")


def warn(problems: "ContentProblems") -> None:
    """Say at once what preparation would say: the draft is made all the same."""
    for text in problems.red:
        say(f"rebond: warning, it cannot be prepared like this: {text}")
    for text in problems.yellow:
        say(f"rebond: warning: {text}")


KINDS = ("segment", "list", "service")


def target_aim(name: str) -> "Aim | None":
    """Read what `--to` names when it is no file: `all`, or `segment:NAME`, `list:NAME`, `service:NAME`; InputError."""
    kind, colon, rest = name.partition(":")
    if name != "all" and not (colon and kind in KINDS):
        return None
    from rebond.services.audiences import find_aim
    from rebond.services.deliveries import Aim

    return Aim() if name == "all" else find_aim(kind, rest)


def target_file(name: str) -> Path:
    """Read the file that `--to` names; InputError when it names nothing."""
    from rebond.services.errors import InputError

    if not name.strip():
        raise InputError("--to is empty: write all, a file of people, or as in segment:NAME")
    return Path(name)


def tell_saved(saved: Mapping[str, object], imported: "Imported | None", *, as_json: bool, title: str) -> int:
    """Show a delivery that was made or changed, with the people that came with it; returns the exit code."""
    result = dict(saved)
    if imported is not None:
        result["imported"] = imported_json(imported, as_json=as_json)
    show(result, as_json=as_json, title=title)
    return Exit.DONE if imported is None else told_rejected(imported, as_json=as_json)


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


def new_delivery(site: "Site", given: Mapping[str, Any], *, template: "TemplateRow | None" = None) -> "NewDelivery":
    """Read the words of all options; where they say nothing the template's settings, or the site's. InputError."""
    from dataclasses import replace

    from rebond.services.deliveries import NewDelivery
    from rebond.services.templates import use

    if template is not None:
        return replace(use(template, name=given["name"]), **read_settings(given))
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
