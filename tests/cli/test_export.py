"""Files of rows: put in place when whole, and never in the place of what is no file."""

import os
import threading
from pathlib import Path

import pytest

from rebond.cli.export import write_rows
from rebond.services.csv_cells import defused
from rebond.services.errors import InputError

ROWS = [{"address": "=cmd()", "count": 1}, {"address": "+33612345678", "count": 2}]
CSV = "address,count\r\n'=cmd(),1\r\n+33612345678,2\r\n"


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert write_rows(path, ROWS, columns=["address", "count"]) == 2
    assert path.read_bytes().decode() == CSV
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_dash_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="/dev/stdout"):
        write_rows(Path("-"), ROWS, columns=["address", "count"])
    assert os.listdir(tmp_path) == []


def test_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_rows(path, ROWS, columns=["address", "count"])
    assert path.read_text("utf-8").splitlines()[0] == '{"address": "=cmd()", "count": 1}'


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "link.csv", tmp_path / "target.csv"
    link.symlink_to(target)
    write_rows(link, ROWS, columns=["address", "count"])
    assert link.is_symlink()
    assert target.read_bytes().decode() == CSV


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_rows(pipe, ROWS, columns=["address", "count"])
    reader.join(60)
    assert not reader.is_alive()
    assert pipe.is_fifo()
    assert read[0].decode() == CSV


@pytest.mark.parametrize("name", [".", "missing/out.csv"])
def test_what_cannot_be_written_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(tmp_path / name, ROWS, columns=["address", "count"])


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", "utf-8")
    with pytest.raises(KeyError):
        write_rows(path, [{}], columns=["address"])
    assert path.read_text("utf-8") == "old"
    assert os.listdir(tmp_path) == ["out.csv"]


@pytest.mark.parametrize(("value", "text"), [(None, ""), ("@x", "'@x"), ("plain", "plain"), (3, "3")])
def test_a_cell_is_never_a_formula(value: object, text: str) -> None:
    assert defused(value) == text
