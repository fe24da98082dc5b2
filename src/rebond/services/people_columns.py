"""What each column of a file of people is: as it was told, as its name says, or as what stands in it shows."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from rebond.core.said import Said, said
from rebond.core.words import Channel
from rebond.services.column_roles import ADDRESS_NAMES, ID, Role, Told, filled, map_name, role_of
from rebond.services.errors import InputError
from rebond.services.guess_columns import guess_addresses

_SAMPLES = 3
_NO_NAMES = "and or not if else elif for in is true false none True False None self loop"
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its place from 1, what it fills (`id`, a channel's address, or a field), why, and what is in it.

    `usable`: whether a template can write the field.
    """

    place: int
    name: str
    role: Role
    told: Told
    samples: tuple[str, ...] = ()

    @property
    def channel(self) -> Channel | None:
        return self.role if isinstance(self.role, Channel) else None

    @property
    def is_field(self) -> bool:
        return self.channel is None and self.role != ID

    @property
    def usable(self) -> bool:
        return not self.is_field or (self.role.isidentifier() and self.role not in _NO_NAMES.split())

    def note(self) -> str:
        """Say what should be known of it before it is read; nothing when it goes without saying."""
        about = {"place": self.place, "name": self.name}
        if self.told is Told.GUESSED:
            return said("column {place} «{name}» is taken as {role}", **about, role=filled(self.role))
        if self.told is Told.SEEN:
            return said("column {place} «{name}» is taken as {role}, by what is in it", **about, role=filled(self.role))
        if not self.usable:
            return said(
                "column {place} «{name}» cannot be written in a template: give it another name, as in {other}={name}",
                **about,
                other=_writable(self.name),
            )
        return ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what: the id (None: there is none), the addresses, and the field that another fills."""

    id: str | None
    addresses: Mapping[Channel, str]
    fields: Mapping[str, str]
    all: Sequence[Column] = field(default=())

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known before it is read, a sentence each."""
        return tuple(filter(None, (column.note() for column in self.all)))


def understand(
    columns: Sequence[str],
    *,
    mapping: Mapping[str, str],
    name: str,
    samples: Mapping[str, Sequence[str]] | None = None,
    no_address: Callable[[str], bool] = lambda _: False,
) -> Columns:
    """Decide what each column is; `samples` are some of the cells of each.

    InputError when one is unknown, named twice, nothing tells the people apart, or none is an address, unless
    `no_address`, asked with the column of the id, says that this is meant.
    """
    found = said("{name} has the columns {columns}", name=name, columns=tuple(columns))
    check_names(columns, found=found)
    known = list(_known(columns, mapping=mapping, samples=samples or {}, found=found))
    addresses = {column.channel: column.name for column in known if column.channel is not None}
    key = next((column.name for column in known if column.role == ID), None)
    if not addresses and (key is None or not no_address(key)):
        raise InputError(_no_address(found, has_id=key is not None))
    return Columns(key, addresses, {column.name: str(column.role) for column in known if column.is_field}, known)


def check_names(columns: Sequence[str], *, found: str) -> None:
    """Refuse columns that nothing could name: empty, or there twice; says all of them by their place."""
    problems = [
        said("column {place} has no name: give it one, or remove it", place=place)
        for place, one in enumerate(columns, 1)
        if not one
    ]
    for place, one in enumerate(columns, 1):
        if one and one in columns[: place - 1]:
            problems.append(
                said(
                    "{name!r} is there twice, as column {first} and column {second}: rename one",
                    name=one,
                    first=columns.index(one) + 1,
                    second=place,
                )
            )
    if problems:
        raise InputError(said("{found}: {problems:and}", found=found, problems=tuple(problems)))


def _known(
    columns: Sequence[str], *, mapping: Mapping[str, str], samples: Mapping[str, Sequence[str]], found: str
) -> Iterator[Column]:
    roles = _roles(columns, mapping=mapping, found=found)
    guess_addresses(roles, samples=samples, found=found)
    for place, name in enumerate(columns, 1):
        role, told = roles[name]
        seen = tuple(text for text in samples.get(name, ()) if text.strip())[:_SAMPLES]
        yield Column(place=place, name=name, role=role, told=told, samples=seen)


def _roles(columns: Sequence[str], *, mapping: Mapping[str, str], found: str) -> dict[str, tuple[Role, Told]]:
    """What the mapping and the names say by themselves."""
    if odd := odd_names(mapping):
        raise InputError(said("--map: {problems}", problems=tuple(words for _, words in odd)))
    named = {_find_column(columns, column, found): given for given, column in mapping.items()}
    if len(named) < len(mapping):
        raise InputError(said("{found}: --map gives one column to two fields", found=found))
    mapped_channels = {ADDRESS_NAMES[f.lower()] for f in named.values() if f.lower() in ADDRESS_NAMES}
    roles: dict[str, tuple[Role, Told]] = {}
    taken: dict[Role, str] = {}
    for column in columns:
        role = role_of(named.get(column, column))
        if column not in named and role in mapped_channels and column not in mapping:
            role = column  # another column was named as this channel's address
        if role in taken:
            raise InputError(
                said(
                    "{found}: {one!r} and {other!r} would both be {role}: say which one with --map {name}={other},"
                    " and give the other a name of its own",
                    found=found,
                    one=taken[role],
                    other=column,
                    role=filled(role),
                    name=map_name(role),
                )
            )
        taken[role] = column
        by_itself = Told.NAMED if role == ID or isinstance(role, Channel) else Told.ITSELF
        roles[column] = role, Told.MAPPED if column in named else by_itself
    return roles


def odd_names(mapping: Mapping[str, str]) -> list[tuple[str, Said]]:
    """Find what no database can store in a mapping: the field that is meant ('' when it is itself odd), and why."""
    found = []
    for name, column in mapping.items():
        for place, text in (("", name), (name, column)):
            if not text.strip():
                found.append((place, said("a field or a column is empty")))
            elif "\0" in text:
                found.append((place, said("{text!r} holds a NUL character", text=text)))
            elif _HALF.search(text):
                found.append((place, said("{text!r} holds half a character (a lone surrogate)", text=text)))
    return found


def _writable(name: str) -> str:
    """Make of a column's name one that a template can write."""
    signs = "".join(sign if sign.isalnum() else "_" for sign in name).strip("_").lower()
    signs = re.sub("_+", "_", signs)
    return signs if signs.isidentifier() and signs not in _NO_NAMES.split() else f"field_{signs}".rstrip("_")


def _no_address(found: str, *, has_id: bool) -> Said:
    if has_id:
        return said(
            "{found}: none of them is an address, so nobody could be written to: say which one is with --map, as in"
            " --map email=Mail (email, phone or push); when that is meant, say so with --no-address",
            found=found,
        )
    return said(
        "{found}: none of them is an id or an address: say which one is with --map, as in --map email=Mail"
        " (id, email, phone or push)",
        found=found,
    )


def _find_column(columns: Sequence[str], wanted: str, found: str) -> str:
    if wanted in columns:
        return wanted
    near = get_close_matches(wanted, columns, n=1)
    if near:
        raise InputError(
            said("{found}, and not {wanted!r}: did you mean {near!r}?", found=found, wanted=wanted, near=near[0])
        )
    raise InputError(said("{found}, and not {wanted!r}", found=found, wanted=wanted))
