"""The key pairs that sign packs of rules: the private key in a file of its owner's, the public key to be given out."""

import os
import stat
from pathlib import Path

from rebond.config import ConfigError

_ANOTHER = (
    "put back a copy of it; where there is none, move it away, run rebond rules keygen, and give the new public key"
    " to those who take your packs"
)


def make_key(path: Path) -> str:
    """Make a private key in a new file that only its owner can read; returns the public key.

    The file is there whole or not at all, whenever this is ended. FileExistsError when there is one already.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.unlink(missing_ok=True)  # of one that was ended
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _put(half, path)
    finally:
        half.unlink(missing_ok=True)
    return private.public_key().public_bytes_raw().hex()


def _put(half: Path, path: Path) -> None:
    """Give a file its name, unless there is one of that name."""
    try:
        os.link(half, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        half.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_key(path: Path) -> tuple[bytes, str]:
    """Read a private key and its public one; ConfigError when there is none, or when others can read it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not path.exists():
        raise ConfigError(f"there is no key in {path}: run rebond rules keygen")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError(f"{path} can be read by others: run chmod 600 on it")
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"{path} holds no private key, or one with a password: {_ANOTHER}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError(f"{path} holds a key of another kind than Ed25519: {_ANOTHER}")
    return private.private_bytes_raw(), private.public_key().public_bytes_raw().hex()
