"""A pack of rules as a file: nothing that is not signed is looked into, nothing that is altered is taken."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from rebond.core.qualify import archive
from rebond.core.qualify.archive import MOST_BYTES, MOST_FILES, PackError, digest_of, read_pack, seal, write_pack

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
PUBLIC = Ed25519PrivateKey.from_private_bytes(KEY).public_key().public_bytes_raw().hex()
FILES = {"rules/email/b.toml": "# é\n", "rules/email/a.toml": '[[rule]]\nid = "one"\n', "rules/sms/c.toml": ""}
MANIFEST = 'format = 1\nname = "fr-isps"\nversion = 2026-11-22\nmade_by = "Example"\ndigest = "{digest}"\n'


def packed(files: Mapping[str, str] = FILES, *, key: bytes = KEY) -> bytes:
    return write_pack(files, name="fr-isps", version=date(2026, 11, 22), made_by="Example", key=key)


def signed(members: Mapping[str, bytes] | list[tuple[str, bytes]], **options: int) -> bytes:
    """Sign an archive that `zipfile` wrote."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as file:  # type: ignore[call-overload]
        for name, data in members.items() if isinstance(members, Mapping) else members:
            file.writestr(name, data)
    return seal(buffer.getvalue(), key=KEY)


def made(members: Mapping[str, bytes]) -> bytes:
    """Sign an archive of the right form, whatever it holds."""
    return seal(archive._zipped(members), key=KEY)


def with_manifest(files: Mapping[str, str], manifest: str = MANIFEST) -> dict[str, bytes]:
    text = manifest.format(digest=digest_of(files))
    return {"manifest.toml": text.encode(), **{path: data.encode() for path, data in files.items()}}


def refusal(data: bytes, *, keys: tuple[str, ...] = (PUBLIC,)) -> str:
    with pytest.raises(PackError) as error:
        read_pack(data, keys=keys)
    return str(error.value)


def test_what_is_written_is_read() -> None:
    pack = read_pack(packed(), keys=[PUBLIC])
    assert (pack.manifest.name, pack.manifest.version, pack.manifest.made_by) == (
        "fr-isps",
        date(2026, 11, 22),
        "Example",
    )
    assert (pack.signer, dict(pack.files)) == (PUBLIC, FILES)
    assert pack.manifest.digest == digest_of(FILES)


def test_the_same_contents_give_the_same_bytes() -> None:
    assert packed() == packed(dict(sorted(FILES.items())))
    assert packed() != packed({**FILES, "rules/sms/c.toml": "# more\n"})


def test_a_pack_is_an_archive_that_common_tools_open() -> None:
    with zipfile.ZipFile(io.BytesIO(packed())) as file:
        assert file.testzip() is None
        assert file.namelist() == ["manifest.toml", *sorted(FILES)]
        assert file.read("rules/email/b.toml").decode() == FILES["rules/email/b.toml"]
        assert file.comment.startswith(b"rebond-pack 1 " + PUBLIC.encode())


