"""People are made by an administrator: nobody signs up, neither here nor by way of an identity provider."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's adapter."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class KnownPeopleOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's adapter: an identity provider signs in whom an administrator has made with the same email."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
