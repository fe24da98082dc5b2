"""The site that this process serves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from rebond.wiring import Site


@dataclass(slots=True)
class _Served:
    site: "Site | None" = None


_served = _Served()


def serve(site: "Site") -> None:
    """Name the site that this process serves, before its first request."""
    from rebond.jobs import use

    _served.site = site
    use(site)


def current_site() -> "Site":
    """Return the site that is served."""
    assert _served.site is not None, "no site is served by this process"
    return _served.site


def now() -> "datetime":
    """Read the site's clock."""
    return current_site().clock.now()
