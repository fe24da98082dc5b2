"""Guessing which column holds the addresses, where neither a mapping nor a name says so."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.column_roles import Role, Told
from rebond.services.errors import InputError

# Other names that people give an address, without accents, spaces and signs.
_GUESSED = {
    Channel.EMAIL: (
        "email mail mailaddress emailaddress emailaddr addressemail emailid emails contactemail primaryemail useremail"
        " subscriberemail courriel adressecourriel adresseemail adressemail adressemel adresseelectronique mel"
        " emailadresse mailadresse correo correoelectronico indirizzoemail"
    ),
    Channel.SMS: (
        "phonenumber mobilenumber mobilephone cellphone telephone telephonemobile telephoneportable portable gsm"
    ),
}
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]+")


def guess_addresses(roles: dict[str, tuple[Role, Told]], *, samples: Mapping[str, Sequence[str]], found: str) -> None:
    """Take an obvious column as the email address, or as the phone number, where none is said to be one."""
    free = [column for column, (_, told) in roles.items() if told is Told.ITSELF]
    if not _has(roles, Channel.EMAIL):
        by_name = [column for column in free if _plain(column) in _GUESSED[Channel.EMAIL].split()]
        seen = [column for column in free if _are_addresses(samples.get(column, ()))]
        # Of two names the one that holds addresses is meant; without a name, the only one that does.
        both = [column for column in by_name if column in seen]
        candidates, told = (both or by_name, Told.GUESSED) if by_name else (seen, Told.SEEN)
        if len(candidates) == 1:
            roles[candidates[0]] = Channel.EMAIL, told
        elif candidates and not any(isinstance(role, Channel) for role, _ in roles.values()):
            raise InputError(
                said(
                    "{found}: {names!r:and} may all be the email address: say which one with --map email={first}",
                    found=found,
                    names=tuple(candidates),
                    first=candidates[0],
                )
            )
    if not any(isinstance(role, Channel) for role, _ in roles.values()):
        phones = [column for column in free if _plain(column) in _GUESSED[Channel.SMS].split()]
        if len(phones) == 1:
            roles[phones[0]] = Channel.SMS, Told.GUESSED


def _has(roles: Mapping[str, tuple[Role, Told]], channel: Channel) -> bool:
    return any(role is channel for role, _ in roles.values())


def _plain(name: str) -> str:
    signs = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in signs if sign.isalnum())


def _are_addresses(texts: Sequence[str]) -> bool:
    """Whether a column plainly holds email addresses: nearly all of what is in it looks like one."""
    filled = [text.strip() for text in texts if text.strip()]
    return bool(filled) and sum(bool(_ADDRESS.fullmatch(text)) for text in filled) * 10 >= len(filled) * 9
