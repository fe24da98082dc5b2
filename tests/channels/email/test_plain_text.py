"""The text made from HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.channels.email.plain_text import text_of


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("Hello", "Hello"),
        ("a  b\n c&nbsp;d", "a b c d"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two<br>three</div>", "one\n\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n\n- two"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<a href='https://x.example'>go</a>", "go (https://x.example)"),
        (
            '<A class="b" HREF="https://x.example/?a=1&amp;b=2">go <b>now</b></A>!',
            "go now (https://x.example/?a=1&b=2)!",
        ),
        ("<a href=https://x.example>go</a>", "go (https://x.example)"),
        ("<a href='https://x.example'>https://x.example</a>", "https://x.example"),
        ("<a href='mailto:a@x.example'>a@x.example</a>", "a@x.example"),
        ("<a href='#top'>up</a><a name=x>here</a>", "uphere"),
        ("<a href='javascript:x'>bad</a>", "bad"),
        (
            "<a href='https://a.example'>one<a href='https://b.example'>two",
            "one (https://a.example)two (https://b.example)",
        ),
        ("<img src=x alt='A &amp; B'><img src=y>", "A & B"),
        ("<head><title>t</title></head><style>p{}</style><script>if(a<b){}</script>x", "x"),
        ("<!-- <p>hidden</p> -->x<!--[if mso]>y<![endif]-->", "x"),
        ("<!doctype html><?xml?>x", "x"),
        ("3 < 4 &lt; 5 <3", "3 < 4 < 5 <3"),
        ('<p title="a > b">x</p>', "x"),
        ('<p title="a>b c>d">x', "x"),
        ('<p title="never closed>x', "x"),
        ("x<!-- never closed", "x"),
        ("x<style>never closed", "x"),
        ("x <unclosed", "x <unclosed"),
        ("x</>y</ >z", "xyz"),
        ("", ""),
    ],
)
def test_what_is_made_of_html(page: str, text: str) -> None:
    assert text_of(page) == text + "\n"


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<!--", "<a href='", '<a "', '<a ">', "<style>", "<p>", "<td>", "&", " \n", "<a href=x>y</a>"]
)
def test_broken_pages_take_linear_time(piece: str) -> None:
    text_of(piece * (300_000 // len(piece)))


@given(st.text(alphabet="<>/!-ab \"'=&;\npstyle", max_size=80))
def test_nothing_makes_it_raise_or_grow(page: str) -> None:
    assert len(text_of(page)) <= 2 * len(page) + 2
