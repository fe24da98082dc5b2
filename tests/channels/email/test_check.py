"""Checks of a content at preparation."""

import pytest

from rebond.channels.email.compose import EmailContent, EmailIdentity, Level, check_content

IDENTITY = EmailIdentity(from_header="Shop <news@shop.example>", bounce_domain="b.example")
LINK = "{{ unsubscribe_url }}"
BAD_URLS = "".join(f"<a href='{number}'>" for number in range(30))
RED = [("red", "empty_subject"), ("red", "template_syntax")]


def problems(
    content: EmailContent, *, identity: EmailIdentity = IDENTITY, require: bool = False
) -> list[tuple[str, str]]:
    return [
        (problem.level.value, problem.code)
        for problem in check_content(content, identity, require_unsubscribe_link=require)
    ]


def test_nothing_to_say() -> None:
    page = f'<a href="{LINK}">stop</a> <a href="https://x.example/?a={{{{ id }}}}">x</a> <a href="#top">up</a> {LINK}'
    page += '<a href="mailto:a@b.example">m</a><img src="cid:1"><img src="data:image/png;base64,AA==">'
    assert problems(EmailContent(subject="s", text=f"t {LINK} https://x.example/", html=page), require=True) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (EmailContent(subject=" ", text=LINK), [("red", "empty_subject")]),
        (EmailContent(subject="s"), [("red", "empty_content")]),
        (EmailContent(subject="s", text=" ", html="\n"), [("red", "empty_content")]),
        (EmailContent(subject="{{", text=LINK), [("red", "template_syntax")]),
        (EmailContent(subject="s", text=LINK, html="{% if %}"), [("red", "template_syntax")]),
        (EmailContent(subject="s", text="x"), [("yellow", "missing_unsubscribe_link")]),
        (EmailContent(subject="s", text=LINK, html="x"), [("yellow", "missing_unsubscribe_link")]),
        (EmailContent(subject="s", text=LINK + "x" * (1 << 20)), [("red", "template_syntax"), ("yellow", "large")]),
        (EmailContent(subject="s", text=LINK, html=LINK + "é" * (1 << 19)), [("yellow", "large")]),
        (EmailContent(subject="s", html=f"{LINK}<a href='/path'>x</a>"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", html=f"{LINK}<a href=''>x</a>"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", html=f"{LINK}<a href='http://'>x</a>"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", html=f"{LINK}<a href='http://a b/'>x</a>"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", html=f"{LINK}<a href='http://a:x/'>x</a>"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", html=f"{LINK}<a href='javascript:x'>x</a>"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", text=f"{LINK} http://[ x"), [("yellow", "bad_url")]),
        (EmailContent(subject="s", html=LINK + BAD_URLS), [("yellow", "bad_url")] * 10),
        (EmailContent(subject="", html="{{<a href='x'>"), [*RED, ("yellow", "bad_url")]),
    ],
)  # fmt: skip
def test_what_is_found(content: EmailContent, found: list[tuple[str, str]]) -> None:
    assert problems(content) == found


def test_a_missing_link_blocks_where_it_is_required() -> None:
    assert problems(EmailContent(subject="s", text="x"), require=True) == [("red", "missing_unsubscribe_link")]


def test_a_malformed_sender_blocks() -> None:
    identity = EmailIdentity(from_header="Shop news", bounce_domain="b.example")
    (problem,) = check_content(EmailContent(subject="s", text=LINK), identity, require_unsubscribe_link=True)
    assert (problem.level, problem.code) == (Level.RED, "malformed_sender")
    assert "'Shop news' is not of the form" in problem.text
