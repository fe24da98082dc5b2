"""What a WSGI server loads: the site of `REBOND_DATA`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rebond.web.current import serve
from rebond.wiring import open_site

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler


def make_application(data: Path) -> "WSGIHandler":
    """Open a site and make the application that serves it."""
    from django.core.wsgi import get_wsgi_application

    site = open_site(data, web=True)
    serve(site)
    return get_wsgi_application()


if "REBOND_DATA" in os.environ:
    application = make_application(Path(os.environ["REBOND_DATA"]))
