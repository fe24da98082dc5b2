"""What a delivery by email says, and in whose name."""

import re
from dataclasses import dataclass

from rebond.channels.content import ContentError
from rebond.core.said import said

# A local part has 64 characters (RFC 5321 4.5.3.1.1); a return-path token at its longest takes 34, and `+` one.
_LONGEST_PREFIX = 64 - 34 - 1
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,200}}\Z){_LABEL}(?:\.{_LABEL})*")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]*")
_URL = re.compile(r"https?://[!-;=?-~]{1,300}")
_FEEDBACK = re.compile(r"[A-Za-z0-9._-]*(?::[A-Za-z0-9._-]*){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """The templates of a delivery; an empty one is none."""

    subject: str
    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailIdentity:
    """In whose name a delivery goes out.

    `from_header` is `Name <address>`. Return paths are `return_prefix+TOKEN@bounce_domain`. `public_url` is where the
    site is reached from outside; without it people unsubscribe by mail. `feedback_id` is `a:b:c:sender` (at most four
    fields); without one the sender's domain stands in it. `allow_undotted` takes domains without a dot.
    """

    from_header: str
    bounce_domain: str
    return_prefix: str = "b"
    public_url: str = ""
    feedback_id: str = ""
    allow_undotted: bool = False

    def __post_init__(self) -> None:
        if not _DOMAIN.fullmatch(self.bounce_domain):
            raise ContentError(
                said(
                    "the bounce domain {bounce_domain!r} is no domain name (in ASCII)", bounce_domain=self.bounce_domain
                )
            )
        if not _PREFIX.fullmatch(self.return_prefix) or len(self.return_prefix) > _LONGEST_PREFIX:
            raise ContentError(
                said(
                    "the return prefix {return_prefix!r} is not 1 to {longest_prefix} of a-z 0-9 . _ -",
                    return_prefix=self.return_prefix,
                    longest_prefix=_LONGEST_PREFIX,
                )
            )
        if self.public_url and not _URL.fullmatch(self.public_url):
            raise ContentError(
                said("the public URL {public_url!r} is not of the form https://host/path", public_url=self.public_url)
            )
        if not _FEEDBACK.fullmatch(self.feedback_id):
            raise ContentError(
                said("the feedback id {feedback_id!r} is not of the form a:b:c:sender", feedback_id=self.feedback_id)
            )
