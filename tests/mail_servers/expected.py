"""What the sending log says of a returned message."""

import socket
from dataclasses import dataclass

NOWHERE = "nowhere.invalid"


@dataclass(frozen=True, slots=True)
class Expected:
    """A verdict."""

    type: str
    reason: str
    cause: str


UNKNOWN = Expected("hard", "user_unknown", "no_such_user")
FULL = Expected("soft", "mailbox_full", "quota")


def resolver_says_no() -> bool:
    """Tell whether this machine's resolver knows that a name is not there; without a network it only gives up."""
    try:
        socket.getaddrinfo(NOWHERE, 25)
    except socket.gaierror as error:
        return error.errno != socket.EAI_AGAIN
    return False
