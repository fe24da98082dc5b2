"""Postfix and Exim as the relay: their genuine notices come back by LMTP, by the configuration that the guide shows."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.mail_servers.crowd import Crowd
from tests.mail_servers.exim import exim
from tests.mail_servers.postfix import postfix
from tests.mail_servers.round_trip import Relay, round_trip
from tests.mail_servers.site import Site

Server = Callable[..., AbstractContextManager[Relay]]
BOTH = pytest.mark.parametrize("server", [postfix, exim], ids=["postfix", "exim"])


def _round_trip(server: Server, site: Site, folder: Path, number: int) -> None:
    crowd = Crowd.of(number)
    with site.listening() as port, server(folder, people=crowd.people, lmtp_port=port) as relay:
        round_trip(site, crowd, relay)


@BOTH
def test_fifty_messages(server: Server, site: Site, folder: Path) -> None:
    _round_trip(server, site, folder, 50)


@pytest.mark.slow
@BOTH
def test_a_thousand_messages(server: Server, site: Site, folder: Path) -> None:
    _round_trip(server, site, folder, 1000)


@pytest.mark.slow
@BOTH
def test_a_thousand_messages_on_postgresql(server: Server, postgresql_site: Site, folder: Path) -> None:
    _round_trip(server, postgresql_site, folder, 1000)
