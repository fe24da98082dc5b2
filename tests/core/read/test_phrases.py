"""Phrases are found by the beginnings of their words as they would be one by one."""

from hypothesis import given
from hypothesis import strategies as st

from rebond.core.read import answer_signs, delay_signs, signs
from rebond.core.read.phrases import Phrases, phrases

TABLES = [value for table in (signs, delay_signs, answer_signs) for value in vars(table).values()]
ALL = [table for table in TABLES if isinstance(table, Phrases)]


def test_every_phrase_is_found() -> None:
    assert len(ALL) > 20
    assert [words for table in ALL for words in table if not table.any_in(f"so {words}.")] == []


@given(st.lists(st.text("ab é", min_size=1).filter(str.strip), max_size=5), st.text("ab é"))
def test_phrases_are_found_as_one_by_one(table: list[str], text: str) -> None:
    assert phrases(table).any_in(text) == any(words in text for words in table)


class Counted(str):
    """A text that counts what is looked for in it."""

    looks = 0

    def __contains__(self, words: object) -> bool:
        type(self).looks += 1
        return super().__contains__(words)


def test_a_text_without_any_is_told_in_half_as_many_looks() -> None:
    text = Counted("the weather of next week")
    assert not delay_signs.DELAYS.any_in(text)
    assert 0 < Counted.looks < len(delay_signs.DELAYS.in_ascii) / 2
