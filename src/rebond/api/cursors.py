"""Pages of lists: a cursor says where the next page begins, and holds for one list with its filters alone."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from rebond.api.problems import ProblemError

T = TypeVar("T")
_MOST_CURSOR = 4096


def position(request: HttpRequest, cursor: str) -> Any:
    """Read where a page begins; None for the first one. ProblemError for a cursor of another list or other filters."""
    if not cursor:
        return None
    try:
        return _signer(request).unsign_object(cursor[:_MOST_CURSOR])
    except (BadSignature, ValueError):
        words = "this is no cursor of this list with these filters: take `next` of an answer, with the same parameters"
        raise ProblemError(422, "the cursor is from elsewhere", [("cursor", words)]) from None


def page(request: HttpRequest, rows: Sequence[T], *, limit: int, place: Callable[[T], Any]) -> dict[str, Any]:
    """Make a page of rows, which are one more than it may hold when another one follows."""
    items = rows[:limit]
    more = len(rows) > limit
    return {"items": items, "next": signed(request, place(items[-1]) if more else None)}


def signed(request: HttpRequest, place: Any) -> str | None:
    """Make the cursor for what follows a place; None for None."""
    return None if place is None else _signer(request).sign_object(place)


def _signer(request: HttpRequest) -> Signer:
    filters = sorted((name, request.GET.getlist(name)) for name in request.GET if name not in ("cursor", "limit"))
    return Signer(salt="rebond.api.cursor:" + json.dumps([request.path, filters]))
