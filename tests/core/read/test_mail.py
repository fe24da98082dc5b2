"""Splitting mail, decoding text, finding addresses."""

import base64

import pytest

from rebond.core.read.decode import Guesses, decode_text, decode_words, html_to_text, transfer_decode
from rebond.core.read.find_address import addresses_in, field_address, first_address, tidy_address
from rebond.core.read.headers import MAX_VALUE, Headers, _kept_type, content_type_of, parse_headers
from rebond.core.read.letter import Letter, open_letter
from rebond.core.read.mail import open_mail, split_mail


def _opened(mail: bytes) -> Letter:
    return open_letter(*open_mail(mail))


def _bodies(mail: bytes) -> list[tuple[str, bytes]]:
    return [(part.content_type, part.body) for part in split_mail(mail).parts]


def test_headers_are_unfolded_and_kept_in_order() -> None:
    mail = split_mail(b"Received: one\nSubject: a\n b\n\tc\nreceived: two\n\nbody\n")
    assert mail.headers.all("received") == ["one", "two"]
    assert mail.headers.first("subject") == "a b c"
    assert "subject" in mail.headers
    assert "cc" not in mail.headers
    assert mail.headers.first("cc") == ""
    assert mail.headers.all("cc") == []
    assert list(mail.headers.names()) == ["received", "subject"]


@pytest.mark.parametrize(
    ("mail", "subject", "body"),
    [
        (b"From x@y.example Mon Mar  2 09:00:00 2026\nSubject: a\n\nb", "a", b"b"),
        (b">From x@y.example Mon\nSubject: a\n\nb", "a", b"b"),
        (b"\n\nSubject: a\n\nb", "a", b"b"),
        (b"Subject: a\r\n\r\nb\r\n", "a", b"b\n"),
        (b"Subject: a\rTo: c\r\rb", "a", b"b"),
        (b"To: c\nno header at all\nSubject: a\n\nb", "a", b"b"),
        (b"Subject: a\nHello,\nit is me\n\nb", "a", b"Hello,\nit is me\n\nb"),
        (b"Subject: \xe9t\xe9\nHello,\nit is me", "été", b"Hello,\nit is me"),
        (b"Subject: a", "a", b""),
        (b"Subject: a\n", "a", b""),
        (b"Hello\n", "", b"Hello\n"),
        (b"", "", b""),
    ],
)
def test_the_head_ends_where_the_body_begins(mail: bytes, subject: str, body: bytes) -> None:
    split = split_mail(mail)
    assert split.headers.first("subject") == subject
    assert [part.body for part in split.parts] == [body]


def test_values_are_bounded() -> None:
    headers, _ = parse_headers("Subject: " + "x" * (MAX_VALUE + 9))
    assert len(headers.first("subject")) == MAX_VALUE


def test_values_of_several_names_come_in_their_order() -> None:
    headers = Headers(["X", "x"], ["a", "b"])
    headers.add("Y", "d")
    assert headers.of(("y", "z", "x"), limit=1) == ["d", "a"]
    assert headers.of(("z",), limit=1) == []


def test_names_are_asked_for_together() -> None:
    headers = Headers(["A", "a", "B"], ["one\n two", "three", "four"])
    assert [headers.any_of(("b", "c")), headers.any_of(("c",))] == [True, False]
    assert [headers.repeats(("c", "a")), headers.repeats(("b",))] == [True, False]
    assert headers.holding("a", words="t", limit=9) == ["one two", "three"]
    assert headers.holding("a", words="t", limit=1) == ["one two"]
    assert headers.holding("c", words="t", limit=1) == []


def test_blocks_are_put_together() -> None:
    headers = Headers(["A"], ["one"])
    headers.merge(Headers(["b", "a"], ["two", "three"]))
    assert (headers.all("a"), headers.first("b"), list(headers.names())) == (["one", "three"], "two", ["a", "b"])


