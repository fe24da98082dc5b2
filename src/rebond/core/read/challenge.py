"""The words of challenge-response filters, which stand in mails of their own and in reports."""

from rebond.core.read import signs
from rebond.core.read.letter import Letter

MAX_LOOK = 8000


def asks_to_confirm(letter: Letter) -> bool:
    """Tell whether a letter asks its reader to prove that a person sent the message."""
    lowered, subject = letter.notice[:MAX_LOOK].lower(), letter.subject.lower()
    return signs.CHALLENGES.any_in(lowered) or signs.CHALLENGE_SUBJECTS.any_in(subject)
