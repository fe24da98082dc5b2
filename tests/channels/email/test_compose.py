"""Messages as made, read back with the standard library."""

import email
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.channels.content import ContentError, ProductionError
from rebond.channels.email.compose import Addressed, Composer, EmailContent, EmailIdentity, parse_from
from rebond.core.ports import Outgoing
from rebond.core.tokens import Keyring, sign, sign_unsubscribe

IDENTITY: dict[str, Any] = {
    "from_header": "Shop <news@shop.example>",
    "bounce_domain": "bounce.shop.example",
    "public_url": "https://desk.shop.example/",
}
TOKEN = sign(12, keyring=Keyring({1: b"k" * 32}, 1), issued=datetime(2026, 3, 1, tzinfo=UTC).date())

UNSUBSCRIBE = "u" * 40


def compose(
    content: EmailContent | None = None,
    *,
    identity: dict[str, Any] | None = None,
    address: str = "zoe@example.com",
    fields: dict[str, object] | None = None,
    **own: Any,
) -> Outgoing:
    addressed: dict[str, Any] = {
        "message": 12,
        "address": address,
        "fields": fields or {"first_name": "Zoé"},
        "message_id": f"{TOKEN}@bounce.shop.example",
        "token": TOKEN,
        "unsubscribe_token": UNSUBSCRIBE,
        "date": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    }
    composer = Composer(
        content or EmailContent(subject="Hi", text="Hello"), EmailIdentity(**(IDENTITY | (identity or {})))
    )
    return composer.compose(Addressed(**(addressed | own)))


def read(made: Outgoing) -> EmailMessage:
    """Parse what was made, after looking at its lines."""
    lines = made.content.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= 998
        assert b"\r" not in line
        assert b"\n" not in line
    message = cast(EmailMessage, email.message_from_bytes(made.content, policy=SMTP))
    for part in message.walk():
        assert not part.defects
        if not part.is_multipart():
            assert part["Content-Transfer-Encoding"] in {"7bit", "quoted-printable"}
    return message


def said(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    assert part is not None
    return str(part.get_content())


def test_every_header_is_there() -> None:
    made = compose(
        EmailContent(subject="Hello {{ first_name }}", text="A {{ first_name }}", html="<p>{{ first_name }}</p>")
    )
    message = read(made)
    assert {name: str(value) for name, value in message.items()} == {
        "Date": "Sun, 01 Mar 2026 09:30:00 +0000",
        "From": "Shop <news@shop.example>",
        "To": "zoe@example.com",
        "Subject": "Hello Zoé",
        "Message-ID": f"<{TOKEN}@bounce.shop.example>",
        "X-Rebond-Token": TOKEN,
        "List-Unsubscribe": f"<https://desk.shop.example/u/{UNSUBSCRIBE}>, "
        f"<mailto:unsubscribe+{UNSUBSCRIBE}@bounce.shop.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "shop.example:rebond",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="=_{TOKEN}"',
    }
    assert said(message, "plain") == "A Zoé\r\n"
    assert said(message, "html") == "<p>Zoé</p>\r\n"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert (made.message, made.sender, made.recipient, made.envelope_id) == (
        12,
        f"b+{TOKEN}@bounce.shop.example",
        "zoe@example.com",
        TOKEN,
    )


def test_the_same_message_is_made_of_the_same_bytes() -> None:
    content = EmailContent(subject="é", html="<p>é {{ first_name }}</p>")
    assert compose(content) == compose(content)


@pytest.mark.parametrize(
    ("url", "link", "header", "one_click"),
    [
        ("", "mailto:unsubscribe+{}@bounce.shop.example", "<{}>", False),
        (
            "https://desk.example",
            "https://desk.example/u/{}",
            "<{}>, <mailto:unsubscribe+{}@bounce.shop.example>",
            True,
        ),
        (
            "http://127.0.0.1:8000/",
            "http://127.0.0.1:8000/u/{}",
            "<{}>, <mailto:unsubscribe+{}@bounce.shop.example>",
            False,
        ),
    ],
)
def test_how_people_unsubscribe(url: str, link: str, header: str, one_click: bool) -> None:
    content = EmailContent(subject="x", text="{{ unsubscribe_url }}")
    message = read(compose(content, identity={"public_url": url}, fields={"unsubscribe_url": "http://evil.example"}))
    assert said(message, "plain").strip() == link.format(UNSUBSCRIBE)
    assert str(message["List-Unsubscribe"]) == header.format(link.format(UNSUBSCRIBE), UNSUBSCRIBE)
    assert ("List-Unsubscribe-Post" in message) is one_click


SUBJECTS = [
    "Hello",
    "",
    "été à la plage",
    "é" * 300,
    "word " * 60 + "end",
    "x" * 400,
    "two  spaces",
    " leading",
    "trailing ",
    "=?utf-8?q?not_encoded?=",
    "5 > 4 and a=?b",
    "🎉" * 100,
    "日本語の件名" * 30,
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subjects_come_back(subject: str) -> None:
    made = compose(EmailContent(subject="{{ s }}", text="x"), fields={"s": subject})
    message = read(made)
    assert str(message["Subject"]) == subject
    head = made.content.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if not line.startswith((b"List", b" <mailto")))


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200))
def test_any_subject_comes_back(subject: str) -> None:
    message = read(compose(EmailContent(subject="{{ s }}", text="x"), fields={"s": subject}))
    assert str(message["Subject"]) == subject


