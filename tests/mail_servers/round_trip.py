"""What must hold whichever server relays: failures come back, and the next preparation leaves out the right ones."""

from email import message_from_string
from typing import Any, Protocol

from tests.mail_servers.crowd import Crowd
from tests.mail_servers.expected import FULL, UNKNOWN, Expected
from tests.mail_servers.site import Site
from tests.waiting import until

SECONDS = 300.0


class Relay(Protocol):
    """A running mail server."""

    @property
    def nowhere(self) -> Expected:
        """What it makes of a domain that does not resolve."""
        ...

    def url(self) -> str: ...
    def is_idle(self) -> bool: ...
    def told(self) -> str: ...


def send_and_wait(site: Site, relay: Relay, delivery: str) -> list[Any]:
    """Prepare, send, and wait until everything that comes back is settled; all returns so far."""
    site.one("delivery", "prepare", delivery)
    sent = site.one("delivery", "send", delivery)
    assert sent["pending"] == 0, sent
    until(relay.is_idle, within=SECONDS, what=relay.told)
    return site.wait_until_settled(within=SECONDS)


def log_of(site: Site, delivery: str) -> dict[str, Any]:
    return {row["address"]: row for row in site.lines("delivery", "log", delivery)}


def check_first_delivery(site: Site, crowd: Crowd, delivery: str, returns: list[Any], *, nowhere: Expected) -> None:
    """Every failure is told by its own return path, as what it is, and nobody else's message is touched."""
    log = log_of(site, delivery)
    address_of = {row["message"]: address for address, row in log.items()}
    told = [address_of[site.message_of(one["envelope_to"])] for one in returns]
    assert sorted(told) == sorted(crowd.failing)
    assert {(one["kind"], one["state"], one["envelope_from"]) for one in returns} == {("dsn", "settled", "")}
    assert site.lines("returns", "unattributed") == []
    expected = dict.fromkeys(crowd.unknown, UNKNOWN) | dict.fromkeys(crowd.full, FULL)
    expected |= dict.fromkeys(crowd.nowhere, nowhere)
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
    check_first_delivery(site, crowd, first, returns, nowhere=relay.nowhere)
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
