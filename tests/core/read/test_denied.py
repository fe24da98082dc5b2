"""A denied delivery is seen in words that no list of sentences holds, and in no other."""

import pytest

from rebond.core.read.denied import denials, returns


@pytest.mark.parametrize(
    "words",
    [
        "le message que vous avez envoyé n'a pas pu lui être remis",
        "vaši zprávu se nepodařilo doručit příjemci",
        "your letter has, we are sorry to say, not been delivered",
        "ihre e-mail ist leider nicht bei der empfängerin angekommen",
        "el correo no se puede entregar a este cliente",
        "邮件未能成功投递",
        "このメールは相手に届けることができなかったため戻されました",
    ],
)
def test_a_denied_delivery_is_seen(words: str) -> None:
    assert any(denials(words))


@pytest.mark.parametrize(
    "words",
    [
        "your parcel was delivered at noon",
        "we do not know. the letter was delivered",
        "not here\n\ndelivered there",
        "delivered, delivered, delivered, delivered, delivered, delivered",
        "i am away until monday",
    ],
)
def test_other_sentences_deny_no_delivery(words: str) -> None:
    assert not any(denials(words))


@pytest.mark.parametrize(
    "words",
    [
        "il messaggio inviato a ann@oak.example è stato respinto",
        "ihre nachricht wurde abgewiesen",
        "su correo ha sido devuelto",
        "your mail has been turned back at our door",
    ],
)
def test_a_mail_that_was_sent_back_is_seen(words: str) -> None:
    assert any(returns(words))


@pytest.mark.parametrize("words", ["the parcel was returned", "your mail is here. the parcel was returned", "hello"])
def test_other_things_are_not_mail_that_was_sent_back(words: str) -> None:
    assert not any(returns(words))
