"""The fields of a report, well written or not: what is read, how much of it, and what is said to be cut."""

import re

import pytest

from rebond.core.read import status_fields
from rebond.core.read.headers import FIELD, MAX_VALUE
from rebond.core.read.status_fields import CUT, MAX_BLOCKS, MAX_LINES, Group, groups_in

GROUP = "Final-Recipient: rfc822; u%d@y.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.y.example\n"


class Counting:
    """The pattern of a field, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def match(self, line: str) -> re.Match[str] | None:
        self.asked += 1
        return FIELD.match(line)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(status_fields, "FIELD", counting)
    return counting


def _read(text: str) -> tuple[list[Group], list[str]]:
    notes: list[str] = []
    return groups_in(text, note=notes.append), notes


def _recipients(groups: list[Group]) -> list[str]:
    return [group.first("final-recipient") for _, group in groups]


@pytest.mark.parametrize("between", ["\n", "(no field)\n", "\n(no field)\n\n", ""])
def test_a_report_on_a_thousand_keeps_them_all(between: str) -> None:
    text = "Reporting-MTA: dns; x.example\n\n" + between.join(GROUP % number for number in range(1000))
    groups, notes = _read(text)
    assert _recipients(groups) == [f"rfc822; u{number}@y.example" for number in range(1000)]
    assert {group.first("remote-mta") for _, group in groups} == {"dns; mx.y.example"}
    assert {common.first("reporting-mta") for common, _ in groups} == {"dns; x.example"}
    assert not notes


def test_of_many_fields_the_first_are_read(counted: Counting) -> None:
    groups, notes = _read(GROUP % 1 + "A: b\n" * 50_000 + "\n" + GROUP % 2)
    assert _recipients(groups) == ["rfc822; u1@y.example"]
    assert counted.asked == MAX_LINES
    assert notes == [CUT]


def test_of_many_blocks_the_first_are_read() -> None:
    lines = "A: b\n\n" * (MAX_BLOCKS // 2)
    groups, notes = _read(GROUP % 1 + "\n" + lines + GROUP % 2 + "\n" + lines + GROUP % 3)
    assert _recipients(groups) == ["rfc822; u1@y.example", "rfc822; u2@y.example"]
    assert notes == [CUT]


def test_a_line_that_lost_its_fold_goes_to_the_diagnostic_before_it() -> None:
    text = "Final-Recipient: rfc822; u@y.example\nDiagnostic-Code: smtp;\n 550 no\nsuch user\n\nlost\nStatus: 5.1.1\n"
    ((_, group),), _ = _read(text)
    assert group.first("diagnostic-code") == "smtp; 550 no such user"
    assert group.first("status") == "5.1.1"


def test_a_long_value_is_cut() -> None:
    text = "Final-Recipient: rfc822; u@y.example\nlost\nDiagnostic-Code: x\n" + f"{'y' * 999}\n" * 100
    ((_, group),), _ = _read(text)
    assert len(group.first("diagnostic-code")) == MAX_VALUE
