"""Every address that the web application answers."""

from typing import NoReturn

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.urls import include, path
from django.views.i18n import set_language


def _closed(request: HttpRequest) -> NoReturn:
    """Answer for pages of the sign-in that a site does not have: an administrator says what address somebody has."""
    raise Http404


handler500 = "rebond.web.fault.page"
urlpatterns = [
    path("api/", include("rebond.api.urls")),
    path("", include("rebond.public.urls")),
    path("", include("rebond.console.urls")),
    path("account/email/", _closed),
    path("account/", include("allauth.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
]
