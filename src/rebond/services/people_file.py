"""Files of people: which column is what, and each row as a person (specification 05, "Target")."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rebond.core.address import ParsedAddress, parse_address
from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.column_roles import ID, role_of
from rebond.services.file_lines import BadRow
from rebond.services.json_file import JsonFile
from rebond.services.people_columns import understand
from rebond.services.table_file import CsvFile, open_table
from rebond.store.read.people import any_known
from rebond.store.write.people import PersonRow

_MAX_ID = 255
# So many rows are looked at before any is read in, to see what the columns hold.
_LOOKED_AT = 100
_PLACES = {channel: 2 * place for place, channel in enumerate((Channel.EMAIL, Channel.SMS, Channel.PUSH))}
_quote = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How a file of people is read.

    `mapping` gives fields their columns, as in {"email": "Mail"}; `region` is the default one of phone numbers;
    `no_address`: new people are meant to come without one.
    """

    mapping: Mapping[str, str]
    encoding: str = "utf-8"
    region: str = ""
    allow_undotted: bool = False
    no_address: bool = False


class PeopleFile:
    """An open file of people whose columns are understood."""

    def __init__(self, table: CsvFile | JsonFile, *, name: str, options: FileOptions) -> None:
        self._table = table
        self._rows: Iterator[tuple[int, Any] | BadRow] = iter(table.rows())
        self._first = list(islice(self._rows, _LOOKED_AT))
        samples = _samples(table, self._first)
        # People who are known keep the address that they have: a file may bring something else about them.
        self.columns = columns = understand(
            _names(table, self._first),
            mapping=options.mapping,
            name=name,
            samples=samples,
            no_address=lambda key: options.no_address or any_known(samples.get(key, ())),
        )
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
        return tuple(self.columns.addresses) if isinstance(self._table, CsvFile) else tuple(Channel)

    def position(self) -> int:
        """Return how many bytes have been read."""
        return self._table.position()

    def people(self) -> Iterator[PersonRow | BadRow]:
        """Yield each row as a person, or why it is bad."""
        table, rows = self._table, chain(self._first, self._rows)
        read = self._from_cells(table.columns) if isinstance(table, CsvFile) else self._from_members
        return (row if isinstance(row, BadRow) else read(*row) for row in rows)

    def _from_cells(self, names: Sequence[str]) -> Callable[[int, list[str]], PersonRow | BadRow]:
        places = {name: place for place, name in enumerate(names)}
        columns = self.columns
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
        external_id = None if self.columns.id is None else ""
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
        role = role_of(name)
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
            return BadRow(line, said("its address is empty, and the file has no id"))
    if not external_id:
        return BadRow(line, said("its id is empty"))
    if len(external_id) > _MAX_ID:
        return BadRow(
            line,
            said(
                "its id has {count} characters, and at most {max_id} are kept", count=len(external_id), max_id=_MAX_ID
            ),
        )
    pairs: list[str | None] = [None] * 6
    for address in addresses:
        place = _PLACES[address.channel]
        pairs[place] = address.text
        pairs[place + 1] = address.key
    return PersonRow(line, external_id, fields, *pairs)


@contextmanager
def open_people(path: Path, *, options: FileOptions, name: str = "") -> Iterator[PeopleFile]:
    """Open a file and understand its columns; InputError names what is wrong, before anything is written.

    `name` is what errors call it, when not its path.
    """
    with open_table(path, encoding=options.encoding, name=name) as table:
        yield PeopleFile(table, name=name or str(path), options=options)


def samples_of(table: CsvFile | JsonFile) -> tuple[list[str], dict[str, list[str]]]:
    """Read the names of the columns, and the first cells of each."""
    first: list[tuple[int, Any] | BadRow] = list(islice(table.rows(), _LOOKED_AT))
    return _names(table, first), _samples(table, first)


def _names(table: CsvFile | JsonFile, first: Sequence[tuple[int, Any] | BadRow]) -> list[str]:
    """The names of the columns; of objects those of the first one, and what others add to them."""
    names = list(table.columns)
    if isinstance(table, JsonFile):
        roles = {role_of(name) for name in names}
        for row in first:
            for name in () if isinstance(row, BadRow) else row[1]:
                if role_of(name) not in roles:
                    roles.add(role_of(name))
                    names.append(name)
    return names


def _samples(table: CsvFile | JsonFile, first: Sequence[tuple[int, Any] | BadRow]) -> dict[str, list[str]]:
    """The first cells of each column."""
    found: dict[str, list[str]] = {}
    for row in first:
        if not isinstance(row, BadRow):
            members = zip(table.columns, row[1], strict=True) if isinstance(table, CsvFile) else row[1].items()
            for name, value in members:
                found.setdefault(name, []).append(_text(value))
    return found
