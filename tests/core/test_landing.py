"""Landing pages as documents: read, written, and what is refused with which words."""

from typing import Any

import pytest

from rebond.core.landing import DEFAULT_TEXTS, LandingError, checked_text, read_page, written_page

DOCUMENT: dict[str, Any] = {
    "slug": "news",
    "languages": ["en", "fr"],
    "services": ["Newsletter"],
    "sender": "Shop <news@shop.example>",
}


def test_what_is_left_out_has_a_default_in_each_language() -> None:
    page = read_page(DOCUMENT)
    assert page.name == "news"
    assert dict(page.texts) == dict(DEFAULT_TEXTS)
    assert (page.active, page.theme.value, page.fields) == (False, "blue", ())


def test_a_page_is_written_as_it_is_read() -> None:
    fields = [{"name": "first_name", "required": True, "label": {"fr": "Prénom"}}, {"name": "city"}]
    texts = {"fr": {"title": "Bonjour", "text": "Deux\r\nlignes"}}
    page = read_page({**DOCUMENT, "fields": fields, "texts": texts, "theme": "green", "active": True})
    assert page.texts["fr"].text == "Deux\nlignes"
    assert page.fields[0].label == {"en": "First name", "fr": "Prénom"}
    assert read_page(written_page(page)) == page


def test_labels_of_a_language_that_the_page_lost_are_dropped() -> None:
    fields = [{"name": "city", "label": {"en": "City", "fr": "Ville"}}]
    page = read_page({**DOCUMENT, "languages": ["en"], "fields": fields, "texts": {"fr": {"title": "x"}}})
    assert page.fields[0].label == {"en": "City"}
    assert list(page.texts) == ["en"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": ""}, "slug"),
        ({"slug": "-news"}, "slug"),
        ({"slug": "a/b"}, "slug"),
        ({"slug": "a" * 65}, "slug"),
        ({"slug": 5}, "slug is not"),
        ({"sender": ""}, "sender is missing"),
        ({"sender": "a\nb"}, "sender holds"),
        ({"name": "a\0"}, "name holds"),
        ({"name": "x" * 201}, "more than 200"),
        ({"languages": []}, "languages"),
        ({"languages": ["de"]}, "languages"),
        ({"languages": ["en", "en"]}, "languages"),
        ({"services": []}, "services"),
        ({"services": [""]}, "services"),
        ({"services": [5]}, "services"),
        ({"services": ["x"] * 21}, "services"),
        ({"theme": "pink"}, "theme 'pink' is unknown"),
        ({"active": 1}, "active is not"),
        ({"colour": "red"}, "'colour' is unknown"),
        ({"fields": [{"name": "a"}] * 11}, "at most 10"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "the same name"),
        ({"fields": ["a"]}, "each is an object"),
        ({"fields": [{"name": "First name"}]}, "cannot be used"),
        ({"fields": [{"name": "email"}]}, "cannot be used"),
        ({"fields": [{"name": "a", "kind": "text"}]}, "'kind' is unknown"),
        ({"fields": [{"name": "a", "label": {"de": "A"}}]}, "'de' is unknown"),
        ({"fields": [{"name": "a", "required": "yes"}]}, "required is not"),
        ({"texts": {"de": {}}}, "known languages are en, fr"),
        ({"texts": {"en": "x"}}, "an object of texts"),
        ({"texts": {"en": {"head": "x"}}}, "'head' is unknown"),
        ({"texts": {"en": {"mail_text": "no link"}}}, "must hold the link: {{ confirm_url }}"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LandingError) as refused:
        read_page({**DOCUMENT, **changes})
    assert words in str(refused.value)


@pytest.mark.parametrize("document", [None, [], "x"])
def test_a_page_is_an_object(document: object) -> None:
    with pytest.raises(LandingError):
        read_page(document)


def test_texts_may_have_lines_where_lines_are_shown() -> None:
    assert checked_text(" a\r\nb ", "x", most=9, lines=True) == "a\nb"
    with pytest.raises(LandingError):
        checked_text("a\ud800", "x", most=9, lines=True)
