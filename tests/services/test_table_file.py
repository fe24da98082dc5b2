"""Files as they come: a bad row is told by its line, and never costs the next one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.services.errors import InputError
from rebond.services.file_lines import MAX_CELL, MOST_COLUMNS, BadRow
from rebond.services.table_file import open_table

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: bytes | str, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


def read(path: Path, **options: Any) -> tuple[list[str], list[Any], list[BadRow]]:
    with open_table(path, **options) as table:
        rows = list(table.rows())
        return table.columns, [r for r in rows if not isinstance(r, BadRow)], [r for r in rows if isinstance(r, BadRow)]


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        (b"id,email\n1,a@x.example\n", ["id", "email"], [(2, ["1", "a@x.example"])]),
        (b"id;email\r\n1;a,b\r\n", ["id", "email"], [(2, ["1", "a,b"])]),
        (b"id\temail\r1\ta;b\r", ["id", "email"], [(2, ["1", "a;b"])]),
        (b"\xef\xbb\xbfid,email\n1,\xc3\xa9", ["id", "email"], [(2, ["1", "é"])]),
        (b"id\n1\n\n\n2", ["id"], [(2, ["1"]), (5, ["2"])]),
        (b'id,note\n1,"a\nb"\n2,c\n', ["id", "note"], [(2, ["1", "a\nb"]), (4, ["2", "c"])]),
        (b'id,note\n1,"say ""hi"""\n2,5" wide\n', ["id", "note"], [(2, ["1", 'say "hi"']), (3, ["2", '5" wide'])]),
        (b"id,note\n1,=HYPERLINK(1)\n2,+1\n", ["id", "note"], [(2, ["1", "=HYPERLINK(1)"]), (3, ["2", "+1"])]),
        (b" id , note \n 1 , x \n", ["id", "note"], [(2, [" 1 ", " x "])]),
        (b"id,note\n", ["id", "note"], []),
    ],
)
def test_rows(write: Write, content: bytes, columns: list[str], rows: list[Any]) -> None:
    assert read(write(content)) == (columns, rows, [])


@pytest.mark.parametrize(
    ("content", "kept", "bad"),
    [
        (b"id,n\n1\n2,b\n3,c,d\n", ["2"], {2: "1 cells, and the header 2", 4: "3 cells"}),
        (b"id,n\n1,\xe9\n2,b\n", ["2"], {2: "not of the file's encoding"}),
        (b"id,n\n1,\xed\xa0\x80\n2,b\n", ["2"], {2: "not of the file's encoding"}),
        (b"id,n\n1,a\0b\n2,b\n", ["2"], {2: "NUL"}),
        # A quote that is never closed costs its own line only.
        (b'id,n\n1,a\n2,"b\n3,c\n4,d\n', ["1", "3", "4"], {3: "a quote is never closed"}),
        (b'id,n\n1,"a\n2,"b"\n3,c\n', ["2", "3"], {2: "a quote is never closed"}),
        (b'id,n\n1,"a\n2,"b\n3,c\n', ["3"], {2: "a quote is never closed", 3: "a quote is never closed"}),
        (b'id,n\n1,"a" b\n2,b\n', ["2"], {2: "stands where none may"}),
        # Here the quote is closed by another row's: the number of cells tells.
        (b'id,n\n1,"a\n2,b",c\n3,d\n', ["3"], {2: "cells", 3: "cells"}),
        (b'id,n\n1,"a\n2,\xe9\n3,c\n', ["3"], {2: "a quote is never closed", 3: "encoding"}),
    ],
)
def test_bad_rows(write: Write, content: bytes, kept: list[str], bad: dict[int, str]) -> None:
    _, rows, refused = read(write(content))
    assert [cells[0] for _, cells in rows] == kept
    assert [row.line for row in refused] == list(bad)
    for row, words in zip(refused, bad.values(), strict=True):
        assert words in row.reason


@pytest.mark.parametrize("quoted", ["x" * 10_000_000, '"' + "y" * 5_000_000 + "\n" + "y" * 5_000_000 + '"'])
def test_a_cell_of_ten_megabytes(write: Write, quoted: str) -> None:
    _, rows, refused = read(write(f"id,n\n1,{quoted}\n2,b\n"))
    assert [cells[0] for _, cells in rows] == ["2"]
    assert [(row.line, row.reason) for row in refused] == [(2, "the cell 'n' is over 1 MiB")]


def test_a_cell_of_one_megabyte_is_kept(write: Write) -> None:
    _, rows, refused = read(write(f"id,n,m\n1,{'x' * MAX_CELL},{'y' * MAX_CELL}\n2,{'é' * MAX_CELL},\n"))
    assert [line for line, _ in rows] == [2]
    assert [row.line for row in refused] == [3]


def test_a_row_without_end_is_passed_over(write: Write) -> None:
    path = write("id,n\n1,")
    with path.open("ab") as file:
        for _ in range(40):
            file.write(b"z" * (1 << 20))
        file.write(b"\n2,b\n")
    _, rows, refused = read(path)
    assert [cells[0] for _, cells in rows] == ["2"]
    assert [(row.line, row.reason) for row in refused] == [(2, "it is longer than 32 MiB")]


