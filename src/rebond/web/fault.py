"""What people see when the database is away, or a page broke: made without asking the database anything."""

import sys

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils import translation

from rebond.store.trouble import trouble

_RETRY = 5


def page(request: HttpRequest) -> HttpResponse:
    """Answer for whatever nobody caught; Django's handler of faults."""
    error = sys.exc_info()[1]
    away = isinstance(error, DatabaseError | InterfaceError) and trouble(error).passes
    # The language was perhaps not chosen yet: what failed may be what comes before it.
    with translation.override(translation.get_language_from_request(request)):
        # Rendered without the request, whose reader and messages are in the database.
        text = get_template("console/fault.html").render({"away": away})
        response = HttpResponse(text, status=503 if away else 500)
        response.headers["Content-Language"] = translation.get_language() or "en"
    if away:
        response.headers["Retry-After"] = str(_RETRY)
    return response
