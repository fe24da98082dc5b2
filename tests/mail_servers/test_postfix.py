"""Postfix as the relay: its genuine notices come back by LMTP, by the configuration that the guide shows."""

from pathlib import Path

import pytest

from tests.mail_servers.crowd import Crowd
from tests.mail_servers.documented import GUIDE, shown
from tests.mail_servers.postfix import postfix
from tests.mail_servers.round_trip import round_trip
from tests.mail_servers.site import Site


def _round_trip(site: Site, folder: Path, number: int) -> None:
    crowd = Crowd.of(number)
    with site.listening() as port, postfix(folder, people=crowd.people, lmtp_port=port) as relay:
        round_trip(site, crowd, relay)


def test_fifty_messages(site: Site, folder: Path) -> None:
    _round_trip(site, folder, 50)


@pytest.mark.slow
def test_a_thousand_messages(site: Site, folder: Path) -> None:
    _round_trip(site, folder, 1000)


@pytest.mark.slow
def test_a_thousand_messages_on_postgresql(postgresql_site: Site, folder: Path) -> None:
    _round_trip(postgresql_site, folder, 1000)


def test_the_read_me_names_the_same_transport() -> None:
    readme = GUIDE.parents[1] / "README.md"
    assert f"`{' '.join(shown('/etc/postfix/transport').split())}`" in readme.read_text("utf-8")
