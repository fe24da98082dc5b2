"""Files that pages give."""

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language

from rebond.services.csv_cells import PLAIN, CsvForm, spreadsheet


def csv_form(request: HttpRequest) -> CsvForm:
    """Tell how CSV is to be written: `for=excel` asks for what a spreadsheet of the reader's language opens."""
    return spreadsheet(get_language() or "en") if request.GET.get("for") == "excel" else PLAIN


def give_file(parts: Iterator[bytes], *, name: str, kind: str) -> StreamingHttpResponse:
    """Give a file as it is made."""
    answer = StreamingHttpResponse(parts, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
