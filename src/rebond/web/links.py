"""One-time links by which a person sets a password: good for three days, and for one password."""

from urllib.parse import urljoin


def sign_in_link(name: str, *, base: str) -> str:
    """Make the link for a person; `base` is where people reach the console."""
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str
    from django.contrib.auth import get_user_model
    from django.urls import reverse

    user = get_user_model().objects.get(username=name)
    key = default_token_generator.make_token(user)
    names = {"uidb36": user_pk_to_url_str(user), "key": key}
    return urljoin(base, reverse("account_reset_password_from_key", kwargs=names))


def give_password(name: str, password: str) -> None:
    """Give a person a password at once, where nobody is to choose one: in a demonstration."""
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.get(username=name)
    user.set_password(password)
    user.save(update_fields=["password"])
