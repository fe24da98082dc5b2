"""People are made by an administrator: nobody signs up, neither here nor by way of an identity provider."""

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

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Lead to the site's own address: who asks for a link for somebody may name another host in the request."""
        asked: str = super().get_reset_password_from_key_url(key)
        public_url = current_site().config.site.public_url
        return urljoin(public_url, urlsplit(asked).path) if public_url else asked


class KnownPeopleOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's adapter: an identity provider signs in whom an administrator has made with the same email."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
