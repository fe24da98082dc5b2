"""How `rebond check` reads lines in blocks, and writes its answers."""

import json
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rebond.cli import check
from rebond.core.words import Reason

PIECES = ("a@b.example", "é@b.example", "\n", "\n\n", "\r\n", " ", "\t", "\ufeff", "\r", "x" * 20, "\udcff", '"')


def one_by_one(content: bytes, *, most: int) -> list[str]:
    lines = (line[:most].decode("utf-8", "replace").strip("\r\ufeff \t") for line in content.split(b"\n"))
    return [line for line in lines if line]


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.integers(1, 40))
@example([], 1)
@example(["a@b.example"], 5)
@example(["\n", "a@b.example", "\n"], 100)
def test_blocks_are_read_as_lines_one_by_one_would_be(pieces: list[str], block: int) -> None:
    content = "".join(pieces).encode("utf-8", "surrogateescape")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "_BLOCK", block)
        read = [line for lines in check._address_lines(BytesIO(content)) for line in lines]
    assert read == one_by_one(content, most=4096)


def test_a_line_is_cut_where_no_address_is_that_long() -> None:
    content = b"x" * 10_000 + b"\na@b.example\n" + b"y" * 5_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "_BLOCK", 700)
        read = [line for lines in check._address_lines(BytesIO(content)) for line in lines]
    assert read == ["x" * 4096, "a@b.example", "y" * 4096]


@given(st.lists(st.tuples(st.text(max_size=8), st.sampled_from([None, None, *Reason])), max_size=6))
@example([('"\\\n\u2028é', None), ("a@b.example", Reason.QUARANTINED)])
def test_answers_are_json_lines(answers: list[tuple[str, Reason | None]]) -> None:
    text = check._answers([address for address, _ in answers], [reason for _, reason in answers])
    expected = [{"address": a, "allowed": r is None, "reason": None if r is None else str(r)} for a, r in answers]
    assert [json.loads(line) for line in text.split("\n")[:-1]] == expected
