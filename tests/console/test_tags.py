"""How numbers, shares, times and texts from outside are written."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from django.utils.translation import override

from rebond.console.tags import badge, broken, moment, number, percent, visible, word
from rebond.console.words import all_words
from rebond.core import failure, permissions, words
from rebond.core.words import AddressStatus, Reason

NOT_READ = {"Operation", "Origin", "Peer", "StateOrder"}


@pytest.mark.parametrize(
    ("value", "of", "english", "french"),
    [(72, 2000, "3.6 %", "3,6 %"), (0.2256, None, "22.6 %", "22,6 %"), (1, 3, "33.3 %", "33,3 %"), (3, 0, "–", "–")],
)
def test_shares_are_rounded_and_written_as_the_language_does(
    value: float, of: float | None, english: str, french: str
) -> None:
    with override("en"):
        assert percent(value, of) == english
    with override("fr"):
        assert percent(value, of) == french


def test_numbers_are_grouped() -> None:
    with override("en"):
        assert (number(1234567), number(2.96), number(None)) == ("1,234,567", "3.0", "–")


def test_words_come_in_the_language_of_the_reader() -> None:
    with override("fr"):
        assert word(Reason.MAILBOX_FULL) == "Boîte pleine"
        assert "En quarantaine" in badge(AddressStatus.QUARANTINED)
    with override("en"):
        assert word(Reason.MAILBOX_FULL) == "Mailbox full"
    assert word(None) == badge("plain") == moment(None) == ""


def test_what_is_invisible_in_a_text_is_made_visible() -> None:
    assert visible("a\u202eb\x00c") == "a\\x202eb\\x00c"


def test_a_time_has_the_exact_one_beside_it() -> None:
    with override("en"):
        assert 'datetime="2026-03-02T08:00:00+00:00"' in moment(datetime(2026, 3, 2, 8, tzinfo=UTC))


def test_a_time_outside_the_calendar_is_shown_as_it_is() -> None:
    with timezone.override("America/New_York"):
        assert moment(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00+00:00"


def test_every_value_of_the_vocabulary_has_its_words_in_both_languages() -> None:
    from enum import StrEnum

    lists = {
        name: value
        for module in (words, failure, permissions)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    }
    for name, values in lists.items():
        if name in NOT_READ:
            continue
        said = all_words()[name]
        for one in values:
            if one.value and (name, one.value) != ("WhyNot", ""):
                assert said[one.value]["en"], (name, one)
                assert said[one.value]["fr"], (name, one)


def test_an_address_breaks_after_its_at_alone() -> None:
    assert broken("ann@shop.example") == "ann@<wbr>shop.example"
    assert broken("<b>@x.example") == "&lt;b&gt;@<wbr>x.example"
    assert broken("P1") == "P1"
    assert broken("") == ""
