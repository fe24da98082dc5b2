"""Addresses in every state, for the pages of quarantine."""

from tests.core.given import at
from tests.services.event_fixtures import FULL, UNKNOWN_USER, daily, event, took

ANNA, BOB, CARL, DORA = "anna@shop.example", "bob@gmail.com", "carl@shop.example", "dora@shop.example"


def addresses() -> None:
    """Anna is unknown at her server, Bob's mailbox is full, Carl complained, Dora is in error."""
    took(
        event("failure", at(), ANNA, text=UNKNOWN_USER, provider="shop"),
        *(event("failure", at(days=day), BOB, text=FULL, provider="gmail") for day in range(5)),
        event("complaint", at(days=2), CARL),
        *daily(2, address=DORA, provider="shop", text="451 4.3.0 Try later"),
        event("stop", at(days=3), "+33612345678", channel="sms"),
    )
