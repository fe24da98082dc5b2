"""What a notice tells of which recipient: copied diagnostics, words that close it, labels before an address."""

from rebond.core.read.about import about_recipients


def test_words_that_close_a_notice_are_not_about_its_last_recipient() -> None:
    notice = "The host was not reachable in time.\n\n  <ann@oak.example>\n  <ben@oak.example>\n\nPlease reply to us.\n"
    names = [("ann@oak.example", "ann@oak.example"), ("ben@oak.example", "ben@oak.example")]
    assert all("The host was not reachable" in words for words in about_recipients(notice, names))


def test_words_right_below_the_last_recipient_are_its_own() -> None:
    notice = "Sorry.\n\n<ann@oak.example>\n<ben@oak.example>\n   mailbox is full\n\nBye.\n"
    names = [("ann@oak.example", "ann@oak.example"), ("ben@oak.example", "ben@oak.example")]
    assert about_recipients(notice, names)[1].startswith("<ben@oak.example> mailbox is full")


def test_a_status_line_in_words_speaks() -> None:
    notice = "Recipient: ann@oak.example\nStatus: There is nobody of that name here.\nStatus: 5.0.0\n"
    words = about_recipients(notice, [("ann@oak.example", "ann@oak.example")])[0]
    assert "nobody of that name" in words
    assert "5.0.0" not in words