def test_an_open_quote_before_a_long_file(write: Write) -> None:
    """Beyond the bound the quote is known to be open, and all that it swallowed is read again."""
    rows = "".join(f"{n},{'v' * 100}\n" for n in range(400_000))
    _, kept, refused = read(write(f'id,n\nx,"open\n{rows}'))
    assert len(kept) == 400_000
    assert [row.line for row in refused] == [2]


def test_quotes_open_in_every_line_take_no_longer_than_the_file(write: Write) -> None:
    """Each line both ends the quote of the one before and begins one: reading again has its bound."""
    count = 200_000
    _, kept, refused = read(write("id,n\n" + 'a",b,"c\n' * count))
    assert not kept
    assert refused[0].line == 2
    assert any("the row runs to line" in row.reason for row in refused)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must name the columns"),
        (b"\n1,2\n", "must name the columns"),
        (b",,\n", "must name the columns"),
        (b"id,\xe9\n1,2\n", "say the encoding of the file"),
        (b"\xff\xfei\0d\0\n\0", "encoding of the file, utf-16"),
        (b'"id,n\n1,2\n', "the header cannot be read"),
    ],
)
def test_a_file_without_a_header(write: Write, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(write(content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.csv"):
        with pytest.raises(InputError, match="cannot be read"):
            read(path)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-16-le"])
def test_other_encodings(write: Write, encoding: str) -> None:
    content = "id,n\n1,Zoé\n".encode(encoding)
    assert read(write(content), encoding=encoding)[1] == [(2, ["1", "Zoé"])]


def test_an_encoding_that_does_not_fit(write: Write) -> None:
    with pytest.raises(InputError, match="unknown"):
        read(write("id\n1\n"), encoding="klingon")
    with pytest.raises(InputError, match="unknown"):
        read(write("id\n1\n"), encoding="hex")
    with pytest.raises(InputError, match="say the encoding of the file"):
        read(write(b"i\0d\0\n\0x\xd8\n"), encoding="utf-16-le")


def test_json_lines(write: Write) -> None:
    content = (
        '{"id": "1", "email": "a@x.example", "age": 7, "tags": ["x", null], "gone": null}\n'
        "\n"
        "[1]\n"
        "{nonsense\n"
        '{"id": "2", "nested": {"a": 1}}\n'
        '{"id": "3", "half": "\\ud800"}\n'
        '{"id": "4", "nul": "a\\u0000b"}\n'
        '{"id": "5", "number": NaN}\n'
        '{"id": "6", "more": true, "pair": "\\ud83d\\ude00"}\n'
        '{"id": "7", "huge": 1e999}\n'
        f'{{"id": "8", "long": "{"x" * (MAX_CELL + 1)}"}}\n'
        f'{{"id": "9", "list": [{"1," * MAX_CELL}1]}}\n'
        f"{'[' * 100_000}\n"
        '{"id": 10}'
    )
    columns, rows, refused = read(write(content, "people.jsonl"))
    assert columns == ["id", "email", "age", "tags"]
    assert rows == [
        (1, {"id": "1", "email": "a@x.example", "age": 7, "tags": ["x", None]}),
        (9, {"id": "6", "more": True, "pair": "😀"}),
        (14, {"id": 10}),
    ]
    assert [row.line for row in refused] == [3, 4, 5, 6, 7, 8, 10, 11, 12, 13]


def test_a_file_of_more_columns_than_anybody_has(write: Write) -> None:
    names = [f"c{number}" for number in range(MOST_COLUMNS)]
    assert read(write(",".join(names) + "\n"))[0] == names
    with pytest.raises(InputError, match="the first line names 1,001 columns, and a file has at most 1,000"):
        read(write(",".join([*names, "email"]) + "\n"))
    rows = [{"id": "1"}, dict.fromkeys([*names, "id"], "1"), dict.fromkeys(names, "1")]
    _, kept, bad = read(write("\n".join(map(json.dumps, rows)), "people.jsonl"))
    assert [line for line, _ in kept] == [1, 3]
    assert bad == [BadRow(2, "it has 1,001 names, and a row has at most 1,000")]


def test_a_text_that_speaks_of_an_escape_is_no_such_character(write: Write) -> None:
    assert read(write('{"id": "\\\\u0000"}', "people.jsonl"))[1:] == ([(1, {"id": r"\u0000"})], [])


def test_json_lines_that_are_none(write: Write) -> None:
    with pytest.raises(InputError, match="no JSON object"):
        read(write("", "p.jsonl"))
    with pytest.raises(InputError, match="no JSON objects"):
        read(write("id,email\n" * 200, "p.jsonl"))


@given(st.binary(max_size=200), st.sampled_from([".csv", ".jsonl"]))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"any{suffix}"
    path.write_bytes(content)
    try:
        columns, rows, refused = read(path)
    except InputError:
        return
    lines = [line for line, _ in rows] + [row.line for row in refused]
    assert len(lines) == len(set(lines))
    if suffix == ".csv":
        assert all(len(cells) == len(columns) for _, cells in rows)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2)))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    import csv

    path = tmp_path_factory.mktemp("round") / "trip.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "n"])
        writer.writerows(rows)
    _, found, refused = read(path)
    assert [cells for _, cells in found] == rows
    assert refused == []
