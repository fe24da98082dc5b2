"""People are made by an administrator: nobody signs up, neither here nor by way of an identity provider."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from rebond.web.current import current_site


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's adapter."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def format_email_subject(self, subject: str) -> str:
        return f"[{_own_name().name}] {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Call the site in its mails by its own name, not by the host that a request named."""
        super().send_mail(template_prefix, email, {"current_site": _own_name(), **context})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Lead to the site's own address: who asks for a link for somebody may name another host in the request."""
        asked: str = super().get_reset_password_from_key_url(key)
        public_url = current_site().config.site.public_url
        return urljoin(public_url, urlsplit(asked).path) if public_url else asked

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts by host and name: with the ports of localhost one name had any number of tries.
        return str(credentials.get("email", credentials.get("username", ""))).lower()


@dataclass(frozen=True, slots=True)
class _OwnName:
    """What allauth's mails call the site, with the names that Django's sites have."""

    name: str
    domain: str


def _own_name() -> _OwnName:
    config = current_site().config
    return _OwnName(config.site.name or "Rebond", config.console_url)


class KnownPeopleOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's adapter: an identity provider signs in whom an administrator has made with the same email."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
