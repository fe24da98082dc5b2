"""The secrets file: the keys of a site, made at its first start, private to its owner (specification 10)."""

import hashlib
import hmac
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rebond.config import ConfigError
from rebond.core.said import said
from rebond.core.tokens import Keyring

SECRETS_FILE = "secrets.toml"


def make_secrets(data: Path) -> None:
    """Write a new secrets file, unless there is one."""
    path = data / SECRETS_FILE
    if path.exists():
        return
    # Made private before it holds anything, and in place only when whole.
    half = path.with_suffix(".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(new_secrets())
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def new_secrets() -> str:
    """Make the text of a new secrets file: the key that signs tokens, and the one that hashes erased addresses."""
    return (
        "# Keys of this site. Keep this file private and in your backups: tokens signed with a key that is lost\n"
        "# are no longer recognised. To rotate, add a key with the next number and make it current.\n"
        f'[tokens]\ncurrent = 0\n[tokens.keys]\n0 = "{secrets.token_hex(32)}"\n'
        f'[erasure]\nkey = "{secrets.token_hex(32)}"\n'
    )


def load_secrets(data: Path) -> Mapping[str, Any]:
    """Read the secrets file; ConfigError when it is missing or not private."""
    path = data / SECRETS_FILE
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(said("{path} can be read by others: run chmod 600 on it", path=path))
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(said("there is no {path}: run rebond init --data {data}", path=path, data=data)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            said(
                "{path} is not valid TOML: {error}; {lost_secrets}",
                path=path,
                error=error,
                lost_secrets=lost_secrets(data),
            )
        ) from None


def web_key(data: Path) -> str:
    """Derive the key that signs sessions and one-time links; another one ends them all and loses nothing else."""
    key = load_secrets(data).get("erasure", {}).get("key", "")
    if not isinstance(key, str) or not key:
        raise ConfigError(
            said(
                "{data}: [erasure] key is missing; {lost_secrets}",
                data=data / SECRETS_FILE,
                lost_secrets=lost_secrets(data),
            )
        )
    return hmac.new(key.encode(), b"rebond web sessions", hashlib.sha256).hexdigest()


def webhook_key(data: Path) -> bytes:
    """Derive the key that makes the secrets of outgoing webhooks."""
    return hmac.digest(web_key(data).encode(), b"rebond outgoing webhooks", "sha256")


def intake_keys(data: Path) -> dict[str, tuple[str, ...]]:
    """Read what the webhooks of each intake source are checked by: `key` in [intake.NAME], one or a list."""
    if not (data / SECRETS_FILE).exists():
        return {}
    sections = load_secrets(data).get("intake", {})
    found = {}
    for name, section in sections.items() if isinstance(sections, dict) else ():
        key = section.get("key", "") if isinstance(section, dict) else ""
        keys = key if isinstance(key, list) else [key]
        found[name] = tuple(one.strip() for one in keys if isinstance(one, str) and one.strip())
    return found


def erasure_keys(data: Path) -> tuple[bytes, ...]:
    """Derive the keys that hash erased addresses, the present one first; none where the file has none.

    `older` in [erasure] lists keys that were changed: what they hashed is still known.
    """
    section = load_secrets(data).get("erasure", {})
    older = section.get("older", [])
    keys = [section.get("key", ""), *(older if isinstance(older, list) else [])]
    return tuple(
        hmac.digest(key.encode(), b"rebond erased addresses", "sha256") for key in keys if isinstance(key, str) and key
    )


def lost_secrets(data: Path) -> str:
    """Say what to do about secrets that cannot be read."""
    return said(
        "put back a copy of the file: its keys prove the return paths and unsubscribe links of what was sent. Where"
        " there is no copy, move it away and run rebond init --data {data}: what comes back about earlier messages is"
        " then not proven ours",
        data=data,
    )


def load_keyring(data: Path) -> Keyring:
    """Read the keys that sign tokens; ConfigError when they cannot be used."""
    tokens = load_secrets(data).get("tokens", {})
    try:
        keys = {int(number): bytes.fromhex(key) for number, key in tokens["keys"].items()}
        return Keyring(keys, tokens["current"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        words = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ConfigError(
            said(
                "{data}: [tokens] cannot be used: {words}; {lost_secrets}",
                data=data / SECRETS_FILE,
                words=words,
                lost_secrets=lost_secrets(data),
            )
        ) from None
