"""What a notice tells of which recipient: copied diagnostics, words that close it, labels before an address."""

from rebond.core.read import read_mail
from rebond.core.read.about import about_recipients


def _never(note: str) -> None:
    raise AssertionError(note)


def test_words_that_close_a_notice_are_not_about_its_last_recipient() -> None:
    notice = "The host was not reachable in time.\n\n  <ann@oak.example>\n  <ben@oak.example>\n\nPlease reply to us.\n"
    names = [("ann@oak.example", "ann@oak.example"), ("ben@oak.example", "ben@oak.example")]
    assert all("The host was not reachable" in words for words in about_recipients(notice, names, note=_never))


def test_words_right_below_the_last_recipient_are_its_own() -> None:
    notice = "Sorry.\n\n<ann@oak.example>\n<ben@oak.example>\n   mailbox is full\n\nBye.\n"
    names = [("ann@oak.example", "ann@oak.example"), ("ben@oak.example", "ben@oak.example")]
    assert about_recipients(notice, names, note=_never)[1].startswith("<ben@oak.example> mailbox is full")


def test_a_status_line_in_words_speaks() -> None:
    notice = "Recipient: ann@oak.example\nStatus: There is nobody of that name here.\nStatus: 5.0.0\n"
    words = about_recipients(notice, [("ann@oak.example", "ann@oak.example")], note=_never)[0]
    assert "nobody of that name" in words
    assert "5.0.0" not in words


def _recipients(subject: str, body: str) -> list[str]:
    head = f"Return-Path: <>\nFrom: MAILER-DAEMON@elm.example\nTo: us@shop.example\nSubject: {subject}\n\n"
    return [facts.recipient for facts in read_mail((head + body).encode()).facts]


def test_enumerated_addresses_all_failed_and_others_in_the_sentence_did_not() -> None:
    body = "Your message could not be delivered to: a@oak.example, b@oak.example and c@oak.example\n"
    assert _recipients("Mail delivery failed", body) == ["a@oak.example", "b@oak.example", "c@oak.example"]
    body = "Your message could not be delivered to a@oak.example since mail for help@oak.example goes elsewhere\n"
    assert _recipients("Mail delivery failed", body) == ["a@oak.example"]


def test_whom_a_transcript_shows_accepted_did_not_fail() -> None:
    body = "Delivery failed\n>>> RCPT TO:<a@oak.example>\n<<< 250 ok\n>>> RCPT TO:<b@oak.example>\n<<< 550 no\n"
    assert _recipients("Mail delivery failed", body) == ["b@oak.example"]


def test_who_will_not_go_on_trying_has_given_up() -> None:
    body = "This tells of your message:\n\n  <a@oak.example>  delivery failed; will not continue trying\n"
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@elm.example\nTo: us@shop.example\nSubject: Delivery report\n\n"
    assert read_mail((head + body).encode()).kind == "bounce"


def test_a_report_may_begin_with_blank_lines() -> None:
    head = "   \n\nReturn-Path: <>\nFrom: MAILER-DAEMON@elm.example\nSubject: Mail delivery failed\n\n"
    reading = read_mail((head + "Your message could not be delivered to a@oak.example\n").encode())
    assert [facts.recipient for facts in reading.facts] == ["a@oak.example"]


def test_the_address_that_was_written_to_speaks_where_another_stands_above_it() -> None:
    body = "Your message cannot be delivered to these recipients:\n\n  Recipient address: a@store-daemon\n"
    assert _recipients("Delivery failed", body + "  Original address: a@oak.example\n  Reason: over quota\n") == [
        "a@oak.example"
    ]


def test_an_unnamed_systems_notice_is_told_by_what_it_returns() -> None:
    head = (
        "From: no-reply@elm.example\nTo: us@shop.example\nSubject: Mail\nContent-Type: multipart/mixed; boundary=b\n\n"
    )
    notice = "--b\n\nYour mail could not be delivered to: <a@oak.example>\nas the mailbox is full.\n"
    returned = (
        "--b\nContent-Type: message/rfc822\n\nFrom: us@shop.example\nTo: a@oak.example\nSubject: Hi\n\nHi\n--b--\n"
    )
    assert read_mail((head + notice + returned).encode()).kind == "bounce"
    assert read_mail((head + "--b\n\nHave a look, b@oak.example\n" + returned).encode()).kind == "other"
