"""When timed jobs are due, in the site's zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at a time of the clock on the wall; on a day without that time, an hour later."""

    at: time

    def last(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the latest time that is not after `now`."""
        day = now.astimezone(zone).date()
        for back in (0, 1):
            due = datetime.combine(day - timedelta(days=back), self.at, tzinfo=zone).astimezone(UTC)
            if due <= now:
                return due
        raise AssertionError("a time of yesterday is not over yet")

    def following(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the first time after `now`."""
        day = now.astimezone(zone).date()
        for ahead in (0, 1):
            due = datetime.combine(day + timedelta(days=ahead), self.at, tzinfo=zone).astimezone(UTC)
            if due > now:
                return due
        raise AssertionError("a time of tomorrow is over already")

    def __str__(self) -> str:
        return f"daily at {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many minutes, a divisor of a day, counted from midnight UTC."""

    minutes: int

    def last(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the latest time that is not after `now`."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        step = timedelta(minutes=self.minutes)
        return midnight + (now - midnight) // step * step

    def following(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the first time after `now`."""
        return self.last(now, zone) + timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        return "every minute" if self.minutes == 1 else f"every {self.minutes} minutes"


Schedule = Daily | Every
