"""How large a pattern is once its counted repeats are written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.qualify.pattern_size import pattern_size


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 0),
        ("moon", 4),
        ("^moon$", 4),
        ("mo+n?", 3),
        ("moon|sun", 7),
        (".{0,400}x", 401),
        ("a{3}", 3),
        ("a{3,}", 3),
        ("a{0}", 1),
        ("a{0,0}b", 2),
        ("(?:.{0,400}x){8}", 8 * 402),
        ("(a|bc){3}", 9),
        ("((a{10}){10}){10}", 1000),
        ("[a-z]{5}", 5),
        (r"[]a\]]{5}[^]x]{2}[[:alpha:]]{2}", 9),
        (r"\x{41}{3}\x41{2}\p{Lu}{4}\d{5}\{5}", 3 + 2 + 4 + 5 + 3),
        ("a{000002}", 2),
        ("{3}", 0),
        ("a)b", 2),
        ("(a(b", 2),
        ("[a", 1),
        ("\\", 1),
        ("a{x}", 4),
    ],
)
def test_repeats_are_written_out(pattern: str, size: int) -> None:
    assert pattern_size(pattern) == size


def test_a_repeat_that_no_engine_takes_is_large() -> None:
    assert pattern_size("a{" + "9" * 5000 + "}") > 1_000_000
    assert pattern_size("(" * 5000 + "a" + "){2}" * 5000) > 1_000_000


@given(st.text(alphabet="a(){}[]\\,|*+?0129:^xp", max_size=60))
def test_it_never_raises(pattern: str) -> None:
    assert pattern_size(pattern) >= 0
