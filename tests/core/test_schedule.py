"""When a message is tried again (specification 05, "Retries")."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.failure import Verdict
from rebond.core.policy import RetryPermanent, parse_retries
from rebond.core.schedule import Calendar, Retry, counted_hours, jitter, next_attempt
from rebond.core.words import CAUSES, Cause, FailureType, Reason
from tests.core.given import START, policy, verdict

HARD, SOFT, IGNORED = FailureType
DAILY, NEVER, AS_TEMPORARY = RetryPermanent
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAMPAIGN = parse_retries("5x1h,4x1d")
BUSY = verdict(Cause.SYSTEM)


def calendar(
    *, intervals: tuple[timedelta, ...] = CAMPAIGN, permanent: RetryPermanent = DAILY, hours: float = 120
) -> Calendar:
    return Calendar(intervals=intervals, permanent=permanent, ends_at=START + timedelta(hours=hours))


def ask(
    judged: Verdict,
    *,
    code: int = 451,
    by: Calendar | None = None,
    replied_at: datetime = START,
    step: int = 0,
    attempt: int = 1,
    message: int = 7,
) -> Retry | None:
    return next_attempt(
        judged,
        code=code,
        replied_at=replied_at,
        step=step,
        attempt=attempt,
        message=message,
        calendar=by or calendar(),
    )


def hours_of(judged: Verdict, *codes: int, by: Calendar | None = None, slow: timedelta = timedelta()) -> list[int]:
    """Play a delivery whose every attempt fails, `slow` after it was due; in whole hours, as jitter is minutes."""
    moments, replied_at, step, attempt = [START], START, 0, 1
    while True:
        code = codes[min(attempt, len(codes)) - 1]
        retry = ask(judged, code=code, by=by, replied_at=replied_at, step=step, attempt=attempt)
        if retry is None:
            return [int((moment - START) / HOUR) for moment in moments]
        moments.append(retry.at)
        replied_at, step, attempt = retry.at + slow, retry.step, attempt + 1


def test_temporary_answers() -> None:
    assert hours_of(BUSY, 451) == [0, 1, 2, 3, 4, 5, 29, 53, 77, 101]


def test_no_code_at_all_is_temporary() -> None:
    assert hours_of(BUSY, 0) == [0, 1, 2, 3, 4, 5, 29, 53, 77, 101]


def test_permanent_answers_skip_the_hourly_steps() -> None:
    assert hours_of(BUSY, 550) == [0, 24, 48, 72, 96]


def test_a_permanent_answer_among_temporary_ones() -> None:
    assert hours_of(BUSY, 451, 451, 550, 451) == [0, 1, 2, 26, 50, 74, 98]


def test_a_calendar_without_days_waits_its_longest_step() -> None:
    assert hours_of(BUSY, 550, by=calendar(intervals=parse_retries("4x1h,3x12h"))) == [0, 12, 24, 36]
    assert hours_of(BUSY, 550, by=calendar(intervals=parse_retries("2x2d"))) == [0, 48, 96]
    assert hours_of(BUSY, 550, by=calendar(intervals=())) == [0]


@pytest.mark.parametrize(
    ("permanent", "hours"),
    [(DAILY, [0, 24, 48, 72, 96]), (NEVER, [0]), (AS_TEMPORARY, [0, 1, 2, 3, 4, 5, 29, 53, 77, 101])],
)
def test_what_a_site_does_with_permanent_answers(permanent: RetryPermanent, hours: list[int]) -> None:
    assert hours_of(BUSY, 550, by=calendar(permanent=permanent)) == hours
    assert hours_of(BUSY, 450, by=calendar(permanent=permanent)) == [0, 1, 2, 3, 4, 5, 29, 53, 77, 101]


@pytest.mark.parametrize(
    ("hours", "tried"),
    [(84, [0, 1, 2, 3, 4, 5, 29, 53, 77]), (0.5, [0]), (1.2, [0, 1]), (102, [0, 1, 2, 3, 4, 5, 29, 53, 77, 101])],
)
def test_trying_ends_with_validity(hours: float, tried: list[int]) -> None:
    assert hours_of(BUSY, 451, by=calendar(hours=hours)) == tried


def test_the_end_of_validity_is_inside_it() -> None:
    due = ask(BUSY)
    assert due is not None
    end = (due.at - START) / HOUR
    assert ask(BUSY, by=calendar(hours=end)) == due
    assert ask(BUSY, by=calendar(hours=end - 0.001)) is None


@pytest.mark.parametrize("cause", [cause for cause, facts in CAUSES.items() if facts.final])
@pytest.mark.parametrize("kind", [SOFT, IGNORED])
def test_what_cannot_pass_by_itself_ends_with_a_permanent_answer(cause: Cause, kind: FailureType) -> None:
    assert ask(verdict(cause, kind=kind), code=554) is None
    assert ask(verdict(cause, kind=kind), code=451) is not None
    assert ask(verdict(cause, kind=kind), code=554, by=calendar(permanent=AS_TEMPORARY)) is not None


@pytest.mark.parametrize("code", [0, 451, 550])
@pytest.mark.parametrize("permanent", RetryPermanent)
def test_hard_is_never_retried(code: int, permanent: RetryPermanent) -> None:
    assert ask(verdict(Cause.NO_SUCH_USER, kind=HARD), code=code, by=calendar(permanent=permanent)) is None
    asked = verdict(Cause.NO_SUCH_USER, kind=HARD, retry=True)
    assert ask(asked, code=code, by=calendar(permanent=permanent)) is None


def test_one_that_asks_for_a_second_error_is_soft_until_then() -> None:
    for kind in (HARD, SOFT):
        assert hours_of(verdict(Cause.NO_SUCH_USER, kind=kind, confirm=2), 550) == [0, 24, 48, 72, 96]


def test_ignored_answers_are_retried_on_the_whole_calendar() -> None:
    for code in (421, 550):
        assert hours_of(verdict(Cause.TECHNICAL, kind=IGNORED), code) == [0, 1, 2, 3, 4, 5, 29, 53, 77, 101]
    assert ask(verdict(Cause.TECHNICAL, kind=IGNORED), code=550, by=calendar(permanent=NEVER)) is not None


@pytest.mark.parametrize(
    "reason",
    [Reason.TEXT_TOO_LONG, Reason.UNSUPPORTED_CHARACTER, Reason.PRODUCTION_ERROR, Reason.NOT_A_FAILURE],
)
def test_reasons_that_are_never_retried(reason: Reason) -> None:
    assert ask(verdict(Cause.TECHNICAL, kind=IGNORED, reason=reason, retry=True)) is None


def test_a_rule_may_say_otherwise() -> None:
    assert ask(verdict(Cause.SYSTEM, retry=False)) is None
    assert hours_of(verdict(Cause.VIRUS, retry=True), 554) == [0, 24, 48, 72, 96]
    assert hours_of(verdict(Cause.SYSTEM, retry=True), 554, by=calendar(permanent=NEVER)) == [0, 24, 48, 72, 96]


@pytest.mark.parametrize("interval", [timedelta(seconds=1), HOUR, DAY, 30 * DAY])
def test_jitter(interval: timedelta) -> None:
    found = [jitter(interval, seed=f"{message}/1") for message in range(500)]
    most = min(interval / 10, timedelta(minutes=10))
    assert timedelta() <= min(found) < most * 0.1
    assert most * 0.9 < max(found) <= most
    assert found == [jitter(interval, seed=f"{message}/1") for message in range(500)]


def test_jitter_depends_on_message_and_attempt() -> None:
    ways = {ask(BUSY, message=message, attempt=attempt) for message in (1, 2) for attempt in (1, 2)}
    assert len(ways) == 4


def test_one_delivery_that_meets_only_soft_failures_counts_five() -> None:
    gap = policy().email.gap
    assert counted_hours(CAMPAIGN, gap=gap) == tuple(timedelta(hours=h) for h in (0, 29, 53, 77, 101))
    assert counted_hours((), gap=gap) == (timedelta(),)
    assert counted_hours((DAY, DAY - timedelta(seconds=1), timedelta(seconds=1)), gap=gap) == (
        timedelta(),
        DAY,
        2 * DAY,
    )


@pytest.mark.parametrize("slow", [timedelta(), timedelta(seconds=40), timedelta(minutes=25)])
@pytest.mark.parametrize("code", [451, 550])
def test_a_slow_worker_loses_no_count(slow: timedelta, code: int) -> None:
    """Two attempts a day apart are never less than 24 h apart, whatever each reply took."""
    replied_at, step, attempt = START, 0, 1
    counted = [START]
    while retry := ask(BUSY, code=code, replied_at=replied_at, step=step, attempt=attempt):
        replied_at, step, attempt = retry.at + slow, retry.step, attempt + 1
        if replied_at - counted[-1] >= DAY:
            counted.append(replied_at)
    assert len(counted) == 5


@given(
    cause=st.sampled_from(Cause),
    kind=st.sampled_from(FailureType),
    code=st.sampled_from([0, 421, 451, 500, 550, 599]),
    after=st.timedeltas(timedelta(), timedelta(days=6)),
    step=st.integers(0, 10),
    attempt=st.integers(1, 20),
    message=st.integers(1, 2**63),
    permanent=st.sampled_from(RetryPermanent),
    intervals=st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=3)), max_size=10),
    hours=st.floats(0, 240),
)
def test_no_attempt_comes_too_early_or_after_the_end(
    *,
    cause: Cause,
    kind: FailureType,
    code: int,
    after: timedelta,
    step: int,
    attempt: int,
    message: int,
    permanent: RetryPermanent,
    intervals: list[timedelta],
    hours: float,
) -> None:
    by = calendar(intervals=tuple(intervals), permanent=permanent, hours=hours)
    retry = ask(
        verdict(cause, kind=kind),
        code=code,
        by=by,
        replied_at=START + after,
        step=step,
        attempt=attempt,
        message=message,
    )
    if retry is None:
        return
    used = by.intervals[retry.step - 1]
    assert retry.step > step
    assert START + after + used <= retry.at <= START + after + used + min(used / 10, timedelta(minutes=10))
    assert retry.at <= by.ends_at
    assert kind is not HARD
    if code >= 500 and permanent is DAILY and kind is SOFT:
        assert used >= min(DAY, max(intervals))
