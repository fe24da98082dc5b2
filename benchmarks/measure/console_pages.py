"""Every list, dashboard and report page of the console over a filled site, beside a page that reads nothing.

At the largest size: 1 M profiles, 5 M messages, 500,000 addresses with a status. Requests go through the whole
application in this process, so what is measured is what the server does, without a network.
"""

import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Measured
from benchmarks.measure.console_fill import fill
from benchmarks.site import fresh_site, plain_connection, settle_statistics

if TYPE_CHECKING:
    from django.test import Client

_TIMES = 20
_NOTHING = "/account/settings/"
_SHOWN = 3


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure the 95th percentile of the slowest page, and the memory of the process that served them all."""
    with fresh_site(database) as site:
        from rebond.services.aggregate import aggregate
        from rebond.web.current import serve

        now = datetime.now(UTC)
        with plain_connection(site) as connection:
            fill(connection, number, now=now)
            settle_statistics(connection)
        aggregate(now=now, zone=UTC)
        with plain_connection(site) as connection:
            settle_statistics(connection)
        serve(site)
        client = _administrator()
        nothing = _percentile(client, _NOTHING)
        pages = {page: _percentile(client, page) for page in _pages(now)}
        slowest = sorted(pages.items(), key=lambda item: -item[1])
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
        told = ", ".join(f"{page} {seconds * 1000:.0f} ms" for page, seconds in slowest[:_SHOWN])
        yield Measured(
            number=number,
            ours=slowest[0][1],
            baseline=nothing,
            baseline_number=number,
            baseline_name="a page that reads nothing",
            note=f"{len(pages)} pages; slowest: {told}; {megabytes:.0f} MB with the filling",
        )


def _administrator() -> "Client":
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    users: Any = get_user_model().objects
    user = users.create_user("lead", "lead@shop.example", None, role="administrator")
    client = Client(raise_request_exception=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _pages(now: datetime) -> list[str]:
    """Every page of the menu, the tabs of a delivery, an address, and each report over 30 days."""
    from django.urls import reverse

    from rebond.console.menu import MENU
    from rebond.services.reports import REPORTS

    menu = [reverse(entry.page) for section in MENU for entry in section.entries]
    period = f"?since={(now - timedelta(days=29)).date()}&until={now.date()}"
    reports = [f"/reports/{name}/{period}" for name in REPORTS]
    delivery = reverse("delivery_show", kwargs={"number": 1})
    tabs = [delivery + tab for tab in ("", "messages/", "messages/?status=failed", "exclusions/", "failures/")]
    filtered = [reverse("quarantine_list") + query for query in ("?status=quarantined", "?reason=user_unknown")]
    item = reverse("qualification_show", kwargs={"number": 3})
    return [*menu, *reports, *tabs, *filtered, item]


def _percentile(client: "Client", page: str) -> float:
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        answer = client.get(page)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answers {answer.status_code}")
    return quantiles(times[1:], n=20)[-1]
