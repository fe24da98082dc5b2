"""What a person sees of an address's history."""

import io
from datetime import UTC, datetime

from rich.console import Console

from rebond.cli.why_view import draw_why
from rebond.core.failure import AddressState, Event, Evidence, Judgement, Snapshot, WhyNot
from rebond.core.words import AddressStatus, Reason
from rebond.services.why import Why
from rebond.store.read.blocked import Denial

AT = datetime(2026, 3, 5, 9, 12, tzinfo=UTC)


def drawn(**fields: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    why = Why(**{"state": AddressState(), "judgements": (), "others": (), "outdated": False, **fields})  # type: ignore[arg-type]
    draw_why(console, "anna@shop.example", why)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_opt_out_is_drawn() -> None:
    denials = [
        Denial(profile="P5", channel="email", at=AT, origin="person", proof="asked by [bold] telephone\x1b[0m"),
        Denial(profile="P6", channel="all", at=AT, origin="unsubscribe", proof=""),
    ]
    text = drawn(denials=denials)
    assert "The profile P5 opted out of email on 2026-03-05 09:12 UTC: asked by [bold] telephone\\x1b[0m" in text
    assert "The profile P6 opted out of all channels on 2026-03-05 09:12 UTC: unsubscribe" in text
    assert "rebond profiles allow" in text


def test_a_snapshot_is_drawn() -> None:
    kept = AddressState(status=AddressStatus.QUARANTINED, reason=Reason.USER_UNKNOWN, error_text="550 nobody")
    text = drawn(snapshot=Snapshot(horizon=AT, policy_digest="d", state=kept), state=kept)
    assert "before 2026-03-05 09:12 UTC" in text
    assert "quarantined (user_unknown), 0 errors counted; 550 nobody" in text
    assert "nothing is known" not in text


def test_what_had_no_effect_is_no_problem() -> None:
    success = Evidence(identity="e", event=Event.DELIVERED, at=AT)
    judged = Judgement(
        evidence=success, counted=False, why_not=WhyNot.NO_EFFECT, status=AddressStatus.VALID, error_count=0
    )
    text = drawn(judgements=[judged])
    assert "no effect" in text
    assert "opted out" not in text
