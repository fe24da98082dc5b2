"""Files of people: which column is what, and each row as a person (specification 05, "Target")."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rebond.core.address import ParsedAddress, parse_address
from rebond.core.words import Channel
from rebond.services.errors import InputError
from rebond.services.file_lines import BadRow
from rebond.services.json_file import JsonFile
from rebond.services.table_file import CsvFile, open_table
from rebond.store.write.people import PersonRow

ID = "id"
_MAX_ID = 255
_ADDRESS_NAMES = {
    "email": Channel.EMAIL,
    "phone": Channel.SMS,
    "sms": Channel.SMS,
    "mobile": Channel.SMS,
    "push": Channel.PUSH,
}
_PLACES = {channel: 2 * place for place, channel in enumerate((Channel.EMAIL, Channel.SMS, Channel.PUSH))}
_quote = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How a file of people is read.

    `mapping` gives fields their columns, as in {"email": "Mail"}; `region` is the default one of phone numbers.
    """

    mapping: Mapping[str, str]
    encoding: str = "utf-8"
    region: str = ""
    allow_undotted: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what: the id (None: there is none), the addresses, and the field that another fills."""

    id: str | None
    addresses: Mapping[Channel, str]
    fields: Mapping[str, str]


class PeopleFile:
    """An open file of people whose columns are understood."""

    def __init__(self, table: CsvFile | JsonFile, columns: Columns, options: FileOptions) -> None:
        self._table = table
        self._columns = columns
        self._options = options
        self._roles: dict[str, str | Channel] = {
            **columns.fields,
            **{name: channel for channel, name in columns.addresses.items()},
            **({columns.id: ID} if columns.id is not None else {}),
        }
        self.size = table.size

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Which channels the file can have addresses of."""
        return tuple(self._columns.addresses) if isinstance(self._table, CsvFile) else tuple(Channel)

    def position(self) -> int:
        """Return how many bytes have been read."""
        return self._table.position()

    def people(self) -> Iterator[PersonRow | BadRow]:
        """Yield each row as a person, or why it is bad."""
        table = self._table
        if isinstance(table, CsvFile):
            read, rows = self._from_cells(table.columns), table.rows()
            return (row if isinstance(row, BadRow) else read(*row) for row in rows)
        return (row if isinstance(row, BadRow) else self._from_members(*row) for row in table.rows())

    def _from_cells(self, names: Sequence[str]) -> Callable[[int, list[str]], PersonRow | BadRow]:
        places = {name: place for place, name in enumerate(names)}
        columns = self._columns
        id_place = None if columns.id is None else places[columns.id]
        addresses = [(channel, places[name]) for channel, name in columns.addresses.items()]
        # All are texts, so the JSON is put together here: that takes a tenth of the time of an encoder.
        fields = [(f"{_quote(field)}:", places[name]) for name, field in columns.fields.items()]

        def read(line: int, cells: list[str]) -> PersonRow | BadRow:
            found = [self._address(channel, cells[place]) for channel, place in addresses]
            external_id = cells[id_place].strip() if id_place is not None else None
            members = ",".join([name + _quote(cells[place]) for name, place in fields])
            return _person(line, external_id, "{" + members + "}", found)

        return read

    def _from_members(self, line: int, members: dict[str, Any]) -> PersonRow | BadRow:
        external_id = None if self._columns.id is None else ""
        found: list[ParsedAddress] = []
        fields: dict[str, object] = {}
        for name, value in members.items():
            role = self._roles.get(name) or self._learn(name)
            if isinstance(role, Channel):
                found.append(self._address(role, _text(value)))
            elif role == ID:
                external_id = _text(value).strip()
            else:
                fields[role] = value
        return _person(line, external_id, _encode(fields), found)

    def _learn(self, name: str) -> str | Channel:
        """Decide what a name is that the first row did not have: what another column is, it is not."""
        role = _role(name)
        if role == ID or role in self._roles.values():
            role = name
        self._roles[name] = role
        return role

    def _address(self, channel: Channel, text: str) -> ParsedAddress:
        options = self._options
        return parse_address(text, channel=channel, region=options.region, allow_undotted=options.allow_undotted)


def _text(value: object) -> str:
    return value if isinstance(value, str) else _encode(value)


def _person(line: int, external_id: str | None, fields: str, addresses: Sequence[ParsedAddress]) -> PersonRow | BadRow:
    if external_id is None:
        # The key tells two spellings of one address as the same person.
        external_id = (addresses[0].key or addresses[0].text) if addresses else ""
        if not external_id:
            return BadRow(line, "its address is empty, and the file has no id")
    if not external_id:
        return BadRow(line, "its id is empty")
    if len(external_id) > _MAX_ID:
        return BadRow(line, f"its id has {len(external_id)} characters, and at most {_MAX_ID} are kept")
    pairs: list[str | None] = [None] * 6
    for address in addresses:
        place = _PLACES[address.channel]
        pairs[place] = address.text
        pairs[place + 1] = address.key
    return PersonRow(line, external_id, fields, *pairs)


@contextmanager
def open_people(path: Path, *, options: FileOptions) -> Iterator[PeopleFile]:
    """Open a file and understand its columns; InputError names what is wrong, before anything is written."""
    with open_table(path, encoding=options.encoding) as table:
        columns = understand(table.columns, mapping=options.mapping, name=str(path))
        yield PeopleFile(table, columns, options)


def understand(columns: Sequence[str], *, mapping: Mapping[str, str], name: str) -> Columns:
    """Decide what each column is; InputError when one is unknown, named twice, or nothing tells the people apart."""
    found = f"{name} has the columns {', '.join(columns)}"
    for place, column in enumerate(columns):
        if not column:
            raise InputError(f"{found}: column {place + 1} has no name: give it one, or remove it")
        if column in columns[:place]:
            raise InputError(f"{found}: {column!r} is there twice: rename one")
    named = {_find_column(columns, column, found): field for field, column in mapping.items()}
    if len(named) < len(mapping):
        raise InputError(f"{found}: --map gives one column to two fields")
    mapped_channels = {_ADDRESS_NAMES[f.lower()] for f in named.values() if f.lower() in _ADDRESS_NAMES}
    roles: dict[str | Channel, str] = {}
    for column in columns:
        role = _role(named.get(column, column))
        if column not in named and role in mapped_channels and column not in mapping:
            role = column  # another column was named as this channel's address
        if role in roles:
            raise InputError(
                f"{found}: {roles[role]!r} and {column!r} would both be {_said(role)}: say which one with"
                f" --map {role}={column}, and give the other a name of its own"
            )
        roles[role] = column
    addresses = {role: column for role, column in roles.items() if isinstance(role, Channel)}
    if ID not in roles and not addresses:
        raise InputError(
            f"{found}: none is id, email, phone or push: say which one is with --map, as in --map email=Mail"
        )
    fields = {column: role for role, column in roles.items() if not isinstance(role, Channel) and role != ID}
    return Columns(roles.get(ID), addresses, fields)


def _role(name: str) -> str | Channel:
    lowered = name.lower()
    return _ADDRESS_NAMES.get(lowered) or (ID if lowered == ID else name)


def _said(role: str | Channel) -> str:
    return f"the {role} address" if isinstance(role, Channel) else f"the field {role}"


def _find_column(columns: Sequence[str], wanted: str, found: str) -> str:
    if wanted in columns:
        return wanted
    near = get_close_matches(wanted, columns, n=1)
    raise InputError(f"{found}, and not {wanted!r}" + (f": did you mean {near[0]!r}?" if near else ""))
