"""Where a page of a list begins."""

from django.http import HttpRequest

_LARGEST = 2**63 - 1


def place(request: HttpRequest, name: str) -> int | None:
    """The number that the address of a page gives; None when it gives none that can be one."""
    text = request.GET.get(name, "")
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(_LARGEST)):
        return None
    return max(-_LARGEST, min(int(text), _LARGEST))
