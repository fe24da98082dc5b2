"""The site that this process serves."""

import gc
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


def spare_what_is_loaded() -> None:
    """Let the collection of garbage pass over what this process has loaded: it stays, and is slow to look through."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns  # all views, which the first request would load
    gc.collect()
    gc.freeze()


def current_site() -> "Site":
    """Return the site that is served."""
    assert _served.site is not None, "no site is served by this process"
    return _served.site


def now() -> "datetime":
    """Read the site's clock."""
    return current_site().clock.now()
