"""Nothing on the pages of quarantine hinders people: axe-core's rules, on a phone and a wide screen, light and dark."""

from collections.abc import Callable

import pytest

from rebond.core.words import Role
from rebond.services.bulk import begin
from rebond.services.bulk_steps import Acting
from rebond.services.saved_views import save_view
from rebond.store.read.bulk import BulkKind
from rebond.store.read.selection import Selection
from rebond.store.read.state_pages import StateFilter
from rebond.web.current import current_site
from tests.console.conftest import Desk
from tests.console.quarantine_fixtures import ANNA, addresses
from tests.console.test_quarantine_bulk import work

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PAGES = (
    "?status=quarantined",
    "why/",
    f"why/?address={ANNA}",
    "bulk/?kind=release&domain=shop.example",
    "import/",
    "operations/",
)


@pytest.mark.parametrize(("width", "dark", "language"), [(390, True, "fr"), (1440, False, "en")])
def test_nothing_hinders(desk: Callable[..., Desk], width: int, dark: bool, language: str) -> None:
    addresses()
    site = current_site()
    acting = Acting(policy=site.policy, actor="console:deliverability", now=site.clock.now)
    selection = Selection(states=StateFilter(domain="shop.example"))
    begun = begin(selection=selection, kind=BulkKind.RELEASE, because="a fault", expected=2, acting=acting)
    work()
    save_view(person="console:deliverability", page="addresses", name="Mine", query="status=quarantined")
    window = desk(Role.DELIVERABILITY, width=width, dark=dark, language=language)
    found = {}
    for path in (*PAGES, f"operations/{begun.number}/"):
        window.open(f"/quarantine/{path}")
        if faults := window.faults():
            found[path] = faults
    assert not found
