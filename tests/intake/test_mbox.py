"""An mbox comes apart at its `From ` lines, whatever stands in the mails, in bounded memory."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.intake.mbox import is_from_line, split_mbox

FROM = b"From MAILER-DAEMON@mx.example Thu Mar  5 09:12:33 2026\n"
ONE = b"Subject: one\n\nbody one\n"
TWO = b"Subject: two\n\nbody two\n"


def mails(data: bytes, **options: int) -> list[bytes]:
    return list(split_mbox(io.BytesIO(data), **options))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n\n", []),
        (FROM + ONE + b"\n" + FROM + TWO, [ONE, TWO]),
        (b"\n" + FROM + ONE + b"\n" + FROM + TWO + b"\n", [ONE, TWO]),
        (FROM + ONE + FROM + TWO, [ONE, TWO]),
        (FROM + b"Status: RO\nSubject: one\nX-Status: A\n\nStatus: dead\n", [b"Subject: one\n\nStatus: dead\n"]),
        (FROM + ONE + b"\nFrom now on all is well\n", [ONE + b"\nFrom now on all is well\n"]),
        (FROM + ONE + FROM + b"\n", [ONE + FROM]),
        (FROM + ONE + b"\n" + FROM, [ONE]),
        (FROM + FROM + TWO, [b"", TWO]),
        (FROM + ONE + b">" + FROM + TWO, [ONE + b">" + FROM + TWO]),
        (b"From bob\n" + ONE, [ONE]),
        (FROM + b"no header at all", [b"no header at all"]),
        (FROM + b"\nbody only\n\n" + FROM + TWO, [b"\nbody only\n", TWO]),
        (
            (FROM + ONE + b"\n" + FROM + TWO).replace(b"\n", b"\r\n"),
            [ONE.replace(b"\n", b"\r\n"), TWO.replace(b"\n", b"\r\n")],
        ),
        (FROM + ONE + b"\n\n\n" + FROM + TWO, [ONE + b"\n\n", TWO]),
    ],
)
def test_splitting(data: bytes, expected: list[bytes]) -> None:
    assert mails(data) == expected


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (FROM, True),
        (b"From - Tue, 03 Feb 2026 10:00:00 +0100\n", True),
        (b"From a b@c.example Sat Dec 31 23:59:59 CET 2025\n", True),
        (b"From <> Mon Jan  1 00:00:00 2024\r\n", True),
        (b"From our side, all is well\n", False),
        (b"From: a@b.example\n", False),
        (b"Subject: x\n", False),
    ],
)
def test_from_lines(line: bytes, answer: bool) -> None:
    assert is_from_line(line) is answer


def test_what_does_not_begin_as_an_mbox_is_refused() -> None:
    with pytest.raises(ValueError, match="no mbox"):
        mails(ONE)


def test_a_mail_is_the_same_with_or_without_another_behind_it_and_whatever_a_mail_reader_noted() -> None:
    alone = mails(FROM + ONE)
    assert alone == mails(FROM + ONE + b"\n")
    assert alone[0] == mails(FROM + b"Status: O\n" + ONE + b"\n" + FROM + TWO)[0]


def test_a_huge_mail_is_cut_and_the_next_one_is_whole() -> None:
    body = b"x" * 70_000 + b"\n"
    data = FROM + b"Subject: big\n\n" + body * 200 + b"\n" + FROM + TWO
    tracemalloc.start()
    found = mails(data, max_mail=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(mail) for mail in found] == [100_000, len(TWO)]
    assert found[1] == TWO
    assert peak < 1_000_000


def test_a_from_line_in_the_middle_of_an_endless_line_is_text() -> None:
    data = FROM + b"Subject: x\n\n" + b"y" * (64 * 1024) + FROM
    assert len(mails(data)) == 1


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_any_mails_come_back_when_their_from_lines_are_quoted(bodies: list[bytes]) -> None:
    quoted = [b"Subject: x\n\n" + body.replace(b"From ", b">From ") + b"\n" for body in bodies]
    assert mails(b"".join(FROM + mail + b"\n" for mail in quoted)) == quoted


@given(st.binary(max_size=2000))
def test_no_bytes_break_it(data: bytes) -> None:
    mails(FROM + data)
