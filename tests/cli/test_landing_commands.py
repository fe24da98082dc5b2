"""`rebond landing`, through the real command line: a page as a file."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.commands import answer, rebond, rows, site

pytestmark = pytest.mark.either_database
PAGE = """
slug = "news"
languages = ["en", "fr"]
services = ["Newsletter"]
sender = "Shop <news@shop.example>"
active = true

[texts.fr]
title = "Des nouvelles"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("landing") / "data"
    with site(folder):
        settings = folder / "rebond.toml"
        text, line = settings.read_text(), '# public_url = ""'
        assert line in text
        settings.write_text(text.replace(line, 'public_url = "https://news.example"', 1))
        yield folder


def test_a_page_is_stored_shown_and_removed(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.toml"
    file.write_text(PAGE)
    assert b"no service named" in rebond(data, "landing", "save", file).stderr
    answer(data, "service", "create", "Newsletter")
    saved = answer(data, "landing", "save", file)
    assert saved["url"] == "https://news.example/join/news"
    shown = answer(data, "landing", "show", "news")
    assert shown["texts"]["fr"]["title"] == "Des nouvelles"
    # What is shown can be given back.
    again = tmp_path / "page.json"
    again.write_text(json.dumps({**shown, "name": "News"}))
    assert answer(data, "landing", "save", again)["id"] == saved["id"]
    (listed,) = rows(data, "landing", "list")
    assert (listed["name"], listed["requested"], listed["active"]) == ("News", 0, True)
    assert rows(data, "landing", "requests", "news") == []
    assert answer(data, "landing", "remove", "news")["removed"]
    assert rebond(data, "landing", "show", "news").returncode == 2


def test_a_file_that_is_no_page_is_told_in_words(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    for text, words in (("{", "page.json"), ("[]", "an object"), ('{"slug": "A"}', "slug")):
        file.write_text(text)
        wrong = rebond(data, "landing", "save", file)
        assert (wrong.returncode, words in wrong.stderr.decode()) == (2, True), wrong.stderr
