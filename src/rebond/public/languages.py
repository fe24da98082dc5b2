"""Which language a page for strangers has: the one that its address asks for, else the browser's."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

PARAMETER = "language"


def languages() -> dict[str, str]:
    """Name the languages there are, each in itself."""
    return dict(settings.LANGUAGES)


def choose(request: HttpRequest) -> str:
    """Choose the language of an answer; no cookie has a say."""
    known = languages()
    asked = request.GET.get(PARAMETER, "")
    if asked in known:
        return asked
    for code, weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        primary = code.partition("-")[0]
        if weight > 0 and primary in known:
            return primary
    return str(settings.LANGUAGE_CODE)
