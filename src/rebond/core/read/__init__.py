"""Reading what comes back: bytes in, facts out; pure, bounded, and never an exception."""

from rebond.core.read.returned import read_mail
from rebond.core.read.smtp_reply import Reply, parse_reply

__all__ = ["Reply", "parse_reply", "read_mail"]
