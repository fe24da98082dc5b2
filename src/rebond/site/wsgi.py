"""What a WSGI server loads: the site of `REBOND_DATA`."""

import atexit
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebond.web.current import serve, spare_what_is_loaded
from rebond.wiring import Site, open_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.handlers.wsgi import WSGIHandler


def make_application(data: Path) -> "WSGIHandler":
    """Open a site and make the application that serves it."""
    from django.core.wsgi import get_wsgi_application

    serve(open_site(data, web=True))
    return get_wsgi_application()


def served(data: Path) -> "Callable[..., Any]":
    """Make the application for a server: proxies are believed, and this process says that it runs."""
    from granian.utils.proxies import wrap_wsgi_with_proxy_headers

    from rebond.web.current import current_site

    application = make_application(data)
    site = current_site()
    spare_what_is_loaded()
    _say_so(site)
    threading.Thread(target=_end_with_parent, name="rebond-parent", daemon=True).start()
    proxies = list(site.config.web.proxies)
    return wrap_wsgi_with_proxy_headers(application, trusted_hosts=proxies) if proxies else application


def _say_so(site: Site) -> None:
    from rebond.jobs.presence import Presence

    presence = Presence(site, kind="web")
    presence.begin()
    atexit.register(presence.end)


def _end_with_parent() -> None:
    """End when the server that started this process is gone: nobody else would end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


if "REBOND_DATA" in os.environ:
    application = served(Path(os.environ["REBOND_DATA"]))
