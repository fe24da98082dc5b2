"""Where alerts are told: mail by the site's relay, and chat services; made from the configuration."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rebond.config import Config, ConfigError
from rebond.core.said import said
from rebond.texts import in_language, word

if TYPE_CHECKING:
    from rebond.channels.email.settings import SmtpSettings
    from rebond.store.read.notices import DueNotice


def make_places(
    config: Config, *, secrets: Mapping[str, Any], relay: "Callable[[], SmtpSettings]"
) -> "dict[str, Callable[[DueNotice], None]]":
    """Make what tells each place: email addresses by name, chat services by kind and number.

    ConfigError when `[notify] urls` of the secrets cannot be used.
    """
    places: dict[str, Callable[[DueNotice], None]] = {
        address: _by_mail(config, relay, address) for address in config.alerts.email
    }
    urls = secrets.get("notify", {}).get("urls", [])
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise ConfigError(said("secrets.toml: [notify] urls must be a list of addresses of chat services"))
    for number, url in enumerate(urls, start=1):
        places[f"{urlsplit(url).scheme or 'chat'} #{number}"] = _by_chat(config, url, number)
    return places


def _by_mail(config: Config, relay: "Callable[[], SmtpSettings]", address: str) -> "Callable[[DueNotice], None]":
    def tell(notice: "DueNotice") -> None:
        from rebond.channels.email.notice import send_notice

        subject, text = message_about(notice, config=config)
        sender = config.alerts.sender or f"Rebond <rebond@{config.email.bounce_domain}>"
        send_notice(relay(), sender=sender, to=address, subject=subject, text=text)

    return tell


def _by_chat(config: Config, url: str, number: int) -> "Callable[[DueNotice], None]":
    def tell(notice: "DueNotice") -> None:
        import apprise

        service = apprise.Apprise()
        # Its address may hold a secret: only its place in the list is told.
        if not service.add(url):
            raise ConfigError(
                said(
                    "secrets.toml: the address no. {number} of [notify] urls is of no known chat service", number=number
                )
            )
        title, body = message_about(notice, config=config)
        if not service.notify(title=title, body=body):
            raise OSError(said("the chat service did not take the message"))

    return tell


def message_about(notice: "DueNotice", *, config: Config) -> tuple[str, str]:
    """Write a message about an alert: its subject and its text, in the configured language."""
    language, alert = config.alerts.language, notice.alert
    kind = word(alert.kind, language)
    heads = _words()
    subject = heads["ended" if notice.ended else "raised"][language].format(kind=kind)
    about = in_language(alert.words, language) or (alert.text.text if alert.text else alert.name)
    lines = [subject, "", about.strip()]
    day = "%d/%m/%Y" if language == "fr" else "%Y-%m-%d"
    times = {"since": f"{alert.first_at:{day} %H:%M}", "count": alert.count}
    lines.append(heads["times"][language].format(**times))
    lines += ["", heads["advice"][alert.kind.value][language]] if not notice.ended else []
    if config.site.public_url:
        lines += ["", f"{config.site.public_url}/alerts/"]
    return f"[Rebond] {subject}", "\n".join(lines) + "\n"


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(files("rebond.data").joinpath("notices.toml").read_text("utf-8"))