BODIES = [
    "plain",
    "",
    ".\n..\n.dot at the start\n",
    "ends without a line end",
    "a\r\nb\rc\nd",
    "long " * 1000,
    "x" * 998,
    "x" * 999,
    "é" * 2000,
    "trailing space \nand tab\t\n",
    f"--=_{TOKEN}\nthe boundary\n--=_{TOKEN}--",
    "=_=_=C3=A9 = =\n",
    "nul \x00 and bell \x07",
    "From here\n",
    "\n\n\n",
    "\ufeff🎉\u2028x\x85y",
]


def folded(text: str) -> str:
    """A text as it is sent: every line end CRLF, one at the end."""
    lines = re.sub(r"\r\n|\r|\n", "\r\n", text)
    return lines if lines.endswith("\r\n") else lines + "\r\n"


@pytest.mark.parametrize("body", BODIES)
def test_bodies_come_back(body: str) -> None:
    content = EmailContent(subject="x", text="{{ b }}", html="{{ b|safe }}-")
    message = read(compose(content, fields={"b": body}))
    plain, page = message.iter_parts()
    assert decoded(plain) == folded(body)
    assert decoded(page) == folded(body + "-")
    for part in (plain, page):
        if part["Content-Transfer-Encoding"] == "quoted-printable":
            assert all(len(line) <= 76 for line in str(part.get_payload()).split("\r\n"))


@given(st.text(max_size=300))
def test_any_body_comes_back(body: str) -> None:
    try:
        made = compose(EmailContent(subject="x", text="{{ b }}"), fields={"b": body})
    except ProductionError as error:
        assert "surrogate" in str(error)  # noqa: PT017 # hypothesis makes none, but may learn to
        return
    assert decoded(read(made)) == folded(body)


def decoded(part: Any) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_ascii_goes_as_it_is_and_the_rest_quoted() -> None:
    assert read(compose(EmailContent(subject="x", text="plain words")))["Content-Transfer-Encoding"] == "7bit"
    assert read(compose(EmailContent(subject="x", text="déjà")))["Content-Transfer-Encoding"] == "quoted-printable"


