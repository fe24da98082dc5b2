"""Pages that the menu does not name, over data of their own: the looks are spread over them, so that it is quick."""

import re
from collections.abc import Callable
from itertools import cycle

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rebond.core.words import Role
from rebond.store.models import ProfileAddress
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.console.delivery_fixtures import draft, sent
from tests.console.test_landing import page as landing_page
from tests.console.test_landing import reachable, request

__all__ = ["reachable"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
LOOKS = ((390, False, "fr"), (1440, True, "en"), (390, True, "en"), (1440, False, "fr"))
CSV = "Référence,Courriel,Nom de famille\nC1,ann@shop.example,Lefèvre\n".encode()


def _addresses(client: Client, site: Site) -> list[str]:
    delivery, unprepared, landing = sent(), draft(), landing_page(site)
    request("a.very.long.name.of.somebody@a-long-domain.shop.example")
    someone = ProfileAddress.objects.filter(key__gt="").select_related("profile").order_by("id")[0]
    person, address = someone.profile.external_id, someone.key
    file = SimpleUploadedFile("people.csv", CSV)
    columns = client.post("/profiles/imports/", {"file": file, "encoding": "utf-8"}).headers["Location"]
    template = client.post(f"/deliveries/{delivery}/template/", {"name": "Weekly"}).headers["Location"]
    number = re.findall(r"\d+", template)[0]
    return [
        *(f"/landing-pages/{landing}/{what}" for what in ("", "edit/", "remove/")),
        "/landing-pages/new/",
        *(f"/templates/{number}/{what}" for what in ("", "edit/", "delete/")),
        *(f"/deliveries/{delivery}/{what}" for what in ("", "messages/", "exclusions/", "failures/", "content/")),
        *(f"/deliveries/{unprepared}/{what}" for what in ("", "edit/", "content/", "prepare/")),
        "/deliveries/new/",
        columns,
        f"/profiles/one/?id={person}",
        f"/profiles/erase/?id={person}",
        "/segments/new/",
        f"/quarantine/why/?channel=email&address={address}",
        "/quarantine/bulk/",
        "/administration/jobs/aggregates/",
        "/administration/new-person/",
        "/administration/keys/new/",
        "/administration/webhooks/new/",
        "/rules/new/",
        "/rules/test/",
        "/rules/packs/",
        "/reports/double-opt-in/",
    ]


# Quick: every third page in one look each; slow: all of them in all looks.
TURNS = [(0, 3), *(pytest.param(turn, 1, marks=pytest.mark.slow) for turn in range(4))]


@pytest.mark.parametrize(("turn", "step"), TURNS)
def test_pages_within_can_be_used_by_everybody(
    desk: Callable[..., Desk], client_as: ClientAs, reachable: Site, turn: int, step: int
) -> None:
    windows = [desk(Role.ADMINISTRATOR, width=width, dark=dark, language=language) for width, dark, language in LOOKS]
    turns = cycle([*windows[turn:], *windows[:turn]])
    found = {}
    client = client_as()
    addresses = _addresses(client, reachable)
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)
    for address in addresses[::step]:
        window = next(turns)
        page = window.open(address)
        assert page.inner_text("h1"), address
        found[address] = window.faults()
    assert {address: faults for address, faults in found.items() if faults} == {}
