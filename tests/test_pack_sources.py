"""Sources of packs: files, directories, https addresses; the keys that sign them; and their configuration."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from rebond import pack_sources
from rebond.config import Config, ConfigError, load_config
from rebond.config_sections import UpdateSection
from rebond.core.qualify.archive import MOST_BYTES
from rebond.pack_keys import make_key, read_key
from rebond.pack_sources import make_source, read_pack_file, read_source
from rebond.services.update_rules import Given
from tests.tls_server import Authority, gives, serving

KEY = "ab" * 32


def given(source: str | Path, *, data: Path = Path(), **options: Any) -> list[Given]:
    return list(read_source(UpdateSection(source=str(source), **options), data=data))


def test_a_file_gives_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"a pack")
    assert given(tmp_path / "a.zip") == [Given(where=str(tmp_path / "a.zip"), data=b"a pack")]
    assert given("a.zip", data=tmp_path)[0].data == b"a pack"


def test_a_file_that_is_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("wb") as file:
        file.truncate(MOST_BYTES * 10)
    assert len(read_pack_file(tmp_path / "a.zip").data) == MOST_BYTES + 1


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert given(tmp_path / "none.zip")[0].problem == "No such file or directory"
    os.mkfifo(tmp_path / "pipe.zip")
    assert given(tmp_path / "pipe.zip")[0].problem == "it is no file"
    assert read_pack_file(tmp_path).problem
    assert given("a\0b")[0].problem
    assert "too long" in given("a" * 300)[0].problem


def test_a_directory_gives_its_packs_in_the_order_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "without packs" in given(tmp_path)[0].problem
    for name in ("b.zip", "a.zip", "c.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "d.zip").symlink_to("nowhere")
    found = given(tmp_path)
    assert [one.data for one in found] == [b"a.zip", b"b.zip", b""]
    assert found[2].problem
    monkeypatch.setattr(pack_sources, "MOST_PACKS", 2)
    assert "more than 2 packs" in given(tmp_path)[0].problem


def test_an_address_gives_what_is_there(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(gives(b"a pack"), authority.context()) as port:
        url = f"https://localhost:{port}/a.zip"
        (found,) = given(url, data=tmp_path, ca="authority.pem", private=True)
        assert found == Given(where=url, data=b"a pack")
        (found,) = given(url, data=tmp_path, ca="authority.pem")
        assert "public internet" in found.problem


def test_a_source_is_made_of_its_section(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"a pack")
    source = make_source("acme", UpdateSection(source="a.zip", keys=(KEY,)), data=tmp_path)
    assert (source.name, source.keys) == ("acme", {KEY})
    assert [one.data for one in source.read()] == [b"a pack"] == [one.data for one in source.read()]


class _EndedError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("ended_in", ["fsync", "link"])
def test_a_key_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended_in: str) -> None:
    def end(*_: object) -> None:
        raise _EndedError

    path = tmp_path / "key.pem"
    with monkeypatch.context() as ended:
        ended.setattr(f"rebond.pack_keys.os.{ended_in}", end)
        ended.setattr(Path, "unlink", lambda *_, **__: None)  # nobody cleans up after a process that is killed
        with pytest.raises(_EndedError):
            make_key(path)
    assert not path.exists()
    assert len(list(tmp_path.iterdir())) == 1
    public = make_key(path)
    assert read_key(path)[1] == public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_made_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr("rebond.pack_keys.os.link", refuse)
    path = tmp_path / "key.pem"
    assert make_key(path) == read_key(path)[1]
    with pytest.raises(FileExistsError):
        make_key(path)
    assert [one.name for one in tmp_path.iterdir()] == ["key.pem"]


def test_a_file_that_holds_no_key_is_not_answered_by_what_it_stands_in_the_way_of(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.touch(0o600)
    with pytest.raises(FileExistsError):
        make_key(path)
    with pytest.raises(ConfigError, match="where there is none, move it away, run rebond rules keygen"):
        read_key(path)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path)[1] == public
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        make_key(path)
    assert path.read_bytes() == before
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="can be read by others"):
        read_key(path)


def test_what_is_no_key_of_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(ConfigError, match="there is no key"):
        read_key(path)
    other = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(b"secret")
    for data, words in (
        (b"nothing", "no private key"),
        (other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked), "with a password"),
        (other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "another kind than Ed25519"),
    ):
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(ConfigError, match=words):
            read_key(path)


def configured(text: str, folder: Path, **environ: str) -> Config:
    (folder / "rebond.toml").write_text(text)
    return load_config(folder, environ=environ)


def test_sources_are_configured_by_name(tmp_path: Path) -> None:
    text = f'[update.acme]\nsource = "https://acme.example/a.zip"\nkeys = ["{KEY}"]\n[update.b]\nsource = "b"\n'
    config = configured(text, tmp_path, REBOND_UPDATE__B__KEYS=f"{KEY}, {KEY}", REBOND_PACKS__NAME="ours")
    assert list(config.update) == ["acme", "b"]
    assert config.update["acme"].keys == (KEY,)
    assert config.update["b"].keys == (KEY, KEY)
    assert config.packs.name == "ours"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[update.a]\nsource = "http://acme.example/"', "must be an https:// address"),
        ('[update.a]\nkeys = ["abc"]', "is no public key"),
        ("[update.a]\nkeys = [1]", "is no public key"),
        ("[update.a]\nkeys = 1", "keys"),
        ('[update.a]\nkey = "abc"', "did you mean 'keys'"),
        ('[update]\nsource = "a"', "must be a section"),
        ('[packs]\nname = "No Good"', "packs.name"),
        ('[packs]\nmade_by = "a\\u202eb"', "all of them visible"),
    ],
)
def test_what_is_wrong_with_a_source_is_named(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        configured(text, tmp_path)
    assert words in str(error.value)
