import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from rebond.core.ports import Clock
from rebond.simulate.clock import SteppedClock

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_it_is_a_clock_that_real_time_drives() -> None:
    ticks = iter([100.0, 100.0, 101.5, 102.0])
    clock: Clock = SteppedClock(START.astimezone(timezone(timedelta(hours=2))), ticks=lambda: next(ticks))
    assert clock.now() == START
    assert clock.now() == START + timedelta(seconds=1.5)
    assert clock.monotonic() == 2.0


def test_its_times_are_utc() -> None:
    assert SteppedClock(START.astimezone(timezone(timedelta(hours=2)))).now().tzinfo is UTC


def test_sleep_jumps_and_sleeps_side_by_side_overlap() -> None:
    clock = SteppedClock(START, ticks=lambda: 0.0)

    async def sleep_twice() -> None:
        await clock.sleep(3600)
        await asyncio.gather(clock.sleep(60), clock.sleep(30), clock.sleep(-5), clock.sleep(0))

    asyncio.run(sleep_twice())
    assert clock.now() == START + timedelta(seconds=3660)


def test_jump_to_never_goes_back() -> None:
    clock = SteppedClock(START, ticks=lambda: 0.0)
    clock.jump_to(START + timedelta(days=5))
    clock.jump_to(START)
    assert clock.now() == START + timedelta(days=5)
    assert clock.monotonic() == timedelta(days=5).total_seconds()


def test_a_naive_start_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        SteppedClock(datetime(2026, 1, 5))
