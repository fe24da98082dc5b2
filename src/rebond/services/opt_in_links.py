"""The links of confirmation mails: made anew at each attempt, the same each time, and never stored."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rebond.core.tokens import Keyring, sign_confirmation
from rebond.store.read.letters import letters_behind
from rebond.store.read.sending import Person


def about(page: int, key: str) -> str:
    """Say what a link is about, so that it holds for no other page or address."""
    return f"{page}/{key}"


def link_token(request: int, *, page: int, key: str, expires_at: datetime, signing: int, keyring: Keyring) -> str:
    """Make the token of a request, with the key that it was given while that is kept."""
    signer = Keyring(keyring.keys, signing) if signing in keyring.keys else keyring
    return sign_confirmation(request, about=about(page, key), expires=expires_at, keyring=signer)


def with_links(people: Mapping[int, Person], *, keyring: Keyring) -> dict[int, Person]:
    """Give messages of a double opt-in what their text is filled with: never what the visitor wrote.

    Anybody can type a text and somebody else's address into a form: it must not be carried there.
    """
    letters = letters_behind(people)
    found = dict(people)
    for message, letter in letters.items():
        token = link_token(
            letter.request,
            page=letter.page,
            key=letter.key,
            expires_at=letter.expires_at,
            signing=letter.signing,
            keyring=keyring,
        )
        fields = {"confirm_token": token, "page": letter.title, "services": ", ".join(letter.services)}
        # One that is confirmed needs no mail any more.
        found[message] = replace(people[message], fields=fields, erased=letter.confirmed)
    return found
