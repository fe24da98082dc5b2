"""Each view names the operation that it is; who may not do it is refused before it runs, and is not shown it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponseBase

from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.services.access import Person, require

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def person_of(request: HttpRequest) -> Person:
    """Say who is signed in."""
    user: Any = request.user
    return Person(name=f"console:{user.get_username()}", role=Role(user.role))


def operation(name: Operation) -> Callable[[View[P]], View[P]]:
    """Declare which operation a view is."""

    def declare(view: View[P]) -> View[P]:
        @wraps(view)
        def run(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            require(person_of(request), name)
            return view(request, *args, **kwargs)

        run.operation = name  # type: ignore[attr-defined]
        return cast("View[P]", run)

    return declare
