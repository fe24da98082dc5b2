"""The words of challenge-response filters, which stand in mails of their own and in reports."""

from rebond.core.read import answer_signs
from rebond.core.read.letter import Letter
from rebond.core.read.phrases import plain

MAX_LOOK = 8000


def asks_to_confirm(letter: Letter) -> bool:
    """Tell whether a letter asks its reader to prove that a person sent the message."""
    lowered, subject = plain(letter.notice[:MAX_LOOK]), plain(letter.subject)
    return answer_signs.CHALLENGES.any_in(lowered) or answer_signs.CHALLENGE_SUBJECTS.any_in(subject)
