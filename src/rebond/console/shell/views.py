"""What belongs to the reader alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.core.permissions import Operation
from rebond.web.access import operation


@operation(Operation.READ)
def account(request: HttpRequest) -> HttpResponse:
    """Show what the reader can change of their own sign-in."""
    return render(request, "console/account.html", {})
