"""A pack of rules as a file: a plain ZIP archive that ends with its signature (specification 03, section 6).

What is not signed by a known key is never looked into. What is signed has one form only: nothing is compressed, and an
archive that differs in any byte from what writing its contents would give is refused.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from rebond.core.qualify.rule_text import toml_text
from rebond.core.said import said

MOST_BYTES = 8 << 20
MOST_FILES = 500
MANIFEST = "manifest.toml"
FORMAT = 1
LONGEST_MAKER = 200
_LONGEST_MANIFEST = 4_000
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_PATH = re.compile(r"rules/(?:email|sms|push)/[a-z0-9](?:[a-z0-9_-]{0,62})\.toml")
_SEAL = re.compile(rb"rebond-pack 1 ([0-9a-f]{64}) ([0-9a-f]{128})\n")
_SEAL_SIZE = len("rebond-pack 1 ") + 64 + 1 + 128 + 1
_PURPOSE = b"rebond-pack-1\n"

# The records of a ZIP archive, as they are when nothing is compressed and nothing is dated.
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_NEEDS, _UNIX, _DAY, _MODE = 20, 3 << 8, 33, 0o100644 << 16


class PackError(ValueError):
    """A pack that is refused; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack says of itself; `digest` is that of its rule files."""

    name: str
    version: date
    made_by: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    """A pack whose signature holds: who signed it, and its rule files by path."""

    manifest: Manifest
    signer: str
    files: Mapping[str, str]


_MANIFEST_TYPES: Mapping[str, type] = MappingProxyType({"name": str, "version": date, "made_by": str, "digest": str})


def is_pack_name(name: str) -> bool:
    """Tell what a pack can be called: small letters, digits and hyphens, at most 40."""
    return _NAME.fullmatch(name) is not None


def is_maker(made_by: str) -> bool:
    """Tell what a pack can say of who made it: a line, without signs that would turn or hide what is shown."""
    return len(made_by) <= LONGEST_MAKER and made_by.isprintable()


def write_pack(files: Mapping[str, str], *, name: str, version: date, made_by: str, key: bytes) -> bytes:
    """Make a signed pack of rule files; the same files, name, version and key give the same bytes."""
    manifest = Manifest(name=name, version=version, made_by=made_by, digest=digest_of(files))
    contents = {MANIFEST: _manifest_text(manifest), **files}
    return seal(_zipped({path: text.encode() for path, text in contents.items()}), key=key)


def digest_of(files: Mapping[str, str]) -> str:
    """Return the digest of rule files: of their paths, lengths and contents."""
    digest = hashlib.sha256()
    for path in sorted(files):
        data = files[path].encode()
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def seal(body: bytes, *, key: bytes) -> bytes:
    """Put the signature behind an archive, where a ZIP archive has its comment."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(key)
    public = private.public_key().public_bytes_raw()
    return body + f"rebond-pack 1 {public.hex()} {private.sign(_signed(body)).hex()}\n".encode()


def read_pack(data: bytes, *, keys: Collection[str]) -> PackFile:
    """Read a pack that one of these public keys signed; PackError says why it is refused."""
    if len(data) > MOST_BYTES:
        raise PackError(
            said("it is larger than the {most_bytes} MiB that a pack can have", most_bytes=MOST_BYTES >> 20)
        )
    signer = _signer(data, keys=keys)
    body = data[:-_SEAL_SIZE]
    members = dict(_members(body))
    if _zipped(members) != body:
        raise PackError(said("its archive has not the form that packs have"))
    try:
        texts = {path: content.decode() for path, content in members.items()}
    except UnicodeDecodeError as error:
        raise PackError(said("it holds what is no UTF-8: {error}", error=error)) from None
    manifest = _read_manifest(texts.pop(MANIFEST, ""))
    if wrong := [path for path in texts if not _PATH.fullmatch(path)]:
        raise PackError(said("it holds {wrong!r}: rule files are called rules/CHANNEL/NAME.toml", wrong=wrong[0][:80]))
    if digest_of(texts) != manifest.digest:
        raise PackError(said("its digest is not that of its rule files"))
    return PackFile(manifest=manifest, signer=signer, files=texts)


