"""The encodings of files that a form offers; commands take every one that Python knows."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ENCODINGS: list[tuple[str, str | Promise]] = [
    ("utf-8", "UTF-8"),
    ("cp1252", _("Windows-1252 or Latin-1, as spreadsheets of Western Europe save it")),
    ("utf-16", "UTF-16"),
]
