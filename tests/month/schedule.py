"""The sending of each message as specification 05 has it, worked out again: when it may be tried, and when not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rebond.core.ports import OutcomeKind
from tests.month.raw import rows_of, when
from tests.month.transport import Tried

FINAL = {"no_such_domain", "null_mx", "protocol", "virus", "too_large", "attachment", "link", "malformed"}
_DAY = timedelta(days=1)
_ROW = (
    "SELECT id, status, attempts, next_attempt_at, type, reason, cause, uncertain, last_attempt_at, delivered_at"
    " FROM message WHERE id IN ({some})"
)


@dataclass(frozen=True, slots=True)
class Sending:
    """One delivery as it was asked for."""

    id: int
    message_class: str
    intervals: tuple[timedelta, ...]
    permanent: str
    validity: timedelta
    duplicates: bool
    nick: bool
    members: frozenset[str] | None = field(repr=False)


@dataclass(slots=True)
class Course:
    """How far one message is: `earliest` is when it may be tried again, `over` that it may not."""

    sending: Sending
    profile: int
    key: str
    steps: int = 0
    attempts: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    over: str = ""
    digest: str = ""
    taken: list[datetime] = field(default_factory=list)
    lost: bool = False


class Courses:
    """All messages; `problems` is what was against the rules, `refused` the evidence that there must be."""

    def __init__(self) -> None:
        self.of: dict[int, Course] = {}
        self.ends: dict[int, datetime] = {}
        self.problems: list[str] = []
        self.refused: set[str] = set()
        self.tried: list[Tried] = []

    def hand_over(self, tried: Tried) -> None:
        """Note an attempt as it is made, and judge whether it may be made."""
        course = self.of[tried.message]
        self.tried.append(tried)
        if tried.kind is OutcomeKind.FAULT:
            return
        about = f"message {tried.message} to {tried.recipient} at {tried.at}"
        if course.over:
            self.problems.append(f"{about} was tried after {course.over}")
        if course.earliest and tried.at < course.earliest:
            self.problems.append(f"{about} was tried before {course.earliest}")
        if tried.at > self.ends[course.sending.id] + timedelta(minutes=1):
            self.problems.append(f"{about} was tried after its delivery ended at {self.ends[course.sending.id]}")
        if course.digest not in ("", tried.digest):
            self.problems.append(f"{about} is not the message that it was at the attempt before")
        course.digest = tried.digest

    def close_run(self, *, whole: bool) -> None:
        """Compare what was tried in a run with what was written down; a run that is not whole was cut short."""
        by_message: dict[int, list[Tried]] = {}
        for tried in self.tried:
            if tried.kind is not OutcomeKind.FAULT:
                by_message.setdefault(tried.message, []).append(tried)
        self.tried = []
        for row in rows_of(_ROW, by_message):
            self._compare(row, by_message[row[0]], whole=whole)

    def _compare(self, row: tuple[Any, ...], tried: Sequence[Tried], *, whole: bool) -> None:
        number, status, attempts, due, *_ = row
        course, uncertain, last = self.of[number], bool(row[7]), when(row[8])
        written = attempts - course.attempts
        if written < len(tried):
            course.lost = True
            if whole:
                self.problems.append(f"message {number}: {len(tried)} attempts, {written} of them were written down")
        if len(course.taken) + len(tried) > 1 and course.lost and status == "delivered" and not uncertain:
            self.problems.append(f"message {number} may have gone twice, and is not marked so")
        course.attempts = attempts
        known = [one for one in tried if one.at == last]
        if not written:
            return
        if not known:
            self.problems.append(f"message {number}: its last attempt is said to be at {last}")
            return
        if known[-1].kind is OutcomeKind.REFUSED:
            self.refused.add(f"attempt:{number}:{attempts}")
        self._follow(course, known[-1], row)
        found = when(due)
        if course.over and status in ("pending", "uncertain", "sending"):
            self.problems.append(f"message {number} is {status} after {course.over}")
        if found and course.earliest and course.latest and not course.earliest <= found <= course.latest:
            self.problems.append(f"message {number} is due at {found}, not in {course.earliest} to {course.latest}")

    def _follow(self, course: Course, tried: Tried, row: tuple[Any, ...]) -> None:
        """Decide what may follow an attempt, from its answer and its verdict."""
        number, status, _, _, kind, reason, cause = row[:7]
        if tried.kind is OutcomeKind.ACCEPTED:
            course.over = "it was taken"
            course.taken.append(tried.at)
            if status != "delivered" or when(row[9]) != tried.at:
                self.problems.append(f"message {number} was taken at {tried.at}, and is {status} at {row[9]}")
            return
        permanent = tried.code >= 500 and course.sending.permanent != "as_temporary"
        ended = ""
        if kind == "hard":
            ended = "a hard answer"
        elif reason == "not_a_failure":
            ended = "an answer that is no failure"
        elif permanent and cause in FINAL:
            ended = f"a 5xx for {cause}"
        elif permanent and kind != "ignored" and course.sending.permanent == "never":
            ended = "a 5xx, which this delivery does not try again"
        intervals = course.sending.intervals
        if permanent and kind != "ignored":
            long = min(_DAY, max(intervals, default=_DAY))
            while course.steps < len(intervals) and intervals[course.steps] < long:
                course.steps += 1
        if not ended and course.steps >= len(intervals):
            ended = "its last attempt"
        if ended:
            course.over = ended
            return
        interval = intervals[course.steps]
        course.earliest = tried.at + interval
        course.steps += 1
        course.latest = course.earliest + min(interval / 10, timedelta(minutes=10))
        ends = self.ends[course.sending.id]
        if course.earliest > ends or (status == "failed" and course.latest > ends):
            course.over = "the end of its validity"
        elif status == "failed":
            self.problems.append(f"message {number} was given up, though it may be tried again at {course.earliest}")
