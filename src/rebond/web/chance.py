"""What nobody can guess: the secrets of keys and webhooks."""

import secrets


def new_secret() -> str:
    """Make 256 bits as text of letters and digits."""
    return secrets.token_hex(32)