def test_putting_blocks_together_looks_at_the_new_one_alone() -> None:
    headers = Headers(["A"], ["one"])
    held = headers._first
    for number in range(100):
        headers.merge(Headers([f"x{number}"], ["two"]))
    assert headers._first is held  # copied for each block, it would be read in full for each
    assert len(held) == 101


def test_no_long_content_type_is_kept() -> None:
    kept = _kept_type.cache_info().currsize
    long = Headers(["Content-Type"], ["Text/Plain; name=" + "x" * 1_000])
    assert content_type_of(long) == ("text/plain", {"name": "x" * 1_000})
    assert _kept_type.cache_info().currsize == kept


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Type: a/b", b"one"),
        ("Content-Type: a/b; x=é", b"one"),
        ("Content-Type: a/b\nno header", b"no header\n\none"),
        ("X: " + "y" * 300 + "\nContent-Type: a/b", b"one"),
    ],
)
def test_the_head_of_a_part_is_read_alike_each_time(head: str, body: bytes) -> None:
    mail = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n{head}\n\none\n--b--\n".encode()
    assert _bodies(mail) == _bodies(mail) == [("a/b", body)]


def test_parts_are_cut_at_their_boundary() -> None:
    head = b'Content-Type: multipart/mixed; boundary="b"\n\npreamble\n'
    mail = head + b"--b\n\none\n--b x\n--b  \nContent-Type: A/B\n\ntwo\n--b--\n--b\n\nno"
    assert _bodies(mail) == [("text/plain", b"one\n--b x"), ("a/b", b"two")]


def test_a_missing_last_boundary_is_noted() -> None:
    mail = split_mail(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n")
    assert [part.body for part in mail.parts] == [b"one\n"]
    assert mail.notes == ["broken: the last boundary is missing"]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("", ["Notice", "Status: 5.1.1"]),
        ("text/plain", ["Notice", "Status: 5.1.1"]),
        ("multipart/report; boundary=other", ["Status: 5.1.1"]),
        ("multipart/report", ["Status: 5.1.1"]),
        ("multipart/report boundary=other", ["Status: 5.1.1"]),
    ],
)
def test_an_undeclared_boundary_is_seen_in_the_lines(content_type: str, expected: list[str]) -> None:
    head = f"Content-Type: {content_type}\n" if content_type else "X: y\n"
    mail = f"{head}\nNotice\n--z\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--z--\n"
    assert [part.text().strip() for part in split_mail(mail.encode()).parts] == expected


@pytest.mark.parametrize(
    "body", [b"just text", b"a message/rfc822 in words", b"Content-Type: message/rfc822\nno boundary"]
)
def test_text_without_parts_stays_one(body: bytes) -> None:
    assert _bodies(b"X: y\n\n" + body) == [("text/plain", body)]


def test_a_digest_holds_messages() -> None:
    mail = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n--b--"
    assert _bodies(mail) == [("message/rfc822", b"Subject: x")]


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", b"SGVsbG8=", b"Hello"),
        ("base64", b"SGVs\nbG8", b"Hello"),
        ("base64", b"SGVsbG8=\nSG", b"Hello\x21\xa0"[:5]),
        ("base64", b"Final-Recipient: a@b", b"Final-Recipient: a@b"),
        ("base64", b"SGVsb", b"Hel"),
        ("quoted-printable", b"a=3Db=\nc", b"a=bc"),
        ("7bit", b"a=3D", b"a=3D"),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, body: bytes, expected: bytes) -> None:
    assert transfer_decode(body, encoding=encoding).startswith(expected)


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (b"plain", "", "plain"),
        (b"p\0l", "", "pl"),
        ("été".encode(), "", "été"),
        ("été".encode("latin-1"), "iso-8859-1", "été"),
        ("été".encode(), "us-ascii", "été"),
        ("привет".encode("koi8-r"), '"koi8-r"', "привет"),
        ("日本語".encode("iso-2022-jp"), "", "日本語"),
        ("日本語".encode("iso-2022-jp"), "us-ascii", "日本語"),
        (b"\x1b$B\xff\xfe", "", None),
        (b"\xe9t\xe9 \xff", "gb2312", None),
        (b"\xe9", "idna", None),
        (b"\xe9", "zip", None),
        (b"\xe9", "no-such-charset", None),
        (b"\xe9", "\0", None),
    ],
)
def test_texts_are_decoded_whatever_their_charset(body: bytes, charset: str, text: str | None) -> None:
    decoded = decode_text(body, charset=charset)
    assert decoded == text if text is not None else decoded


