"""When timed jobs are due: by the clock on the wall of the site."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from rebond.jobs.schedule import Daily, Every

PARIS, NIGHT = ZoneInfo("Europe/Paris"), Daily(time(2))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-01-10T00:59:59", "2026-01-09T01:00", "2026-01-10T01:00"),
        ("2026-01-10T01:00:00", "2026-01-10T01:00", "2026-01-11T01:00"),
        # There is no two o'clock on this day: an hour later is as good.
        ("2026-03-29T12:00:00", "2026-03-29T01:00", "2026-03-30T00:00"),
        ("2026-03-28T12:00:00", "2026-03-28T01:00", "2026-03-29T01:00"),
        # It is two o'clock twice: once is enough.
        ("2026-10-25T00:30:00", "2026-10-25T00:00", "2026-10-26T01:00"),
        ("2026-10-25T12:00:00", "2026-10-25T00:00", "2026-10-26T01:00"),
    ],
)
def test_a_daily_job_comes_once_a_day_in_the_sites_zone(now: str, last: str, following: str) -> None:
    assert NIGHT.last(utc(now), PARIS) == utc(last)
    assert NIGHT.following(utc(now), PARIS) == utc(following)


def test_a_job_of_every_few_minutes() -> None:
    every = Every(5)
    assert every.last(utc("2026-01-10T00:04:59"), PARIS) == utc("2026-01-10T00:00")
    assert every.last(utc("2026-01-10T00:05:00"), PARIS) == utc("2026-01-10T00:05")
    assert every.following(utc("2026-01-10T23:58:00"), PARIS) == utc("2026-01-11T00:00")


def test_schedules_are_said_in_words() -> None:
    assert [str(NIGHT), str(Every(1)), str(Every(5))] == ["daily at 02:00", "every minute", "every 5 minutes"]
