"""What `rebond up` does before it starts anything."""

from pathlib import Path
from typing import TYPE_CHECKING

from rebond.cli.output import say

if TYPE_CHECKING:
    from rebond.wiring import Site

_FIRST = "admin"
_ACTOR = "rebond up"


def prepare_site(folder: Path) -> "Site":
    """Make a site in an empty folder, or bring one up to date; and make its first administrator."""
    from rebond.config import ConfigError
    from rebond.secrets_file import SECRETS_FILE
    from rebond.wiring import init_site

    if not (folder / SECRETS_FILE).exists():
        if folder.exists() and any(folder.iterdir()):
            raise ConfigError(
                f"{folder} holds something else than a Rebond, or its {SECRETS_FILE} is lost: put that back, give an"
                f" empty folder, or run rebond init --data {folder} to make new keys"
            )
        say(f"rebond: a new site is made in {folder}")
    site = init_site(folder)
    _first_administrator(site)
    return site


def _first_administrator(site: "Site") -> None:
    from rebond.core.words import Role
    from rebond.services.users import create_user
    from rebond.store.connect import disconnect
    from rebond.store.read.users import list_users
    from rebond.web.links import sign_in_link

    people = list_users()
    if not people:
        create_user(_FIRST, role=Role.ADMINISTRATOR, now=site.clock.now(), actor=_ACTOR)
        link = sign_in_link(_FIRST, base=site.config.console_url)
        say(f"rebond: the first administrator is called {_FIRST}; they set their password at this link, which works")
        say(f"once, for three days, and is not shown again:\n\n  {link}\n")
    elif not any(person.last_login for person in people):
        say(f"rebond: nobody has signed in yet; a new link comes from: rebond user link {people[0].name}")
    disconnect()
