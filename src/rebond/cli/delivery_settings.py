"""Reading the settings of a delivery from options, for those who make one and those who edit it."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import Exit, say, show
from rebond.cli.people_file import imported_json, told_rejected

if TYPE_CHECKING:
    from rebond.delivery_content import ContentProblems
    from rebond.services.deliveries import Aim, NewDelivery
    from rebond.services.import_people import Imported
    from rebond.services.templates import TemplateRow
    from rebond.wiring import Site

# What deliveries and templates alike are told; by the names of `read_settings`.
_OPTIONS: Mapping[str, Any] = {
    "sender": Annotated[str | None, typer.Option("--from", help='The sender, as in "Shop <news@shop.example>".')],
    "subject": Annotated[str | None, typer.Option("--subject", help="A template, like the text.")],
    "text": Annotated[
        Path | None, typer.Option("--text-file", help="The text part: a template; an empty file: there is none.")
    ],
    "html": Annotated[
        Path | None, typer.Option("--html-file", help="The HTML part: a template; an empty file: there is none.")
    ],
    "message_class": Annotated[str | None, typer.Option("--class", help="commercial, transactional or confirmation.")],
    "validity": Annotated[str | None, typer.Option("--validity", help="How long it keeps trying, as in 5d.")],
    "retries": Annotated[str | None, typer.Option("--retries", help="When it tries again, as in 5x1h,4x1d.")],
    "duplicates": Annotated[
        bool | None, typer.Option("--duplicates/--no-duplicates", help="Write to an address more than once.")
    ],
    "verify": Annotated[str | None, typer.Option("--verify", help="Messages built at preparation: sample or all.")],
}
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="all|FILE|KIND:NAME",
        help="Everybody, a file of people, or as in segment:NAME, list:, service:.",
    ),
]
NAME = typer.Option("--name", help="What it is called in lists.")
CHANNEL = typer.Option("--channel", help="email; others cannot be sent on yet.")
# What a delivery has that is made from no template; the rest is the site's.
_DEFAULTS = {
    "channel": "email",
    "text": "",
    "html": "",
    "message_class": "commercial",
    "duplicates": False,
    "verify": "sample",
}


def takes_settings(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a command the options of all settings, before its last two; it gets what they say as `given`."""
    own = [one for one in signature(command).parameters.values() if one.name != "given"]
    shared = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=of) for name, of in _OPTIONS.items()]

    @wraps(command)
    def run(**options: Any) -> int | None:
        given = {name: options.pop(name) for name in _OPTIONS}
        return command(**options, given=given)

    together = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in (*own[:-2], *shared, *own[-2:])]
    run.__signature__ = Signature(together)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in together}
    return run


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


def new_delivery(site: "Site", given: Mapping[str, Any], *, template: "TemplateRow | None" = None) -> "NewDelivery":
    """Make the settings of what the options say; the rest is the template's, or the site's. InputError."""
    from dataclasses import replace

    from rebond.services.deliveries import NewDelivery
    from rebond.services.templates import use

    settings = read_settings(given)
    if template is not None:
        return replace(use(template, name=given["name"]), **settings)
    for option, name in (("--from", "sender"), ("--subject", "subject")):
        if name not in settings:
            raise typer.BadParameter("it is needed, unless a --template gives it", param_hint=option)
    policy = site.policy
    defaults = {"validity": policy.validity, "retries": policy.retries, "retry_permanent": policy.retry_permanent}
    return NewDelivery(**{**defaults, **read_settings(_DEFAULTS), **settings})


def read_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options that were given (not None), by the names of `NewDelivery`, and the parts' files; InputError."""
    from rebond.core.policy import PolicyError, parse_duration, parse_retries
    from rebond.core.words import Channel, MessageClass
    from rebond.services.errors import InputError

    settings = {name: value for name, value in given.items() if value is not None}
    for part in ("text", "html"):
        if isinstance(settings.get(part), Path):
            settings[part] = _read_part(settings[part])
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


def _read_part(path: Path) -> str:
    from rebond.services.errors import InputError

    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: byte {error.start + 1} cannot be read") from None
