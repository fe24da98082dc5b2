"""Addresses: kept as received, compared by key (specification 04, "Comparing addresses")."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rebond.core.said import foreign, said
from rebond.core.words import Channel

# A longer one would not fit an index row of PostgreSQL.
MAX_TOKEN = 2000
_MAX_EMAIL = 320
_PUSH_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """An address as received, and its key: None when it is not a possible address on its channel."""

    channel: Channel
    text: str
    key: str | None
    problem: str = ""

    @property
    def domain(self) -> str:
        """The domain of an email address, lower-cased and IDNA-encoded; empty elsewhere."""
        return self.key.rpartition("@")[2] if self.key and self.channel is Channel.EMAIL else ""


def parse_address(text: str, *, channel: Channel, region: str = "", allow_undotted: bool = False) -> ParsedAddress:
    """Read an address and make its comparison key; never raises.

    `region` is the site's default region (ISO 3166, for national phone numbers); `allow_undotted`
    accepts email domains without a dot, as on a private network.
    """
    text = text.strip()
    if not text:
        return ParsedAddress(channel, text, None, "empty")
    if channel is Channel.EMAIL:
        key, problem = _email_key(text, allow_undotted=allow_undotted)
    elif channel is Channel.SMS:
        key, problem = _phone_key(text, region=region)
    else:
        key, problem = _push_key(text)
    return ParsedAddress(channel, text, key, problem)


# The common shape of an address, told without the library: that costs 40 µs a call, this 1 µs, and files hold millions.
_PLAIN = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9]{1,62}"
)


def plain_email_key(text: str) -> str | None:
    """Return the key of an email address of the common shape; None for every other text, good or bad."""
    return text.lower() if "--" not in text and _PLAIN.fullmatch(text) else None


# Lines of a narrower shape, in lower case: the engine runs over many in one call, in a third of the time. The counts
# keep them within the lengths above.
_PLAIN_LINES = re.compile(
    r"(?:[a-z0-9_+]{1,20}+(?:[.\-][a-z0-9_+]{1,20}+){0,2}+"
    r"@(?:[a-z0-9]{1,25}+(?:-[a-z0-9]{1,25}+)?+\.){1,3}+[a-z]{2,20}+\n)*+"
)


def plain_email_keys(texts: Sequence[str]) -> list[str | None]:
    """Return what `plain_email_key` says of each of these; fast for many."""
    lines = "\n".join(texts) + "\n"
    if lines.count("\n") != len(texts):  # one holds a line's end, or there is none
        return list(map(plain_email_key, texts))
    if not lines.isascii():  # lower case makes ASCII of some others, such as the sign of kelvin
        lines = "\n".join([text if text.isascii() else "?" for text in texts]) + "\n"
    lines = lines.lower()
    keys: list[str | None] = [*lines.split("\n")]
    keys.pop()
    row = place = 0
    while (end := _PLAIN_LINES.match(lines, place).end()) < len(lines):  # type: ignore[union-attr]
        row += lines.count("\n", place, end)
        keys[row] = plain_email_key(texts[row])
        row += 1
        place = lines.index("\n", end) + 1
    return keys


# What the libraries say of addresses that people gave.
EXPECTED = foreign(
    "An email address must have an @-sign.",
    "There must be something before the @-sign.",
    "There must be something after the @-sign.",
    "There can't be anything after the email address.",
    "The email address is too long before the @-sign {reason}.",
    "The email address is too long after the @-sign {reason}.",
    "The email address is too long {reason}.",
    "After the @-sign, periods cannot be separated by so many characters {reason}.",
    "Internationalized characters before the @-sign are not supported: {characters}.",
    "The email address contains invalid characters before the @-sign: {characters}.",
    "The email address contains invalid characters in quotes before the @-sign: {characters}.",
    "The email address contains unsafe characters: {characters}.",
    "The part after the @-sign contains invalid characters: {characters}.",
    "The part after the @-sign contains invalid characters in brackets: {characters}.",
    "The part after the @-sign is not valid IDNA ({error}).",
    "The part after the @-sign is invalid ({error}).",
    "The part after the @-sign is not valid. It should have a period.",
    "The part after the @-sign is not valid. It is not within a valid top-level domain.",
    "A bracketed IP address after the @-sign is not allowed here.",
    "A display name and angle brackets around the email address are not permitted here.",
    "An email address cannot end with a period.",
    "An email address cannot start with a period.",
    "An email address cannot have a period immediately before the @-sign.",
    "An email address cannot have a period immediately after the @-sign.",
    "An email address cannot have a hyphen immediately after the @-sign.",
    "An email address cannot end with a hyphen.",
    "An email address cannot have two periods in a row.",
    "An email address cannot have a period and a hyphen next to each other.",
    "({number}) The string supplied did not seem to be a phone number.",
    "({number}) The string supplied is too short to be a phone number.",
    "({number}) The string supplied is too long to be a phone number.",
    "({number}) The string supplied was too long to parse.",
    "({number}) Missing or invalid default region.",
    "({number}) Country calling code supplied was not recognised.",
    "({number}) Could not interpret numbers after plus-sign.",
)


def _email_key(text: str, *, allow_undotted: bool) -> tuple[str | None, str]:
    if key := plain_email_key(text):
        return key, ""
    if len(text) > _MAX_EMAIL:
        # The library looks at every character first, and a cell may hold a million of them.
        return None, said("The address is longer than any can be.")
    if "\ufffd" in text:  # what decoders put where they could not read; the library takes it for a letter
        return None, said("The address holds signs that could not be read: it came in another encoding than was said.")
    import email_validator  # slow to import, and plain addresses do not need it

    # Reserved names (.test, .local) are accepted: sites test with them (specification 04).
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        found = email_validator.validate_email(
            text,
            check_deliverability=False,
            globally_deliverable=not allow_undotted,
            allow_quoted_local=True,
            strict=True,
        )
    except (email_validator.EmailNotValidError, UnicodeError) as error:
        return None, str(error)
    return f"{_fold_case(found.local_part)}@{found.ascii_domain.lower()}", ""


def _fold_case(local_part: str) -> str:
    # Decomposed first and composed last (Unicode, canonical caseless matching): folding alone can leave two spellings.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", local_part).casefold())


def _phone_key(text: str, *, region: str) -> tuple[str | None, str]:
    import phonenumbers  # slow to import, and only this channel needs it

    number = "+" + text[2:] if text.startswith("00") else text
    try:
        parsed = phonenumbers.parse(number, region.upper() or None)
    except phonenumbers.NumberParseException as error:
        return None, str(error)
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        # "Possible locally" is no number in E.164: it lacks its area code.
        return None, said("The number has an impossible length for its country.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), ""


def _push_key(text: str) -> tuple[str | None, str]:
    if len(text) > MAX_TOKEN:
        return None, said("The token is longer than {max_token} characters.", max_token=MAX_TOKEN)
    if not _PUSH_TOKEN.fullmatch(text):
        return None, said("The token holds a space or a character that no push service uses.")
    return text, ""