def test_html_alone_gets_a_text_made_from_it() -> None:
    page = "<h1>Hello {{ first_name }}</h1><p>See <a href='https://shop.example/a?b=1&amp;c=2'>the shop</a>.</p>"
    message = read(compose(EmailContent(subject="x", html=page)))
    assert said(message, "plain") == "Hello Zoé\r\n\r\nSee the shop (https://shop.example/a?b=1&c=2).\r\n"


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ("news@shop.example", "", "news@shop.example"),
        ("<news@shop.example>", "", "news@shop.example"),
        ("Shop <news@shop.example>", "Shop", "news@shop.example"),
        ('"Shop, Inc. \\"x\\"" <news@shop.example>', 'Shop, Inc. "x"', "news@shop.example"),
        ('"a <b> c" <news@shop.example>', "a <b> c", "news@shop.example"),
        ("Shop, Inc. <news@shop.example>", "Shop, Inc.", "news@shop.example"),
        ("L'Été <news@shop.example>", "L'Été", "news@shop.example"),
        ("A very long name that goes on and on until no line holds it <news@shop.example>", None, "news@shop.example"),
        ("=?x?= <news@shop.example>", "=?x?=", "news@shop.example"),
        ("Été <news@été.example>", "Été", "news@xn--t-9fab.example"),
    ],
)
def test_the_sender_is_read_and_written(header: str, name: str | None, address: str) -> None:
    mailbox = parse_from(header)
    assert mailbox.address == address
    expected = mailbox.name if name is None else name
    assert mailbox.name == expected
    read_back = read(compose(identity={"from_header": header}))["From"].addresses
    assert read_back == (Address(expected, addr_spec=address),)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Shop",
        "Shop news@shop.example",
        "Shop <news@shop.example",
        "Shop <news>",
        "a@b.example, c@d.example",
        "Shop <a@b.example>, Other <c@d.example>",
        "Shop <a@b.example> trailing",
        "x" * 300 + " <a@b.example>",
        "Shop <a@b.example>\r\nBcc: victim@example.com",
        "Shop\r\nBcc: v@example.com <a@b.example>",
        "Shop\x00 <a@b.example>",
    ],
)
def test_a_malformed_sender_is_refused_in_words(header: str) -> None:
    with pytest.raises(ContentError, match="sender"):
        parse_from(header)


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x7f"])
def test_nothing_breaks_out_of_a_header(bad: str) -> None:
    attack = f"x{bad}Bcc: victim@example.com"
    with pytest.raises(ProductionError, match="subject: it holds a line break"):
        compose(EmailContent(subject="Hi {{ s }}", text="x"), fields={"s": attack})
    with pytest.raises(ProductionError, match="not an address"):
        compose(address=f"zoe@example.com{bad}Bcc: victim@example.com")
    with pytest.raises(ProductionError, match="token"):
        compose(token=attack)
    with pytest.raises(ProductionError, match="token"):
        compose(unsubscribe_token=attack)
    with pytest.raises(ProductionError, match="Message-ID"):
        compose(message_id=f"a{bad}b@c.example")
    for name in ("from_header", "bounce_domain", "return_prefix", "public_url", "feedback_id"):
        with pytest.raises(ContentError):
            compose(identity={name: IDENTITY.get(name, "b") + attack})


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("zoe@example.com", "zoe@example.com"),
        (" Zoe@Example.COM ", "Zoe@Example.COM"),
        ("zoe@été.example", "zoe@xn--t-9fab.example"),
        ("zoé@example.com", "zoé@example.com"),
        ("zoé@été.example", "zoé@xn--t-9fab.example"),
        ('"a b"@example.com', '"a b"@example.com'),
        ("o'neil+x@sub.example.com", "o'neil+x@sub.example.com"),
    ],
)
def test_international_addresses(address: str, recipient: str) -> None:
    made = compose(address=address)
    assert made.recipient == recipient
    assert f"\r\nTo: {recipient}\r\n".encode() in made.content


@pytest.mark.parametrize(
    "address", ["", "zoe", "zoe@", "zoe@localhost", "a@b.example, c@d.example", "<zoe@example.com>"]
)
def test_what_is_no_address_is_a_production_error(address: str) -> None:
    with pytest.raises(ProductionError, match="not an address"):
        compose(address=address)


def test_undotted_domains_where_allowed() -> None:
    identity = {"allow_undotted": True, "from_header": "root@localhost", "bounce_domain": "localhost"}
    assert compose(identity=identity, address="zoe@localhost").recipient == "zoe@localhost"


def test_return_paths_fit_with_the_longest_token() -> None:
    keyring = Keyring({1: b"k" * 32}, 1)
    token = sign(2**63 - 1, keyring=keyring, issued=datetime(2026, 3, 1, tzinfo=UTC).date())
    unsubscribe = sign_unsubscribe(2**63 - 1, delivery=2**63 - 1, keyring=keyring)
    made = compose(identity={"return_prefix": "p" * 29}, token=token, unsubscribe_token=unsubscribe)
    assert len(made.sender.partition("@")[0]) == 64
    mailto = str(read(made)["List-Unsubscribe"]).split("mailto:")[1]
    assert len(mailto.partition("@")[0]) <= 64
    with pytest.raises(ContentError, match="return prefix"):
        compose(identity={"return_prefix": "p" * 30})


def test_a_missing_field_names_part_and_field() -> None:
    with pytest.raises(ProductionError, match="html, line 2: the profile has no 'card'"):
        compose(EmailContent(subject="x", html="a\n{{ card }}"))


@pytest.mark.parametrize("part", ["subject", "text"])
def test_a_lone_surrogate_is_a_production_error(part: str) -> None:
    content = EmailContent(subject="{{ s }}" if part == "subject" else "x", text="{{ s }}")
    with pytest.raises(ProductionError, match="surrogate"):
        compose(content, fields={"s": "\udce9"})


def test_content_that_cannot_be_compiled_or_is_too_long() -> None:
    with pytest.raises(ContentError, match="subject, line 1"):
        compose(EmailContent(subject="{{", text="x"))
    with pytest.raises(ProductionError, match=r"subject.*more than 900"):
        compose(EmailContent(subject="{{ s }}", text="x"), fields={"s": "x" * 901})
    assert said(read(compose(EmailContent(subject="x"))), "plain") == "\r\n"
