"""What must hold whichever server relays: the failures come back, and the next preparation leaves out the right ones."""

import socket
from dataclasses import dataclass
from email import message_from_string
from typing import Any, Protocol

from tests.mail_servers.crowd import NOWHERE, Crowd
from tests.mail_servers.programs import until
from tests.mail_servers.site import Site

SECONDS = 300.0


class Relay(Protocol):
    """A running mail server."""

    def url(self) -> str: ...
    def is_idle(self) -> bool: ...
    def log(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What the sending log says of a returned message."""

    type: str
    reason: str
    cause: str


def nowhere() -> Expected:
    """What a name that does not resolve is, as this machine's resolver tells it to the server."""
    try:
        socket.getaddrinfo(NOWHERE, 25)
    except socket.gaierror as error:
        if error.errno != socket.EAI_AGAIN:
            return Expected("soft", "invalid_domain", "no_such_domain")
    return Expected("soft", "unreachable", "dns")


UNKNOWN = Expected("hard", "user_unknown", "no_such_user")
FULL = Expected("soft", "mailbox_full", "quota")


def send_and_wait(site: Site, relay: Relay, delivery: str) -> list[Any]:
    """Prepare, send, and wait until everything that comes back is settled; all returns so far."""
    site.one("delivery", "prepare", delivery)
    sent = site.one("delivery", "send", delivery)
    assert sent["pending"] == 0, sent
    until(relay.is_idle, within=SECONDS, what=lambda: f"the server still holds mail:\n{relay.log()[-4000:]}")
    return site.wait_until_settled(within=SECONDS)


def log_of(site: Site, delivery: str) -> dict[str, Any]:
    return {row["address"]: row for row in site.lines("delivery", "log", delivery)}


def check_first_delivery(site: Site, crowd: Crowd, delivery: str, returns: list[Any]) -> None:
    """Every failure is told by its own return path, as what it is, and nobody else's message is touched."""
    log = log_of(site, delivery)
    address_of = {row["message"]: address for address, row in log.items()}
    told = [address_of[site.message_of(one["envelope_to"])] for one in returns]
    assert sorted(told) == sorted(crowd.failing)
    assert {(one["kind"], one["state"], one["envelope_from"]) for one in returns} == {("dsn", "settled", "")}
    assert site.lines("returns", "unattributed") == []
    expected = dict.fromkeys(crowd.unknown, UNKNOWN) | dict.fromkeys(crowd.full, FULL)
    expected |= dict.fromkeys(crowd.nowhere, nowhere())
    for address, row in log.items():
        assert row["status"] == "delivered"
        assert (row["returned_at"] is not None) == (address in expected), row
        if address in expected:
            assert Expected(row["type"], row["reason"], row["cause"]) == expected[address], row
    for group in (crowd.unknown, crowd.full, crowd.nowhere):
        one = next(one for one, address in zip(returns, told, strict=True) if address == group[0])
        _, text, _ = site.run("returns", "show", str(one["id"]))
        assert group[0].lower() in message_from_string(text).as_string().lower()
        evidence = site.one("why", group[0])["evidence"]
        failure = next(item for item in evidence if item["event"] == "failure")
        assert (failure["trust"], failure["counted"]) == ("signed", True), failure


def check_states(site: Site, crowd: Crowd, *, soft: tuple[str, int]) -> None:
    """The unknown are quarantined; the others have that status and that count."""
    rows = {row["address"]: (row["status"], row["error_count"]) for row in site.lines("quarantine", "list")}
    status = {address: rows[address][0] for address in crowd.unknown}
    assert set(status.values()) == {"quarantined"}
    assert {address: rows[address] for address in (*crowd.full, *crowd.nowhere)} == dict.fromkeys(
        (*crowd.full, *crowd.nowhere), soft
    )
    assert set(rows) == crowd.failing


def check_excluded(site: Site, delivery: str, addresses: set[str]) -> None:
    """Preparation left out exactly these, for their quarantine."""
    excluded = {row["address"]: row["reason"] for row in site.lines("delivery", "exclusions", delivery)}
    assert excluded == dict.fromkeys(addresses, "quarantined")


def round_trip(site: Site, crowd: Crowd, relay: Relay) -> None:
    """Two deliveries, and a third one under a policy that takes two failures for enough."""
    site.environment["REBOND_SMTP_URL"] = relay.url()
    first = site.create_delivery(crowd.everybody)
    returns = send_and_wait(site, relay, first)
    check_first_delivery(site, crowd, first, returns)
    report = site.one("delivery", "report", first)
    total = len(crowd.everybody)
    assert (report["delivered"], report["returned"], report["reconciled"]) == (total, len(crowd.failing), True)
    assert report["families"]["after_delivery"] == len(crowd.failing)
    check_states(site, crowd, soft=("erroneous", 1))

    second = site.create_delivery()
    returns = send_and_wait(site, relay, second)
    check_excluded(site, second, set(crowd.unknown))
    assert len(returns) == len(crowd.failing) + len(crowd.full) + len(crowd.nowhere)
    check_states(site, crowd, soft=("erroneous", 1))  # a day has not passed: noted, not counted

    site.environment |= {"REBOND_POLICY__EMAIL__THRESHOLD": "2", "REBOND_POLICY__EMAIL__GAP": "0s"}
    site.one("quarantine", "recompute")
    check_states(site, crowd, soft=("quarantined", 2))
    third = site.create_delivery()
    prepared = site.one("delivery", "prepare", third)
    check_excluded(site, third, crowd.failing)
    assert prepared["messages"] == len(crowd.good)