@settings(max_examples=300)
@given(place=st.integers(0, len(packed()) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    data = bytearray(packed())
    data[place] ^= 1 << bit
    assert refusal(bytes(data))


def test_any_flipped_byte_is_refused() -> None:
    whole = packed()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 0xFF
        assert refusal(bytes(data))


@given(st.integers(0, len(packed()) - 1), st.booleans())
def test_a_part_of_a_pack_is_refused(length: int, end: bool) -> None:
    whole = packed()
    assert refusal(whole[:length] if end else whole[len(whole) - length :])


@given(st.binary(max_size=400))
def test_anything_else_is_refused_without_an_error(data: bytes) -> None:
    assert refusal(data)
    assert refusal(seal(data, key=KEY))
    assert refusal(packed() + data if data else data)


def test_who_signed_must_be_known() -> None:
    assert "not configured" in refusal(packed(), keys=())
    assert "not configured" in refusal(packed(key=OTHER_KEY))
    claimed = packed(key=OTHER_KEY)
    other = Ed25519PrivateKey.from_private_bytes(OTHER_KEY).public_key().public_bytes_raw().hex()
    assert "does not hold" in refusal(claimed.replace(other.encode(), PUBLIC.encode()))
    assert "no signed pack" in refusal(signed({"a": b""})[:-10])


def test_a_key_that_is_no_point_is_refused() -> None:
    no_point = "ff" * 32
    assert "does not hold" in refusal(packed().replace(PUBLIC.encode(), no_point.encode()), keys=(no_point,))


def test_a_signature_of_something_else_is_none_of_a_pack() -> None:
    private = Ed25519PrivateKey.from_private_bytes(KEY)
    body = packed()[: -archive._SEAL_SIZE]
    seal_of_body = f"rebond-pack 1 {PUBLIC} {private.sign(body).hex()}\n".encode()
    assert "does not hold" in refusal(body + seal_of_body)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "manifest.toml is missing"),
        ({"manifest.toml": b"\xff"}, "no UTF-8"),
        ({"manifest.toml": b"format = "}, "cannot be read"),
        ({"manifest.toml": b"x = " + b"[" * 5000}, "cannot be read"),
        ({"manifest.toml": b'name = "a"\n'}, "cannot be read"),
        (with_manifest({}, MANIFEST + "more = 1\n"), "cannot be read"),
        (with_manifest({}, MANIFEST.replace("2026-11-22", '"2026-11-22"')), "cannot be read"),
        (with_manifest({}, MANIFEST.replace("2026-11-22", "2026-11-22T00:00:00Z")), "cannot be read"),
        (with_manifest({}, MANIFEST.replace("= 1", "= 2")), "cannot be read"),
        (with_manifest({}, MANIFEST.replace('"fr-isps"', "5")), "something else than"),
        (with_manifest({}, MANIFEST.replace('"fr-isps"', "0x" + "f" * 3000)), "something else than"),
        (with_manifest({}, MANIFEST.replace('"fr-isps"', "0x" + "f" * 5000)), "too long"),
        (with_manifest({}, MANIFEST.replace('"Example"', "2026-01-01T00:00:00")), "something else than"),
        (with_manifest({}, MANIFEST.replace('"Example"', '["a", "b"]')), "something else than"),
        (with_manifest({}, MANIFEST.replace('"{digest}"', "5")), "something else than"),
        (with_manifest({}, MANIFEST.replace("Example", "\u009b31m")), "made_by has signs"),
        (with_manifest({}, MANIFEST.replace("Example", "Ex\u202eample")), "made_by has signs"),
        (with_manifest({}, MANIFEST.replace("Example", "a" * 201)), "made_by has signs"),
        (with_manifest({}, MANIFEST.replace("fr-isps", "../up")), "its name"),
        (with_manifest({}, MANIFEST.replace("fr-isps", "a" * 41)), "its name"),
        (with_manifest({}, MANIFEST.replace("{digest}", "00")), "digest"),
        (with_manifest({"../../etc/passwd": ""}), "rules/CHANNEL/NAME.toml"),
        (with_manifest({"/etc/passwd": ""}), "rules/CHANNEL/NAME.toml"),
        (with_manifest({"rules/email/../../x.toml": ""}), "rules/CHANNEL/NAME.toml"),
        (with_manifest({"rules/fax/x.toml": ""}), "rules/CHANNEL/NAME.toml"),
        (with_manifest({"": ""}), "rules/CHANNEL/NAME.toml"),
        ({f"rules/email/f{number}.toml": b"" for number in range(MOST_FILES + 1)}, "more than 500 files"),
    ],
)
def test_what_is_signed_but_no_pack_is_refused(members: Mapping[str, bytes], words: str) -> None:
    assert words in refusal(made(members))


def test_a_bomb_is_refused_before_it_grows() -> None:
    data = signed({"manifest.toml": b"0" * 50_000_000}, compression=zipfile.ZIP_DEFLATED)
    assert len(data) < MOST_BYTES
    tracemalloc.start()
    assert "compressed" in refusal(data)
    assert tracemalloc.get_traced_memory()[1] < 2 * len(data) + 1_000_000
    tracemalloc.stop()


def test_other_archives_are_refused_though_signed() -> None:
    assert "has not the form" in refusal(signed(with_manifest({})))
    twice = archive._zipped(with_manifest({}))
    first = twice[: twice.index(b"PK\1\2")]
    assert "has not the form" in refusal(seal(first + twice, key=KEY))
    assert "has not the form" in refusal(seal(b"", key=KEY))
    assert "cut short" in refusal(seal(b"PK\3\4" + b"\0" * 5, key=KEY))
    lying = bytearray(twice)
    struct.pack_into("<II", lying, 18, 1 << 31, 1 << 31)
    assert "has not the form" in refusal(seal(bytes(lying), key=KEY))


def test_a_file_with_a_strange_name_is_refused() -> None:
    assert "no ASCII" in refusal(made({"rules/email/é.toml": b""}))


def test_a_pack_that_is_too_large_is_refused_before_anything_else() -> None:
    assert "larger than the 8 MiB" in refusal(packed({"rules/email/a.toml": "#" * MOST_BYTES}))
