"""Every list, dashboard and report page of the console over a filled site, beside a page that reads nothing.

At the largest size: 1 M profiles, 5 M messages, 500,000 addresses with a status. Requests go through the whole
application in this process, so what is measured is what the server does, without a network.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from benchmarks.figures import Measured
from benchmarks.measure.console_fill import fill
from benchmarks.site import fresh_site, plain_connection, settle_statistics

if TYPE_CHECKING:
    from django.test import Client

    from rebond.wiring import Site

_TIMES = 20
_NOTHING = "/account/settings/"
_SHOWN = 5


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure the 95th percentile of the slowest page, and the memory of the process that served them all."""
    with fresh_site(database) as site:
        from rebond.services.aggregate import aggregate
        from rebond.web.current import serve, spare_what_is_loaded

        now = datetime.now(UTC)
        with plain_connection(site) as connection:
            fill(connection, number, now=now)
            settle_statistics(connection)
        aggregate(now=now, zone=UTC)
        with plain_connection(site) as connection:
            settle_statistics(connection)
            address = connection.execute("SELECT address FROM address_state ORDER BY id LIMIT 1").fetchone()[0]
        serve(site)
        client = make_administrator()
        spare_what_is_loaded()  # as a serving process does
        nothing = _percentile(client, _NOTHING)
        pages = {page: _percentile(client, page) for page in _pages(now, address=address)}
        pages |= {f"{page} afresh": _percentile(client, page, before=lambda: _forget(site)) for page in _first_visits()}
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


def make_administrator() -> "Client":
    """Make somebody who may open every page, signed in."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    users: Any = get_user_model().objects
    user = users.create_user("lead", "lead@shop.example", None, role="administrator")
    client = Client(raise_request_exception=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def menu_and_reports(now: datetime, *, days: int) -> list[str]:
    """Every page of the menu, and each report over so many days."""
    from django.urls import reverse

    from rebond.console.menu import MENU
    from rebond.services.reports import REPORTS

    menu = [reverse(entry.page) for section in MENU for entry in section.entries]
    period = f"?since={(now - timedelta(days=days - 1)).date()}&until={now.date()}"
    return [*menu, *(f"/reports/{name}/{period}" for name in REPORTS)]


def _pages(now: datetime, *, address: str) -> list[str]:
    """Every page of the menu, each report over 30 and 365 days, lists with each filter, a delivery, an address."""
    from django.urls import reverse

    months, year = menu_and_reports(now, days=30), menu_and_reports(now, days=365)
    delivery, who = reverse("delivery_show", kwargs={"number": 1}), quote(address)
    sent = ("failed", "cancelled", "returned", "delivered")
    asked = [f"?status={status}" for status in sent]
    asked += ["?reason=refused", "?provider=gmail.com", f"?who={who}", "?status=failed&provider=yahoo.fr"]
    logs = [f"{delivery}messages/{query}" for query in ("", *asked)]
    tabs = [delivery + tab for tab in ("", "exclusions/", "exclusions/?reason=quarantined", "failures/")]
    filters = ("status=quarantined", "reason=user_unknown", "provider=gmail.com", "domain=gmail.com", "text=unknown")
    kept = [f"{reverse('quarantine_list')}?{one}" for one in (*filters, "text=nowhere", "provider=none", "sort=errors")]
    people = [f"{reverse('profile_list')}?who={one}" for one in ("p7", who, "nobody")]
    why = f"{reverse('quarantine_why')}?channel=email&address={who}"
    return [
        *dict.fromkeys([*months, *year]),
        *logs,
        *tabs,
        *kept,
        *people,
        why,
        reverse("qualification_show", kwargs={"number": 3}),
        f"{reverse('profile_show')}?id=p7",
    ]


def _first_visits() -> list[str]:
    """The pages that keep for some seconds what they show."""
    from django.urls import reverse

    item = reverse("qualification_show", kwargs={"number": 3})
    return [reverse("home"), reverse("qualification_list"), item, reverse("rules_list")]


def _forget(site: "Site") -> None:
    """Let the next visit find nothing that pages keep: the queue, the rules with their examples, what is outdated."""
    from rebond.console.home import views

    views._outdated.until = 0.0
    for name in ("queue", "shipped_rules"):
        site.__dict__.pop(name, None)


def _percentile(client: "Client", page: str, *, before: Callable[[], None] | None = None) -> float:
    times = []
    for _ in range(_TIMES):
        if before:
            before()
        began = time.perf_counter()
        answer = client.get(page)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answers {answer.status_code}")
    return quantiles(times[1:], n=20)[-1]