def test_an_undeclared_charset_is_detected() -> None:
    words = "Почтовый ящик получателя переполнен, сообщение не может быть доставлено. " * 3
    assert "ящик" in decode_text(words.encode("cp1251"))


def test_text_in_utf8_may_be_cut_within_a_letter() -> None:
    words = "недоставлено".encode()
    assert decode_text(words[1:], charset="utf-8") == "\ufffdедоставлено"
    assert decode_text(words[:-1], charset="utf-8") == "недоставлен\ufffd"


def test_a_letter_among_many_is_not_guessed_at() -> None:
    guesses = Guesses()
    assert decode_text(b"x" * 100 + b"Informaci\xf3n", guesses=guesses).endswith("Información")
    assert guesses.left == Guesses().left


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?B?w6l0w6k=?=", "été"),
        ("=?iso-8859-1?q?=E9t=E9_x?= y", "été x y"),
        ("=?utf-8*fr?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?x?z?a?=", "=?x?z?a?="),
    ],
)
def test_encoded_words_are_decoded(value: str, text: str) -> None:
    assert decode_words(value) == text


def test_html_gives_its_visible_lines() -> None:
    markup = (
        "<html><head><STYLE>p{}</STYLE></head><body><p>One&nbsp;two<br>a&lt;b</p><!-- no -->"
        "<script>x</script><b>c</b> <user@a.example> <?php ?><style>unclosed"
    )
    lines = [line.strip() for line in html_to_text(markup).split("\n") if line.strip()]
    assert lines == ["One two", "a<b", "c <user@a.example>"]


def test_html_is_not_cut_where_lower_case_is_longer() -> None:
    assert "İ" in html_to_text("İ<style>x</style>")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("none", []),
        ("<a@b.example>, A@B.example; c@d.example.", ["a@b.example", "c@d.example"]),
        ("mailto:a@b.example?x", ["a@b.example"]),
        ('"quoted name"@b.example', ['"quoted name"@b.example']),
        ("to=<a@[192.0.2.1]>", ["a@[192.0.2.1]"]),
        ("'a@b.example'", ["a@b.example"]),
        ("@b.example a@ x", []),
        ("'@b.example", []),
        ("=?utf-8?b?8J+QiA==?=@b.example", ["=?utf-8?b?8J+QiA==?=@b.example"]),
    ],
)
def test_addresses_are_found_in_text(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found
    assert first_address(text) == (found[0] if found else "")


def test_the_number_of_addresses_is_bounded() -> None:
    assert len(addresses_in("".join(f"u{each}@b.example " for each in range(9)), limit=5)) == 5


def test_an_address_is_tidied() -> None:
    assert tidy_address(" <a@b.example>. ") == "a@b.example"
    assert tidy_address("no address") == ""


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; <a@b.example>", "a@b.example"),
        ("RFC822;a@b.example (Ann)", "a@b.example"),
        ("rfc822;rfc822;a@b.example", "a@b.example"),
        ("a@b.example", "a@b.example"),
        ("LOCAL; ann", "ann"),
        ("rfc822; |/usr/bin/procmail", ""),
        ("rfc822; two words", ""),
        ("utf-8; \\x{E9}ric@b.example", "éric@b.example"),
        ("utf-8; \\x{D800}a\\x{FFFFFF}@b.example", "\ufffda\ufffd@b.example"),
        ("", ""),
    ],
)
def test_typed_address_fields_are_read(value: str, address: str) -> None:
    assert field_address(value) == address


