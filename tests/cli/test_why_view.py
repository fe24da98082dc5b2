"""What a person sees of an address's history."""

import io
from datetime import UTC, datetime

from rich.console import Console

from rebond.cli.why_view import draw_why
from rebond.core.failure import AddressState, Event, Evidence, Judgement, Snapshot, Verdict, WhyNot
from rebond.core.words import AddressStatus, Cause, FailureType, Reason
from rebond.services.why import Why
from rebond.store.read.blocked import Denial

AT = datetime(2026, 3, 5, 9, 12, tzinfo=UTC)


def drawn(*, width: int = 120, **fields: object) -> str:
    console = Console(file=io.StringIO(), width=width)
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


def test_a_text_is_there_to_be_read_on_any_terminal() -> None:
    said = "550 5.1.1 <anna@shop.example>: Recipient address rejected: User unknown in virtual mailbox table"
    verdict = Verdict(type=FailureType.HARD, reason=Reason.USER_UNKNOWN, cause=Cause.NO_SUCH_USER, rule="r")
    failure = Evidence(identity="e", event=Event.FAILURE, at=AT, verdict=verdict, text=said)
    judged = Judgement(
        evidence=failure, counted=True, why_not=WhyNot.COUNTED, status=AddressStatus.QUARANTINED, error_count=1
    )
    for width in (80, 120):
        text = drawn(width=width, judgements=[judged])
        column = 1 if width == 80 else 4
        rows = [line.strip("│").split("│")[column] for line in text.splitlines() if "│" in line]
        assert said.replace(" ", "") in "".join(rows).replace(" ", "")
        assert "2026-03-05 09:12" in text
        assert "hard user_unknown/no_such_user" in text
        assert max(map(len, text.splitlines()[:-1])) <= width


def test_one_error_is_one_error() -> None:
    assert ", 1 error counted" in drawn(state=AddressState(error_count=1))
