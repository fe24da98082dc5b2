"""Times are stored in UTC and shown in the site's zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from rebond.web.current import current_site


class SiteZone:
    """Django's middleware protocol."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(current_site().config.site.time_zone)):
            return self.get_response(request)