def _alternative(plain: str, markup: str) -> bytes:
    return (
        "Content-Type: multipart/alternative; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{markup}\n--b--\n"
    ).encode()


def test_of_alternatives_the_plain_one_is_read_unless_empty() -> None:
    assert _opened(_alternative("plain", "<p>marked</p>")).notice.strip() == "plain"
    assert _opened(_alternative(" ", "<p>marked</p>")).notice.strip() == "marked"


def test_what_stands_beside_alternatives_is_read_too() -> None:
    inner = _alternative("plain", "<p>marked</p>").decode()
    mail = f"Content-Type: multipart/mixed; boundary=m\n\n--m\n{inner}\n--m\n\nbeside\n--m--\n"
    assert _opened(mail.encode()).notice.split() == ["plain", "beside"]


def test_text_behind_the_returned_message_is_read_when_none_stands_before() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\n"
    mail = head + b"--b\n\nlate\n--b--"
    assert _opened(mail).notice.strip() == "late"


def test_parts_that_are_no_text_are_passed_over() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx\n"
    assert _opened(head + b"--b\n\ntext\n--b--").notice == "text"


def test_line_ends_within_an_encoded_text_are_evened() -> None:
    assert _opened(b"Content-Transfer-Encoding: base64\n\nYQ0KYg1j").notice == "a\nb\nc"


def test_a_detector_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("charset_normalizer.from_bytes", fail)
    assert decode_text(b"en \xe9t\xe9, rien") == "en été, rien"


def test_of_a_long_text_only_as_much_as_is_read_is_decoded() -> None:
    body = base64.encodebytes(b"a" * 2000)
    (part,) = split_mail(b"Content-Transfer-Encoding: base64\n\n" + body).parts
    assert (part.text(limit=100), part.cut) == ("a" * 100, True)
    assert (part.text(limit=2000), part.cut) == ("a" * 2000, False)
    assert part.decoded() == b"a" * 2000


def test_a_long_notice_is_cut() -> None:
    part = b"--b\n\n" + b"word " * 30_000 + b"\n"
    letter = _opened(b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 3)
    assert "cut: the notice is longer than 128 KiB" in letter.mail.notes


@pytest.mark.parametrize(
    ("notice", "kept", "subject"),
    [
        ("Gone.\n\nReceived: a\nSubject: s\n\nHello", "Gone.", "s"),
        ("Gone.\n\n--- Original message ---\n\nSubject: s\n\nHello", "Gone.", "s"),
        ("Gone.\nOriginal message follows.\n\nTo: a@b.example\n\nHello", "Gone.", ""),
        ("Gone.\n--- Original message\n\n\n\n\n\n\nReceived: a\nSubject: s\n\nHi", "Gone.\n--- Original message", "s"),
        ("Gone.\n> Received: a\n> Subject: s\n> \n> Hello", "Gone.", "s"),
        ("Gone.\n Received: a\n Subject: s\n\n Hello", "Gone.", "s"),
        ("Gone.\n--- Below this line is a copy of the message.\n\nHello", "Gone.", ""),
        (
            "Your message\n  To: a@b.example\n  Subject: s\ndid not arrive",
            "Your message\n  To: a@b.example\n  Subject: s\ndid not arrive",
            "",
        ),
        ("Subject: s\nReceived: a\n\nHello", "", "s"),
        ("Content-Type: a/b\nMIME-Version: 1.0\n\nHello", "Content-Type: a/b\nMIME-Version: 1.0\n\nHello", ""),
    ],
)
def test_a_notice_ends_where_the_returned_message_begins(notice: str, kept: str, subject: str) -> None:
    letter = _opened(b"X: y\n\n" + notice.encode())
    assert letter.notice.strip() == kept
    assert letter.original.first("subject") == subject