def _signed(body: bytes) -> bytes:
    return _PURPOSE + hashlib.sha256(body).digest()


def _signer(data: bytes, *, keys: Collection[str]) -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = _SEAL.fullmatch(data[-_SEAL_SIZE:])
    if found is None:
        raise PackError(said("it is no signed pack of rules, or a part of one only: it does not end with a signature"))
    signer = found[1].decode()
    if signer not in keys:
        raise PackError(
            said("it is signed with the key {signer}, which is not configured for its source", signer=signer)
        )
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer))
        public.verify(bytes.fromhex(found[2].decode()), _signed(data[:-_SEAL_SIZE]))
    except (InvalidSignature, ValueError):
        raise PackError(said("its signature does not hold: it was altered, or signed with another key")) from None
    return signer


def _manifest_text(manifest: Manifest) -> str:
    return toml_text(
        {
            "format": FORMAT,
            "name": manifest.name,
            "version": manifest.version,
            "made_by": manifest.made_by,
            "digest": manifest.digest,
        }
    )


def _read_manifest(text: str) -> Manifest:
    import tomllib

    try:
        if len(text) > _LONGEST_MANIFEST:
            raise ValueError(said("it is too long"))
        told = tomllib.loads(text)
        values = {name: told[name] for name in _MANIFEST_TYPES}
        fits = all(type(values[name]) is wanted for name, wanted in _MANIFEST_TYPES.items())
        if not fits or _manifest_text(manifest := Manifest(**values)) != text:
            raise ValueError(said("it says something else than name, version (a date), made_by and digest"))
    except (KeyError, ValueError, RecursionError) as error:
        raise PackError(
            said("its {manifest} is missing or cannot be read: {error}", manifest=MANIFEST, error=error)
        ) from None
    if not is_pack_name(manifest.name):
        raise PackError(
            said("its name {manifest_name!r} is none that a pack can have", manifest_name=manifest.name[:80])
        )
    if not is_maker(manifest.made_by):
        raise PackError(
            said("made_by has signs that are not shown, or more than {longest_maker}", longest_maker=LONGEST_MAKER)
        )
    return manifest


def _zipped(members: Mapping[str, bytes]) -> bytes:
    """Write a ZIP archive that is about to be followed by a seal; the manifest comes first."""
    parts, central, offset = [], [], 0
    for path, data in sorted(members.items(), key=lambda item: (item[0] != MANIFEST, item[0])):
        name, checksum = path.encode(), zlib.crc32(data)
        sizes = (checksum, len(data), len(data), len(name), 0)
        local = _LOCAL.pack(b"PK\3\4", _NEEDS, 0, 0, 0, _DAY, *sizes)
        entry = _CENTRAL.pack(b"PK\1\2", _UNIX | _NEEDS, _NEEDS, 0, 0, 0, _DAY, *sizes, 0, 0, 0, _MODE, offset)
        parts += [local, name, data]
        central.append(entry + name)
        offset += len(local) + len(name) + len(data)
    listing = b"".join(central)
    end = _END.pack(b"PK\5\6", 0, 0, len(members), len(members), len(listing), offset, _SEAL_SIZE)
    return b"".join([*parts, listing, end])


def _members(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Read the files of an archive one behind the other; whether all of it is as it must be is asked afterwards."""
    position = number = 0
    while body[position : position + 4] == b"PK\3\4":
        number += 1
        if number > MOST_FILES:
            raise PackError(said("it holds more than {most_files} files", most_files=MOST_FILES))
        start = position + _LOCAL.size
        if start > len(body):
            raise PackError(said("its archive is cut short"))
        _, _, _, method, _, _, _, packed, size, named, more = _LOCAL.unpack_from(body, position)
        if method or packed != size:
            raise PackError(said("it holds a compressed file, and nothing in a pack is compressed"))
        name = body[start : start + named]
        if not name.isascii():
            raise PackError(said("it holds a file whose name is no ASCII"))
        begin = start + named + more
        yield name.decode(), body[begin : begin + size]
        position = begin + size
