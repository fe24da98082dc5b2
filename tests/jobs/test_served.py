"""Where the parts listen, and who is believed about who asks."""

import socket
from pathlib import Path

import pytest

from rebond.config import Config, ConfigError, load_config
from rebond.config_sections import SiteSection, WebSection
from tests.intake.commands import rebond, site


def read(tmp_path: Path, **environ: str) -> Config:
    return load_config(tmp_path, environ=environ)


def test_returns_are_taken_in_on_this_machine_unless_said_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path).intake_address == ("127.0.0.1", 2424)
    assert read(tmp_path, REBOND_INTAKE__LMTP__LISTEN="[::1]:2525").intake_address == ("::1", 2525)
    assert read(tmp_path, REBOND_INTAKE__LMTP__LISTEN="off").intake_address is None
    with pytest.raises(ConfigError, match="is no address to listen on: write HOST:PORT"):
        read(tmp_path, REBOND_INTAKE__LMTP__LISTEN="everywhere")


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (Config(), "http://127.0.0.1:8700"),
        (Config(web=WebSection(host="0.0.0.0", port=9000)), "http://127.0.0.1:9000"),
        (Config(web=WebSection(host="::1")), "http://[::1]:8700"),
        (Config(site=SiteSection(public_url="https://rebond.shop.example")), "https://rebond.shop.example"),
    ],
)
def test_the_console_is_where_people_reach_it(config: Config, url: str) -> None:
    assert config.console_url == url


def test_proxies_are_a_list(tmp_path: Path) -> None:
    assert read(tmp_path, REBOND_WEB__PROXIES="10.0.0.1, 10.0.1.0/24").web.proxies == ("10.0.0.1", "10.0.1.0/24")
    assert read(tmp_path, REBOND_WEB__PROXIES="").web.proxies == ()


def test_an_intake_that_is_off_says_so(tmp_path: Path) -> None:
    with site(tmp_path / "data") as data:
        (data / "rebond.toml").write_text((data / "rebond.toml").read_text() + '\n[intake.lmtp]\nlisten = "off"\n')
        done = rebond(data, "intake")
    assert done.returncode == 2
    assert 'intake.lmtp.listen is "off"' in done.stderr.decode()


@pytest.mark.parametrize("part", ["web", "worker", "beat", "intake"])
def test_a_part_refuses_a_folder_without_a_site(tmp_path: Path, part: str) -> None:
    done = rebond(tmp_path / "nothing", part)
    assert done.returncode == 2
    assert "there is no Rebond in" in done.stderr.decode()


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, site(tmp_path / "data") as data:
        port = other.getsockname()[1]
        text = (data / "rebond.toml").read_text()
        (data / "rebond.toml").write_text(text.replace("# port = 8700", f"port = {port}", 1))
        done = rebond(data, "web")
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
