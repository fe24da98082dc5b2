"""A pattern is held against texts while somebody writes it."""

import pytest

from rebond.services.try_pattern import try_pattern

TEXTS = ("550 the  Moon is\r\nwrong", "550 the sun is wrong")


def test_what_matched_is_marked_in_the_text_as_it_came() -> None:
    tried = try_pattern("(?i)moon is wrong", TEXTS, others=["the moon is wrong", "nothing"])
    first, second = tried.texts
    assert (first.before, first.matched, first.behind) == ("550 the  ", "Moon is\r\nwrong", "")
    assert (second.before, second.matched) == (TEXTS[1], "")
    assert (tried.matched, tried.others, tried.among, tried.problem, tried.wide) == (1, 1, 2, "", "")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?=moon)", "is refused"),
        ("moon{9999999}", "larger than"),
        ("mo\x00on", "signs that no text holds"),
        ("a*", ""),
    ],
)
def test_a_pattern_that_no_rule_can_have_is_refused_in_words(pattern: str, words: str) -> None:
    tried = try_pattern(pattern, TEXTS)
    assert tried.problem
    assert words in tried.problem
    assert [text.before for text in tried.texts] == list(TEXTS)


def test_a_wide_pattern_is_told_and_none_is_no_problem() -> None:
    assert "unknown user" in try_pattern("(?i)user|quota", TEXTS).wide
    assert try_pattern("  ", TEXTS).matched == 0
    assert try_pattern("moon", ["write to moon@shop.example"], reads_words=True).matched == 0
