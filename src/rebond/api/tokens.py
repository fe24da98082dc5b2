"""`/tokens`: signed return paths."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Given, Told, Whole
from rebond.api.gate import needs
from rebond.core.permissions import Operation
from rebond.core.tokens import TokenProblem, find, read, sign
from rebond.web.current import current_site, now

router = Router(tags=["Tokens"])


class ToSign(Given):
    message: Annotated[Whole, Field(description="Its number in the sending log.")]


class Signed(Told):
    token: str
    return_path: str
    message: int


class ToRead(Given):
    token: Annotated[str, Field(max_length=4096, description="A token, or an address that holds one.")]


class ReadToken(Told):
    valid: bool
    message: int | None
    issued: date | None
    problem: TokenProblem | None


@router.post(
    "/tokens", response=Signed, summary="Sign the return path of a message", **needs(Operation.WRITE_DELIVERIES)
)
def sign_token(request: HttpRequest, given: ToSign) -> dict[str, Any]:
    """The token goes into the envelope sender: what comes back there is proven to speak of this message."""
    site = current_site()
    token = sign(given.message, keyring=site.keyring, issued=now().date())
    email = site.config.email
    path = f"{email.return_prefix}+{token}@{email.bounce_domain}"
    return {"token": token, "return_path": path, "message": given.message}


@router.post("/tokens/read", response=ReadToken, summary="Check a token", **needs(Operation.READ_DELIVERIES))
def read_token(request: HttpRequest, given: ToRead) -> dict[str, Any]:
    """Tell which message a token names, and whether it holds."""
    found = next(iter(find([given.token])), given.token)
    reading = read(found, keyring=current_site().keyring, today=now().date())
    return {
        "valid": reading.problem is None,
        "message": reading.message,
        "issued": reading.issued,
        "problem": reading.problem,
    }
