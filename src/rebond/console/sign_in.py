"""The form of the sign-in."""

from typing import Any

from allauth.account.forms import LoginForm
from django.core.validators import MaxLengthValidator

_LONGEST = 254


class ShortNames(LoginForm):  # type: ignore[misc]
    """allauth's form: a name is at most as long as an address, so that looking for it costs nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].validators.append(MaxLengthValidator(_LONGEST))
