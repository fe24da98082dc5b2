"""API keys: the list, a new one, and ending one."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from rebond.console.keys.forms import KeyForm
from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.services.errors import InputError
from rebond.services.keys import create_key, existing_key, revoke_key
from rebond.store.read.keys import list_keys
from rebond.web.access import operation, person_of
from rebond.web.chance import new_secret
from rebond.web.current import now
from rebond.web.language import spoken


@operation(Operation.MANAGE_KEYS)
def list_all(request: HttpRequest) -> HttpResponse:
    """List the keys, the latest first."""
    at = now()
    rows = [(row, row.valid(at), sorted(row.scopes)) for row in list_keys()]
    return render(request, "console/keys/keys.html", {"rows": rows})


@operation(Operation.MANAGE_KEYS)
def new(request: HttpRequest) -> HttpResponse:
    """Make a key, and show it this once."""
    form = KeyForm(request.POST or None, initial={"role": Role.OPERATOR.value})
    if request.method != "POST" or not form.is_valid():
        return render(request, "console/keys/new_key.html", {"form": form}, status=422 if form.errors else 200)
    given, at = form.cleaned_data, now()
    try:
        made = create_key(
            given["name"],
            role=Role(given["role"]),
            scopes=given["scopes"],
            expires_at=at + timedelta(days=given["days"]),
            secret=new_secret(),
            now=at,
            actor=person_of(request).name,
        )
    except InputError as error:
        form.add_error("scopes", spoken(error))
        return render(request, "console/keys/new_key.html", {"form": form}, status=422)
    # Not after a redirection: the key would have to be kept somewhere on the way.
    return render(request, "console/keys/made_key.html", {"row": made.row, "key": made.text})


@operation(Operation.MANAGE_KEYS)
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """End a key, once the reader has said so."""
    row = existing_key(number)
    if request.method != "POST":
        return render(request, "console/keys/revoke_key.html", {"row": row})
    because = request.POST.get("because", "")
    revoke_key(number, now=now(), actor=person_of(request).name, because=because)
    messages.success(request, gettext("The key “%(name)s” opens nothing any more.") % {"name": row.name})
    return redirect("key_list")
