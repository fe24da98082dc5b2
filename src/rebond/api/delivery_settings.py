"""The settings and the target of deliveries and templates, as requests give them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from rebond.api.base import Flag, Given, Whole
from rebond.api.problems import ProblemError
from rebond.core.policy import PolicyError, parse_duration, parse_retries
from rebond.core.words import MessageClass
from rebond.store.read.deliveries import Aim, Target
from rebond.web.current import current_site

Duration = Annotated[str, Field(max_length=40, description="As in 5d, 24h or 1d 12h.")]
Retries = Annotated[str, Field(max_length=200, description="As in 5x1h,4x1d; empty: none.")]
Part = Annotated[str, Field(max_length=4_000_000, description="A template.")]


class Aiming(Given):
    """Whom it goes to: everybody, or the segment, list or service of that number."""

    kind: Literal["all", "segment", "list", "service"]
    id: Whole | None = None


class Settings(Given):
    sender: Annotated[str, Field(max_length=1000)] = ""
    subject: Part = ""
    text: Part = ""
    html: Part = ""
    message_class: MessageClass = MessageClass.COMMERCIAL
    validity: Duration | None = None
    retries: Retries | None = None
    duplicates: Annotated[Flag, Field(description="Write to an address more than once.")] = False
    verify: Annotated[Literal["sample", "all"], Field(description="Messages built at preparation.")] = "sample"


APART = {"template", "target"}


def aim_of(given: Aiming | None) -> Aim:
    """Read a target that is no file; ProblemError when its number is missing, or there for nothing."""
    if given is None:
        return Aim()
    if (given.id is None) != (given.kind == "all"):
        words = "everybody has no number" if given.kind == "all" else f"give the number of the {given.kind}"
        raise ProblemError(422, "the target cannot be read: see errors", [("target.id", words)])
    return Aim(Target(given.kind), given.id)


def site_settings() -> dict[str, Any]:
    """Return the settings of this site for deliveries that say nothing of them."""
    policy = current_site().policy
    return {"validity": policy.validity, "retries": policy.retries, "retry_permanent": policy.retry_permanent}


def read_settings(given: dict[str, Any]) -> dict[str, Any]:
    """Read the texts of settings, by the names of `NewDelivery`; what is None is left out."""
    settings = {name: value for name, value in given.items() if value is not None}
    readers: dict[str, Any] = {"validity": parse_duration, "retries": parse_retries}
    for name, read in readers.items():
        if name in settings:
            try:
                settings[name] = read(settings[name])
            except PolicyError as error:
                raise ProblemError(422, "a setting cannot be read: see errors", [(name, str(error))]) from None
    if "verify" in settings:
        settings["verify_all"] = settings.pop("verify") == "all"
    return settings
