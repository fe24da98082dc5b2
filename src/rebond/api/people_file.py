"""Files of people as a body: how they are to be read, and what became of them."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from django.http import HttpRequest
from pydantic import Field

from rebond.api.base import Told
from rebond.api.problems import ProblemError
from rebond.services.column_roles import map_name
from rebond.services.errors import InputError
from rebond.services.import_people import Imported
from rebond.services.people_columns import odd_names
from rebond.services.people_file import FileOptions
from rebond.web.current import current_site

CSV, LINES = "text/csv", "application/x-ndjson"
_MOST_LISTED = 1_000
FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {"schema": {"type": "string"}, "example": "id,email,first_name\n7,ada@shop.example,Ada\n"},
            LINES: {"schema": {"type": "string"}, "example": '{"id": "7", "email": "ada@shop.example"}\n'},
        },
    }
}
Mapping = Annotated[
    str, Field(max_length=10_000, description='Which column fills which field, as JSON: {"email": "Mail"}.')
]
NoAddress = Annotated[bool, Field(description="New people come without an address, and that is meant.")]
DryRun = Annotated[bool, Field(description="Only look: what each column is taken for, and the first rows.")]
Encoding = Annotated[str, Field(max_length=40, description="The file's encoding, as in cp1252.")]


class BadLine(Told):
    line: int
    reason: str


class TakenColumn(Told):
    column: str
    taken_as: Annotated[str, Field(description="id, email, phone, push, or the field of that name.")]


class ImportedFile(Told):
    """What became of a file. `dry_run`: its first thousand rows were looked at, and nothing was written."""

    dry_run: bool
    columns: list[TakenColumn]
    notes: Annotated[list[str], Field(description="What should be known of the columns, such as one that was guessed.")]
    rows: int
    created: int
    updated: int
    rejected: int
    rejected_lines: Annotated[list[BadLine], Field(description="The first thousand of them.")]


def file_options(mapping: str, encoding: str, *, no_address: bool) -> FileOptions:
    """Say how a file is read."""
    config = current_site().config
    return FileOptions(
        mapping=_read_mapping(mapping),
        encoding=encoding,
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
        no_address=no_address,
    )


def _read_mapping(text: str) -> dict[str, str]:
    try:
        mapping = json.loads(text)
    except (ValueError, RecursionError):
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        words = 'this must be a JSON object of texts, as in {"email": "Mail"}'
        raise ProblemError(422, "the columns cannot be understood", [("mapping", words)])
    if problems := odd_names(mapping):
        told = [(f"mapping.{place}" if place else "mapping", str(words)) for place, words in problems]
        raise ProblemError(422, "the columns cannot be understood", told)
    return mapping


@contextmanager
def uploaded(request: HttpRequest) -> Iterator[Path]:
    """Give a body as a file, for the block."""
    suffix = ".jsonl" if request.content_type == LINES else ".csv"
    with tempfile.TemporaryDirectory(prefix="rebond-import-") as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(request.body)
        try:
            yield path
        except InputError as error:
            if str(path) not in str(error):
                raise
            # Where it lies here for a moment is nobody's business.
            raise InputError(str(error).replace(str(path), "the file")) from None


def imported_json(imported: Imported) -> dict[str, Any]:
    """Tell what became of a file."""
    return {
        "rows": imported.rows,
        "created": imported.created,
        "updated": imported.updated,
        "rejected": imported.rejected_number,
        "rejected_lines": imported.rejected[:_MOST_LISTED],
        "dry_run": imported.dry,
        "columns": [{"column": one.name, "taken_as": map_name(one.role)} for one in imported.columns],
        "notes": imported.notes,
    }
