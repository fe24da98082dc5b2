"""What the code says, in the language of whoever reads the page."""

import re

from django.utils.translation import get_language

from rebond.texts import in_language

# How a command is told to go on all the same; a page has a box to tick.
_OPTION = re.compile(r", (?:or say|ou dites) --.*", re.DOTALL)


def spoken(text: object) -> str:
    """Say a sentence, or what an error says, in the reader's language."""
    return in_language(text, get_language() or "en")


def spoken_here(error: Exception) -> str:
    """Say what an error says without the option by which a command would go on."""
    return _OPTION.sub("", spoken(error))


def spoken_of_file(error: Exception, path: object) -> str:
    """Say what an error says of a file that was sent, without the place where it lies here."""
    return re.sub(rf"{re.escape(str(path))}\u202f?: ", "", spoken(error))
